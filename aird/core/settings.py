"""Every setting of aird, read from `AIRD_*` environment variables and `aird.toml`; docs/settings.md lists them."""

import json
import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

CONFIG_FILES = (
    Path("/etc/aird/aird.toml"),
    Path("~/.config/aird/config.toml").expanduser(),
    Path("aird.toml"),
)
DATABASES = ("postgresql", "postgres", "postgresql+psycopg", "sqlite")


class Settings(BaseSettings):
    """Environment variables win over files; a later file wins over an earlier one."""

    model_config = SettingsConfigDict(env_prefix="AIRD_", extra="ignore", secrets_dir=None)

    data_dir: Path = Field(Path("~/.aird"), description="Folder of the embedded database, store and logs.")
    database_url: str = Field("", description="SQLAlchemy URL; empty means SQLite in the data folder.")
    store_url: str = Field(
        "", description="Where artifacts lie: a folder, or `s3://bucket/prefix`; empty means the data folder."
    )
    store_endpoint: str = Field("", description="The address of the S3 endpoint; with `http://` or `https://`.")
    store_access_key: str = Field("", description="The access key of the S3 store.")
    store_secret_key: SecretStr | None = Field(None, description="The secret key of the S3 store.")
    store_region: str = Field("us-east-1", description="The region of the S3 store.")
    store_timeout_seconds: float = Field(
        60.0, gt=0, description="How long a request to the S3 store may be silent, in seconds."
    )
    store_grace_hours: float = Field(
        24.0, ge=0, description="How long files that nothing needs stay in the store before they are collected."
    )
    store_collect_hours: float = Field(
        6.0, ge=0, description="How often the server collects what nothing needs; 0 means never."
    )
    upload_hours: float = Field(48.0, gt=0, description="How long an unfinished or unused upload is kept.")
    department_quota_bytes: int = Field(
        0, ge=0, description="Bytes that a department's models may take when it has no quota of its own; 0 is no limit."
    )
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8321, ge=0, le=65535, description="Port the server listens on; 0 takes a free one.")
    public_url: str = Field("", description="The URL people use, when a proxy stands in front.")
    allowed_hosts: list[str] = Field(
        default_factory=list, description="Host names the server answers to besides its own; `*` means any."
    )
    admin_password: SecretStr | None = Field(
        None,
        description="First admin's password; unset means a generated one, in the data folder.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning",
        description="From which level on the server and the gateway log: `debug`, `info`, `warning`, `error`; "
        "with `info` also why a request to `/v1` was refused.",
    )
    session_idle_minutes: int = Field(30, ge=1, description="A browser session ends after this long unused.")
    session_hours: int = Field(12, ge=1, description="A browser session ends after this long in any case.")
    login_link_minutes: int = Field(15, ge=1, description="How long a one-time login link is valid.")
    token_days: int = Field(90, ge=1, description="How long a new token is valid unless said otherwise.")
    max_upload_bytes: int = Field(
        64 * 2**30, ge=1, description="Largest single file that an upload may carry, in bytes."
    )
    hub_regular_bytes: int = Field(
        200 * 10**6,
        ge=0,
        description="Files below this size are taken inside a Hub commit; larger ones need LFS, in bytes.",
    )
    hub_part_bytes: int = Field(
        5 * 2**30, ge=1, description="Hub uploads by LFS that are larger come in parts of this size, in bytes."
    )
    max_body_bytes: int = Field(16 * 2**20, ge=1024, description="Largest JSON request body, in bytes.")
    min_free_bytes: int = Field(
        256 * 2**20, ge=0, description="Writes to the store are refused below this much free disk, in bytes."
    )
    workers: int = Field(2, ge=0, description="Jobs that a worker runs at the same time.")
    executor: Literal["process", "ray"] = Field(
        "process", description="Where a worker runs its jobs: as processes on its machine, or on a Ray cluster."
    )
    ray_address: str = Field("", description="The address of the Ray cluster's dashboard: `http://head:8265`.")
    ray_token: SecretStr | None = Field(None, description="The cluster's token (RAY_AUTH_TOKEN); Ray needs one.")
    ray_python: str = Field("", description="Python with aird on the cluster's nodes; empty means the worker's path.")
    job_threads: int = Field(1, ge=1, description="CPU threads that one job may use.")
    job_hours: float = Field(
        168.0, gt=0, description="An attempt at a job that runs for longer is stopped and counts as failed."
    )
    yield_seconds: float = Field(
        30.0, ge=0, description="How long a job may take to a checkpoint when its worker stops or its place is wanted."
    )
    queue_limits: dict[str, int] = Field(
        default_factory=dict, description="How many jobs of a kind, or of all kinds of a slice, run at the same time."
    )
    chips: dict[str, int] = Field(
        default_factory=dict, description="Chips of this machine by flavour; empty means what the driver names."
    )
    chip_bytes: dict[str, int] = Field(
        default_factory=dict, description="Memory of one chip by flavour, in bytes, for the flavours of AIRD_CHIPS."
    )
    chip_watts: dict[str, float] = Field(
        default_factory=dict, description="Power of chips in watts by a word of their name; adds to the built-in table."
    )
    teacher_cache_days: float = Field(
        30.0, gt=0, description="Days that what a teacher said is kept for later students after it was last used."
    )
    job_attempts: int = Field(3, ge=1, description="Attempts before a job that keeps dying is given up.")
    lease_seconds: float = Field(30.0, gt=0, description="A worker silent for this long loses its job.")
    poll_seconds: float = Field(0.2, gt=0, description="How often a worker looks for work and for cancellations.")
    reconcile_seconds: float = Field(2.0, gt=0, description="How often endpoints are compared with their replicas.")
    runtime_threads: int = Field(1, ge=1, description="CPU threads of one serving process.")
    runtime: Literal["hf", "vllm"] = Field(
        "hf", description="What serves endpoints that name no runtime: our own worker, or vLLM."
    )
    engines: Literal["process", "ray"] = Field(
        "process", description="Where engines run: beside the server, or on the nodes of the Ray cluster."
    )
    engine_host: str = Field(
        "", description="The address on which a node's engines listen; empty means the one that reaches Ray's head."
    )
    engine_key: SecretStr | None = Field(
        None, description="What engines that are reached over the network want to be told; gateway and nodes need it."
    )
    vllm_python: str = Field("", description="The Python of an environment that has vLLM; empty means there is none.")
    vllm_urls: list[str] = Field(
        default_factory=list, description="vLLM servers run by others, that serve a whole model under its digest."
    )
    vllm_dtype: str = Field("auto", description="The type that vLLM computes in: `auto`, `bfloat16`, `float32`, ...")
    vllm_max_rank: int = Field(64, ge=1, le=512, description="Largest rank of an adapter that vLLM's engines take.")
    vllm_slots: int = Field(4, ge=1, description="Adapters that one of vLLM's engines computes at the same time.")
    vllm_adapters: int = Field(64, ge=1, description="Adapters that one of vLLM's engines keeps in host memory.")
    vllm_kv_bytes: int = Field(2**30, ge=2**28, description="KV cache of one of vLLM's engines on a CPU, in bytes.")
    vllm_memory_part: float = Field(
        0.9, gt=0, le=1, description="Part of a chip's memory that one of vLLM's engines takes."
    )
    vllm_tensor_parallel: int = Field(
        1, ge=1, le=64, description="Chips over which one of vLLM's engines is spread; not on a CPU."
    )
    vllm_args: list[str] = Field(default_factory=list, description="More arguments for vLLM's engines.")
    delivery_seconds: float = Field(5.0, gt=0, description="How often trials of versions on endpoints are judged.")
    keep_loaded_hours: float = Field(
        24.0, ge=0, description="How long the adapter that answered before stays loaded after another took its place."
    )
    pair_days: float = Field(
        7.0, ge=0, description="Days that the questions and answers of a shadow are kept after it has ended."
    )
    max_tokens_default: int = Field(
        256, ge=1, description="Answer length of a chat request that names none, in tokens."
    )
    journal_sync: bool = Field(
        False,
        description="Whether the gateway's journal is on the disk, not only in memory, before tokens are relayed.",
    )
    anchor_file: Path | None = Field(
        None, description="File the head of the audit chain is appended to; better on another volume."
    )

    @field_validator("database_url")
    @classmethod
    def _speaks(cls, url: str) -> str:
        if not url:
            return url
        if url.partition("://")[0] not in DATABASES:
            raise ValueError("aird works with PostgreSQL (postgresql://user@host/aird) and SQLite (sqlite:///file)")
        from sqlalchemy import make_url  # by those alone who name a database
        from sqlalchemy.exc import ArgumentError

        try:
            make_url(url)
        except (ArgumentError, ValueError):
            raise ValueError("it has the form postgresql://user:password@host:5432/aird") from None
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the files that exist."""
        files = [path for path in CONFIG_FILES if path.is_file()]
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=files))

    @property
    def home(self) -> Path:
        """The data folder as an absolute path."""
        return self.data_dir.expanduser().absolute()

    @property
    def embedded(self) -> bool:
        """True when the database is the SQLite file in the data folder."""
        return not self.database_url

    def db_url(self) -> str:
        """The SQLAlchemy URL, with the psycopg driver named for PostgreSQL."""
        if self.embedded:
            return f"sqlite:///{self.home / 'aird.db'}"
        scheme, _, rest = self.database_url.partition("://")
        return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else self.database_url

    def store_folder(self) -> Path:
        """The folder of the local store; with S3, of files on their way to it."""
        if self.store_url.startswith("s3://"):
            return self.home / "store"
        return Path(self.store_url).expanduser().absolute() if self.store_url else self.home / "store"

    def anchors(self) -> Path:
        """The file the audit chain's head is appended to."""
        return (self.anchor_file or self.home / "audit-anchors.jsonl").expanduser().absolute()


def settings_env(settings: Settings) -> dict[str, str]:
    """The environment in which a child process reads these same settings."""
    env = dict(os.environ)
    for name, value in settings.model_dump(exclude_unset=True).items():
        if value is None:
            continue
        if isinstance(value, SecretStr):
            continue
        env[f"AIRD_{name.upper()}"] = json.dumps(value) if isinstance(value, list | dict) else str(value)
    return env
