"""Which function does which kind of job. Filled by importing the modules that aird/worker.py lists."""

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from aird.core.schemas import Schema
from aird.jobs.context import JobContext
from aird.jobs.errors import UnknownKind

Spec = TypeVar("Spec", bound=Schema)
Handler = Callable[[JobContext, Spec], dict[str, Any] | None]
Remake = Callable[[JobContext, Spec, Mapping[str, Any], Path], Path]
"""(job, spec, the record of the version that was made, an empty folder of its own) -> the folder with the files of a
version, as they were before they were examined. Computes again what the job's kind computes, and files nothing; a
choice that the first run came to by a search is taken from the record."""


Assist = Callable[[JobContext, Spec, int], None]
"""(job, spec, the number of its seat, from 1): what is done on each further machine of a job that has several. It
records nothing; see aird.jobs.nodes."""


@dataclass(frozen=True)
class Task:
    """A kind of job: the shape of its spec, the function that does it, and the one that only computes it again."""

    kind: str
    spec: type[Schema]
    run: Callable[[JobContext, Any], dict[str, Any] | None]
    remake: Callable[[JobContext, Any, Mapping[str, Any], Path], Path] | None = None
    yields: bool = False
    assist: Callable[[JobContext, Any, int], None] | None = None


_tasks: dict[str, Task] = {}


def task(
    kind: str,
    spec: type[Spec],
    *,
    remake: Remake[Spec] | None = None,
    yields: bool = False,
    assist: Assist[Spec] | None = None,
) -> Callable[[Handler[Spec]], Handler[Spec]]:
    """Register the decorated function for `kind`; what it returns becomes the job's result.

    With `remake` a version that came from such a job can be proved: see aird.catalog.reproduction.
    With `yields` it says that it looks at `job.should_yield` and raises Yielded at its next checkpoint: it is given a
    grace when its worker stops or its place is wanted, where others are stopped at once.
    With `assist` it can work on several machines at once.
    """

    def register(run: Handler[Spec]) -> Handler[Spec]:
        if kind in _tasks:
            raise ValueError(f"two tasks are called {kind!r}")
        _tasks[kind] = Task(kind, spec, run, remake, yields, assist)
        return run

    return register


def load(modules: Iterable[str]) -> None:
    """Import these task modules."""
    for name in modules:
        importlib.import_module(name)


def kinds() -> frozenset[str]:
    """The kinds that are registered here."""
    return frozenset(_tasks)


def find(kind: str) -> Task:
    """The task of this kind. Raises UnknownKind."""
    if kind not in _tasks:
        raise UnknownKind(
            f"No task is called {kind!r}. This worker may be older than the server that took the job; update it.",
            kind=kind,
        )
    return _tasks[kind]
