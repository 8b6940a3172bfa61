"""The name of a worker process, from which another process on the same host can tell whether it still lives."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class WorkerName:
    """`host` holds boot and PID namespace as well, `started` is in clock ticks since boot: no PID is mistaken."""

    host: str
    pid: int
    started: str

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}:{self.started}"

    @classmethod
    def own(cls) -> "WorkerName":
        """The name of this process."""
        return cls(_host(), os.getpid(), _started(os.getpid()) or "0")

    @classmethod
    def parse(cls, text: str) -> "WorkerName":
        """Read what `str` wrote."""
        host, pid, started = text.rsplit(":", 2)
        return cls(host, int(pid), started)


def is_gone(worker: str) -> bool:
    """True when the worker ran on this very host and is dead; False when it lives or nobody can tell from here."""
    name = WorkerName.parse(worker)
    return name.host == _host() and _started(name.pid) != name.started


def is_here(worker: str) -> bool:
    """True when the worker runs on this very host."""
    return WorkerName.parse(worker).host == _host()


def _host() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
        space = os.readlink("/proc/self/ns/pid").partition("[")[2].rstrip("]")
    except OSError:  # not Linux: leases alone must do
        return f"{socket.gethostname()}/{os.getpid()}"
    return f"{socket.gethostname()}/{boot}/{space}"


def _started(pid: int) -> str | None:
    """When the process began; None when there is none or it is only waiting to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
