"""Keep an attempt's processes together, so that none outlives its worker. Linux; elsewhere most of this does nothing.

As root every attempt gets a PID namespace: when its first process ends, the kernel ends all others, daemons that
called setsid included. Otherwise the first process adopts its orphaned descendants (child subreaper) and kills them;
it cannot do so when it is itself killed by SIGKILL, then the host, a subreaper as well, does.
"""

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 1, 15, 36
CLONE_NEWNS, CLONE_NEWPID = 0x00020000, 0x20000000
MS_NOSUID_NODEV_NOEXEC, MS_REC_PRIVATE = 0x2 | 0x4 | 0x8, 0x4000 | 0x40000

LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Be sent this signal when the parent (more exactly: the thread that forked) ends."""
    if LINUX:
        _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def proc_pid() -> int:
    """This process's PID as /proc shows it, also from inside a PID namespace whose /proc is not mounted yet."""
    return int(os.readlink("/proc/self")) if LINUX else os.getpid()


def parent_pid() -> int:
    """The parent's PID as /proc shows it, also when the parent lives outside this process's PID namespace."""
    if not LINUX:
        return os.getppid()
    return int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[1])


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ended."""
    if LINUX:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def set_name(name: str) -> None:
    """The name that `ps -o comm` and `top` show."""
    if LINUX:
        _libc.prctl(PR_SET_NAME, name.encode()[:15], 0, 0, 0)


class Namespaces:
    """Forks processes into PID namespaces of their own; `offered` says whether the kernel allows it."""

    def __init__(self) -> None:
        self._own = -1
        if LINUX and os.geteuid() == 0:
            with contextlib.suppress(OSError):
                self._own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self.offered = self._own >= 0 and self._probe()

    def _probe(self) -> bool:
        pid = os.fork()
        if pid == 0:
            os._exit(0 if _libc.unshare(CLONE_NEWPID) == 0 else 1)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

    def fork(self) -> int:
        """As os.fork, but the child is the first process of a new PID namespace."""
        if _libc.unshare(CLONE_NEWPID) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        pid = -1
        try:
            pid = os.fork()
        finally:
            if pid != 0:  # the parent's other children belong where it lives itself
                _libc.setns(self._own, CLONE_NEWPID)
        return pid


def mount_own_proc() -> None:
    """Show this PID namespace's processes in /proc, so that what reads /proc/<getpid()> finds itself."""
    if _libc.unshare(CLONE_NEWNS) == 0 and _libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None) == 0:
        _libc.mount(b"proc", b"/proc", b"proc", MS_NOSUID_NODEV_NOEXEC, None)


def descendants(pid: int) -> list[int]:
    """Every living process below `pid`, as /proc shows them."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] not in "ZX":
            children.setdefault(int(fields[1]), []).append(int(path.name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def kill_all(pids: list[int]) -> None:
    """SIGKILL to each that still lives."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
