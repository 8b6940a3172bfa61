"""What every kind of engine can do for the reconciler. A unit is an immutable digest with its files in a local folder.

Promotion, canary and rollback are not among it: they are rows of the route table. Nothing here restarts an engine.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from aird.deploy.children import Child
from aird.deploy.drivers.client import EngineClient
from aird.deploy.memory import Bytes
from aird.deploy.placement import CPU, RuntimeKind


@dataclass(frozen=True)
class Reason:
    """Why a unit cannot be served by a runtime, and what would help."""

    code: str
    message: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".strip()


@dataclass(frozen=True)
class Caps:
    """Facts about one version of a runtime on one chip."""

    runtime: RuntimeKind
    version: str
    chip: str
    lora: Literal["dynamic", "none"] = "dynamic"
    max_rank: int | None = None
    refused: frozenset[str] = frozenset()  # features of PEFT by the key of adapter_config.json
    mixed_adapter_batch: bool = True
    usage: Literal["final", "continuous"] = "continuous"
    cancel: bool = True
    logprobs: bool = True
    embeddings: bool = False
    json_schema: bool = False
    tools: bool = False
    verified: bool = False  # by our own tests on this kind of chip


@dataclass(frozen=True)
class Spec:
    """What an engine is started with."""

    base: str
    folder: Path
    number: int = 0
    chip: str = CPU
    chips: tuple[int, ...] = ()
    threads: int = 1


@dataclass
class Instance:
    """An engine as the reconciler holds it: a child, or with `child` None a server that others run."""

    spec: Spec
    address: str
    client: EngineClient
    child: Child | None = None
    log: Path | None = None
    end: Callable[[], None] | None = None  # of an engine on a cluster

    @property
    def is_others(self) -> bool:
        """Whether it is a server that others run, and that is never ended by us."""
        return self.child is None and self.end is None

    def close(self) -> None:
        """Let go of the connection, not of the engine."""
        self.client.close()


@dataclass(frozen=True)
class Status:
    """What an engine says of itself; `busy` are the units that answer requests now."""

    state: Literal["starting", "ready", "failed"]
    reason: str = ""
    units: frozenset[str] = frozenset()
    busy: frozenset[str] = frozenset()
    running: int = 0
    version: str = ""


@dataclass(frozen=True)
class Metrics:
    """Normalised over runtimes; totals count from the engine's start."""

    running: float = 0.0
    waiting: float = 0.0
    kv_used: float | None = None  # 0..1
    prompt_tokens: float = 0.0
    generation_tokens: float = 0.0
    units_running: frozenset[str] = frozenset()
    raw: Mapping[str, float] = field(default_factory=dict)


class Runtime(Protocol):
    """One kind of engine."""

    kind: RuntimeKind
    warms: bool
    """Whether what it says is loaded has answered once."""

    def caps(self, version: str, chip: str) -> Caps:
        """What this version can do on this chip."""
        ...

    def check(self, adapter: Mapping[str, Any]) -> Sequence[Reason]:
        """Why an adapter with this adapter_config.json cannot be served; nothing when it can. Needs no engine."""
        ...

    def check_base(self, config: Mapping[str, Any], chip: str) -> Sequence[Reason]:
        """Why a whole model with this config.json cannot be served on a chip; nothing when it can."""
        ...

    def width(self, chip: str) -> int:
        """Chips of this flavour that one engine takes; none of the CPU."""
        ...

    def estimate(self, spec: Spec) -> Bytes:
        """What an engine of this spec will take, on all its chips together."""
        ...

    def listening(self, spec: Spec, host: str, port: int, key: Path) -> tuple[list[str], dict[str, str]]:
        """(command, environment) of an engine that listens on an address and wants the key in this file."""
        ...

    def start(self, spec: Spec) -> Instance:
        """Start an engine. It is not ready yet. Raises RuntimeFailed."""
        ...

    def load(self, instance: Instance, unit: str, folder: Path) -> None:
        """Load a unit and have it say one token; one that is there only says its token. Raises UnitRefused."""
        ...

    def unload(self, instance: Instance, unit: str) -> bool:
        """Forget an adapter whose routes are gone; False while it still answers."""
        ...

    def status(self, instance: Instance) -> Status:
        """How it is."""
        ...

    def metrics(self, instance: Instance) -> Metrics:
        """What it counts."""
        ...

    def stop(self, instance: Instance, drain_seconds: float) -> None:
        """End it, after its running answers or after the time to drain."""
        ...
