"""A child process of the reconciler: where it listens, how it ended, what memory it holds, and its sure end."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from aird.deploy import alarm
from aird.runtimes.leash import descendants

LONGEST_SOCKET_PATH = 100
"""A Unix socket's path may have about 107 bytes."""
END_SECONDS = 8.0
LAST_LINES = 200


def choose_socket(run: Path, name: str) -> tuple[Path, Path | None]:
    """(a path for a new socket in a folder that only its owner can enter, that folder if it was made for it alone)."""
    run.mkdir(parents=True, exist_ok=True, mode=0o700)
    run.chmod(0o700)
    file, own = f"{name}-{uuid4().hex[:6]}.sock", None
    if len(os.fsencode(run / file)) > LONGEST_SOCKET_PATH:
        run = own = Path(tempfile.mkdtemp(prefix="aird-"))  # made with mode 0700
    return run / file, own


class Child:
    """A process that ends when we do, however we do: by itself, or on a leash (aird.runtimes.leash)."""

    def __init__(
        self, command: Sequence[str], *, env: Mapping[str, str], log: Path, socket: Path | None = None,
        folder: Path | None = None, leash: bool = False,
    ) -> None:  # fmt: skip
        self.log, self._socket, self._folder = log, socket, folder
        self._started = time.monotonic()
        log.parent.mkdir(parents=True, exist_ok=True)
        lead = [sys.executable, "-m", "aird.runtimes.leash"] if leash else []
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*lead, *command],
                stdin=subprocess.PIPE,  # its end tells the child that we are gone
                stdout=output,
                stderr=output,
                env=dict(env),
                start_new_session=True,
            )
        self.birth = birth_of(self._process.pid) or ""
        self.watched = alarm.watch(self._process.pid)
        """A descriptor that can be read once it has ended."""

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started

    def ended(self) -> str | None:
        """How it ended, None while it lives."""
        code = self._process.poll()
        if code is None:
            return None
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        said = last_error(self.log)
        return f"The runtime process {how}. Its log is {self.log.name}." + (f" It said: {said}" if said else "")

    def end(self, seconds: float = END_SECONDS) -> None:
        """End it: asked first, killed when it does not listen."""
        family = [self.pid, *descendants(self.pid)]
        with suppress(ProcessLookupError):
            self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._process.poll() is None:
            for pid in family:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        self._process.wait()
        if self.watched is not None:
            os.close(self.watched)
            self.watched = None
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def birth_of(pid: int) -> str | None:
    """What tells a process from a later one with its id: the boot and its start in clock ticks. None: there is none."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot[:13]}:{Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[19]}"
    except OSError:
        return None


def end_leftover(pid: int, birth: str) -> bool:
    """End what an earlier run of ours left: the process, if it is still the same one, and everything below it."""
    if not birth or birth_of(pid) != birth:
        return False
    family = [pid, *descendants(pid)]
    for each in family:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(each, signal.SIGKILL)
    return True


def memory_of(pid: int) -> int:
    """Bytes of memory that the process and all its children hold; what they share is counted once. 0: not known."""
    total = 0
    for each in (pid, *descendants(pid)):
        with suppress(OSError, StopIteration, ValueError, IndexError):
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
            total += int(next(line for line in lines if line.startswith("Pss:")).split()[1]) * 1024
    return total


def memory_left() -> int | None:
    """Bytes of this machine's memory that a new process can take; None: not known."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("MemAvailable:")).split()[1]) * 1024
    return None


def last_error(log: Path) -> str:
    """The last line of a log that names an error."""
    with suppress(OSError):
        lines = log.read_bytes()[-65536:].decode("utf-8", "replace").splitlines()[-LAST_LINES:]
        for line in reversed(lines):
            text = line.split("] ")[-1].strip()
            if "Error:" in text or "error:" in text:
                return text[:300]
    return ""


def environment(threads: int, **more: str) -> dict[str, str]:
    """What a child needs, without any of aird's own settings: it has no business with the database."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRD_")}
    return {
        **env,
        "OMP_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "PYTHONUNBUFFERED": "1",
        **more,
    }
