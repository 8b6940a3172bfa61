"""Lets a loop rest until it is time, somebody rings, or one of its child processes has ended."""

import os
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing import connection


class Alarm:
    """Rung from any thread; a ring before the rest begins is not lost."""

    def __init__(self) -> None:
        self._hears, self._rings = os.pipe()
        self._is_open = True
        os.set_blocking(self._hears, False)
        os.set_blocking(self._rings, False)

    def ring(self) -> None:
        """End the rest that goes on, or the next one. Nothing happens when the loop is over."""
        if self._is_open:
            with suppress(OSError):  # a full pipe rings as well
                os.write(self._rings, b"!")

    def rest(self, seconds: float, watched: Iterable[int] = ()) -> None:
        """At most so many seconds; `watched` are descriptors of processes (see `watch`)."""
        connection.wait([self._hears, *watched], max(seconds, 0.0))
        with suppress(BlockingIOError):
            os.read(self._hears, 65536)

    def close(self) -> None:
        """The loop is over."""
        if self._is_open:
            self._is_open = False
            os.close(self._rings)
            os.close(self._hears)

    __del__ = close


def watch(pid: int) -> int | None:
    """A descriptor of a child that can be read once it has ended; None where the system has no such thing."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
