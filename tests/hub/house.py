"""A served house for Hub clients: a real server process, people with tokens, tiny models in a folder."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from aird.core.settings import Settings, settings_env
from aird.testing import World

ROOT = Path(__file__).parents[2]
CLIENTS = Path(os.environ.get("HUB_CLIENTS", ROOT / ".hub-clients"))


@dataclass(frozen=True)
class Client:
    """One generation of clients, with what its environment needs set."""

    name: str
    folder: str
    env: dict[str, str] = field(default_factory=dict)

    @property
    def bin(self) -> Path:
        """Where its commands are."""
        return CLIENTS / self.folder / "bin"

    @property
    def ready(self) -> bool:
        """Whether `scripts/hub-clients.sh` has made it."""
        return (CLIENTS / self.folder / "ready").exists()


GENERATIONS = [
    Client("0.36.2", "0.36.2"),
    Client("1.19.0", "1.19.0"),
    Client("1.31.0", "1.31.0"),
    Client("2.4.0-xet", "2.4.0"),
    Client("2.4.0-no-xet", "2.4.0", {"HF_HUB_DISABLE_XET": "1"}),
]


@dataclass
class Served:
    """A server process on a world's data folder, and how to speak to it."""

    world: World
    url: str
    process: subprocess.Popen[bytes]
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def hub(self) -> str:
        """What clients have as HF_ENDPOINT."""
        return f"{self.url}/hf"

    def token(self, username: str) -> str:
        """One token a person."""
        if username not in self.tokens:
            self.tokens[username] = self.world.token(username)
        return self.tokens[username]

    def call(self, method: str, path: str, username: str | None = "sam", **options: Any) -> httpx2.Response:
        """A request of no particular client."""
        headers = {"Authorization": f"Bearer {self.token(username)}"} if username else {}
        headers |= options.pop("headers", {})
        with httpx2.Client(timeout=60, trust_env=False) as client:
            return client.request(method, f"{self.hub}{path}", headers=headers, **options)

    def env(self, home: Path, username: str, **extra: str) -> dict[str, str]:
        """The environment of a client process: two variables, and a cache of its own."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
        return {
            **kept,
            "HF_ENDPOINT": self.hub,
            "HF_TOKEN": self.token(username),
            "HF_HOME": str(home),
            "HOME": str(home),
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "NO_COLOR": "1",
            "OMP_NUM_THREADS": "1",
            **extra,
        }

    def memory(self) -> int:
        """Resident bytes of the server process."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("the server is gone")


@contextmanager
def serving(world: World, settings: Settings) -> Iterator[Served]:
    """The server as `aird server` runs it, on a free port."""
    log = settings.home.parent / "server.log"
    env = settings_env(settings) | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", "from aird.cli.main import main; main()", "server"],
            env=env, cwd=settings.home.parent, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        yield Served(world, _address(process, log), process)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        for line in log.read_text().splitlines():
            if line.startswith("aird serves "):
                url = line.removeprefix("aird serves ").strip()
                try:
                    if httpx2.get(f"{url}/healthz", trust_env=False).status_code < 500:
                        return url
                except httpx2.HTTPError:
                    pass
        time.sleep(0.1)
    raise AssertionError(f"the server did not start: {log.read_text()}")


def ndjson(*lines: tuple[str, dict[str, Any]]) -> bytes:
    """A commit as clients send it."""
    return b"".join(json.dumps({"key": key, "value": value}).encode() + b"\n" for key, value in lines)
