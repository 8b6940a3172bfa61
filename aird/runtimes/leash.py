"""Runs a command that knows nothing of its parent, and ends it with all its children when the parent goes.

`python -m aird.runtimes.leash COMMAND...`, started with `stdin=PIPE` in a session of its own. The end of standard
input, or SIGTERM, asks the command to end; what is left of it after the grace period is killed. The leash adopts
orphans, so that nothing escapes it, and repeats the command's exit status (128 + n for signal n).
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from aird.runtimes.lifeline import PR_SET_PDEATHSIG

PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 5.0


def _die_with_leash() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """Every process below this one, as /proc knows them; none where there is no /proc."""
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{each}/task").iterdir():
                found += [int(child) for child in (thread / "children").read_text().split()]
    return found[1:]


def _kill_all() -> None:
    """Until nobody is left: a child may be born while its siblings are counted."""
    while left := descendants(os.getpid()):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)


def main(command: list[str]) -> int:
    """Run the command until it or the parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_leash)
    ending = threading.Event()

    def end() -> None:
        if not ending.is_set():
            ending.set()
            child.terminate()
            threading.Timer(GRACE_SECONDS, child.kill).start()

    def wait_for_parent() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        end()

    signal.signal(signal.SIGTERM, lambda *_: end())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=wait_for_parent, name="leash", daemon=True).start()
    code = child.wait()
    _kill_all()
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    status = main(sys.argv[1:])
    os._exit(status)  # the timer and the reader of the pipe may still wait
