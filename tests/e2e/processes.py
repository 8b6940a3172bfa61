"""Real processes of aird, and whether any of them is left: found by the data folder in their environment."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aird.core.settings import Settings, settings_env

ROOT = Path(__file__).parents[2]


def eventually(check: Callable[[], object], seconds: float, what: Callable[[], object] = lambda: "") -> None:
    """Wait until `check` gives something true; `what` says what was found instead."""
    until = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < until, f"it did not happen in {seconds} s: {what()}"
        time.sleep(0.05)


def patience(seconds: float) -> float:
    """`seconds` of an idle machine, on this one."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def living(home: Path) -> dict[int, str]:
    """PID and name of every living process that was started with this data folder, in whatever PID namespace."""
    mark, found = os.fsencode(home), {}
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            name, _, rest = (path / "stat").read_text().partition("(")[2].rpartition(")")
            inside = mark in (path / "environ").read_bytes() or mark in (path / "cmdline").read_bytes()
            if inside and rest.split()[0] not in "ZX" and int(path.name) != os.getpid():
                found[int(path.name)] = name
    return found


@dataclass
class Processes:
    """Starts processes on one data folder; whatever is left of them at the end is killed."""

    settings: Settings
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """A process that reads these settings; its output is kept in the data folder's parent."""
        env = settings_env(self.settings) | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        with (self.settings.home.parent / f"process-{len(self.started)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                env=env, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
        self.started.append(process)
        return process

    def worker(self) -> subprocess.Popen[str]:
        """A worker; it ends with the pipe that is its standard input."""
        return self.start("-m", "aird.worker")

    def said(self) -> str:
        """The end of what the last process printed."""
        return (self.settings.home.parent / f"process-{len(self.started) - 1}.log").read_text()[-3000:]

    def kill(self, process: subprocess.Popen[str], *, within: float = 2.0) -> None:
        """SIGKILL to this one process; nothing that it started is left after so many seconds."""
        before = living(self.settings.home)
        assert process.pid in before
        process.kill()
        process.wait()
        eventually(lambda: not living(self.settings.home), within, lambda: living(self.settings.home))

    def clear(self) -> None:
        """End what is left."""
        for process in self.started:
            process.kill()
            process.wait()
            if process.stdin:
                process.stdin.close()
        for pid in living(self.settings.home):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def processes_of(settings: Settings) -> Iterator[Processes]:
    """Processes that do not outlive the test."""
    opened = Processes(settings)
    try:
        yield opened
    finally:
        opened.clear()
