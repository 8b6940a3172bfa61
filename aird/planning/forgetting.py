"""What a model forgets while it learns: the accuracy matrix of a plan and what is read from it. Pure.

R[i][j] is the score in exam j after stage i (Lopez-Paz and Ranzato, https://arxiv.org/abs/1706.08840). Stages form a
graph here, so that "before" is a stage's ancestors, not the line above. From the row of a stage and those before it:

    average (AA)   the mean over all exams of the row
    backward (BWT) the mean over the exams taught by stages before: the score now minus the score when it was taught
    worst drop     the largest fall of any exam from the best score of any stage before: a mean hides it, so that the
                   budget is on this one
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Row = Mapping[str, float]
"""Scores by exam."""


@dataclass(frozen=True)
class Drop:
    """An exam that is worse than it was after stage `best_in`."""

    suite: str
    was: float
    now: float
    best_in: str

    @property
    def points(self) -> float:
        """How far it fell, as a share."""
        return self.was - self.now


@dataclass(frozen=True)
class Forgetting:
    """What one stage's row says; None where there is nothing to compare with."""

    average: float | None
    backward: float | None
    forward: float | None
    worst: Drop | None


def compare(
    row: Row, before: Sequence[tuple[str, Row]], taught: Mapping[str, str], *, teaches: Sequence[str] = ()
) -> Forgetting:
    """The row of a stage against those of its ancestors, first ones first.

    `taught` names, by exam, the ancestor that taught it; `teaches` what this stage teaches itself, which counts for
    the forward transfer of the stages before it: how much better it was before it was taught than at the very start.
    """
    rows = dict(before)
    average = sum(row.values()) / len(row) if row else None
    moved = [
        row[suite] - rows[stage][suite] for suite, stage in taught.items() if suite in row and suite in rows[stage]
    ]
    backward = sum(moved) / len(moved) if moved else None
    forward = None
    if len(before) > 1:
        start, latest = before[0][1], before[-1][1]
        ahead = [latest[suite] - start[suite] for suite in teaches if suite in start and suite in latest]
        forward = sum(ahead) / len(ahead) if ahead else None
    return Forgetting(average, backward, forward, worst_drop(row, before))


def worst_drop(row: Row, before: Sequence[tuple[str, Row]]) -> Drop | None:
    """The exam that fell furthest from the best it ever was; None when nothing fell."""
    drops = []
    for suite, now in row.items():
        found = [(past[suite], stage) for stage, past in before if suite in past]
        if found:
            was, stage = max(found, key=lambda each: each[0])
            drops.append(Drop(suite, was, now, stage))
    worst = max(drops, key=lambda each: (each.points, each.suite), default=None)
    return worst if worst is not None and worst.points > 0 else None
