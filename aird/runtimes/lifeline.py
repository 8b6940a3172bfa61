"""Make a child process end with its parent, whatever ends the parent.

Twofold, because each has a gap. The kernel's parent-death signal (Linux) also reaches a process that hangs,
but follows the parent's thread and is lost when the parent dies before it is asked for. The end of standard
input, a pipe whose other end only the parent holds, closes that gap and works on every Unix.
"""

import ctypes
import os
import signal
import sys
import threading

PR_SET_PDEATHSIG = 1
"""See prctl(2)."""


def tie_to_parent() -> None:
    """Call once, early, in a child that was started with `stdin=PIPE`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_wait_for_end, name="lifeline", daemon=True).start()


def _wait_for_end() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(1)
