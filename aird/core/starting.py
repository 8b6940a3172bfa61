"""Imports at the start of a process, without the garbage collector."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """Import a lot in here: nothing of it is garbage, so that looking for some takes a sixth of the time for nothing.

    What stands by the end is not looked through again later either.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
