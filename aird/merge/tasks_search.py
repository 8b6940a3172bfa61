"""Searches as jobs: candidates race on the search's part of the split; trials are rows as they happen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aird.jobs.context import JobContext
from aird.merge.schemas import MergeJob
from aird.merge.search.space import Candidate


@dataclass(frozen=True)
class Choice:
    """What a search chose, and what it tells of itself.

    `candidate` has all that `merge_adapters` is called with. `scores` are the chosen one's by suite, on the held-out
    items where there are any, else on the search's own; `kept` the same as shares of the best parent's. `summary` is
    for the record of the version: params, figures, and one line per trial.
    """

    number: int
    candidate: Candidate
    scores: dict[str, float]
    kept: dict[str, float]
    floors_met: bool
    summary: dict[str, Any] = field(default_factory=dict)


def choose(job: JobContext, spec: MergeJob, base: Path, adapters: Sequence[Path], folder: Path) -> Choice:
    """Search `spec.search` over the parents' adapter folders on the base's folder; `folder` is for scratch files.

    Trials stand in the database as they happen; an attempt goes on where the last one stopped. A candidate that cannot
    be made is a failed trial. Raises SearchNotPossible when no candidate can be made, JobCancelled, LeaseLost.
    """
    raise NotImplementedError
