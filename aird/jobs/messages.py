"""What a running attempt tells the world: values that travel as one JSON line each."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

LONGEST_LINE = 4000  # characters of one log line; the rest is cut


@dataclass(frozen=True)
class Log:
    """A line of output; `stream` is stdout, stderr or log."""

    line: str
    stream: str = "log"


@dataclass(frozen=True)
class Progress:
    """Step `step` of `total` in `stage`; total 0 means that nobody knows."""

    stage: str
    step: int = 0
    total: int = 0
    metrics: dict[str, float | None] = field(default_factory=dict)

    @property
    def fraction(self) -> float | None:
        """How much of the stage is done, 0..1."""
        return min(max(self.step / self.total, 0.0), 1.0) if self.total > 0 else None

    def data(self) -> dict[str, Any]:
        """As an event shows it."""
        return {**asdict(self), "fraction": self.fraction}


@dataclass(frozen=True)
class Started:
    """The attempt's process runs; `pid` as the worker's host sees it."""

    pid: int


@dataclass(frozen=True)
class Flush:
    """The attempt waits until everything it said before is recorded."""


@dataclass(frozen=True)
class Exited:
    """The attempt's process and all its descendants are gone; both None when the host was lost with them."""

    code: int | None = None
    signal: int | None = None


Message = Log | Progress | Started | Flush | Exited

_KINDS: dict[str, type[Log | Progress | Started | Flush]] = {
    "log": Log, "progress": Progress, "started": Started, "flush": Flush,
}  # fmt: skip


def log_line(text: str, stream: str) -> Log:
    """One line as it is kept: what a carriage return overwrote is gone, a very long rest is cut."""
    line = storable(text.rstrip("\r\n").rpartition("\r")[2])
    if len(line) > LONGEST_LINE:
        line = f"{line[:LONGEST_LINE]}… ({len(line) - LONGEST_LINE} characters cut)"
    return Log(line, stream)


def storable(text: str) -> str:
    """The text without what a database refuses: NUL and lone surrogates."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()


def finite(metrics: Mapping[str, float]) -> dict[str, float | None]:
    """The metrics with None for NaN and infinities, which JSON does not have: a diverged loss stays visible."""
    return {name: float(value) if math.isfinite(value) else None for name, value in metrics.items()}


def encode(message: Log | Progress | Started | Flush) -> bytes:
    """The message as one JSON line."""
    return json.dumps({"kind": type(message).__name__.lower(), **asdict(message)}).encode() + b"\n"


def decode(line: bytes) -> Log | Progress | Started | Flush:
    """What `encode` wrote."""
    fields = json.loads(line)
    return _KINDS[fields.pop("kind")](**fields)
