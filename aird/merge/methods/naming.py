"""Whose adapter it was that something is wrong with."""

from collections.abc import Iterator
from contextlib import contextmanager

from aird.runtimes.errors import AdapterUnusable


@contextmanager
def named(name: str) -> Iterator[None]:
    """What is wrong with an adapter's files is told with its name. Raises AdapterUnusable."""
    try:
        yield
    except AdapterUnusable as error:
        raise AdapterUnusable(f"{name}: {error.message}", **{**error.params, "version": name}) from error
