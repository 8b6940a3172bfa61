"""What something new is expected to score on the examples. Pure.

A prediction is a measured score times the share of it that children kept before. Where this house has measured at least
ENOUGH children of a way, their quantiles are that share; before, it is a figure measured once, elsewhere, said so.
The uncertainty of the examples themselves is in it too: a few of them bound no score closely.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aird.evaluation.intervals import wilson
from aird.planning.advice.facts import Span, Way

ENOUGH = 3
"""Measured children before they stand for a way."""
TAILS = (0.1, 0.9)

ELSEWHERE: dict[Way, Span] = {
    # docs/benchmarks.md, "What a rotation keeps": five specialists in one by tsv; the mean at rank 8 and at the sum of
    # the ranks, and the worst department at rank 8.
    Way.MERGE: Span(0.754, 0.811, 0.843),
    # The same table: a new adapter after 240 steps without labels; the worst department, the mean, the best seed.
    Way.DISTIL: Span(0.876, 0.912, 0.917),
}
"""The share of the best score that was kept, where this house has measured nothing."""
FINISHED = Span(0.918, 0.956, 0.960)
"""The same for a merge with a finish of 240 steps at the parents' own rank."""


@dataclass(frozen=True)
class Expected:
    """A range of scores, where it comes from, and on how many measured children it rests."""

    span: Span
    basis: str
    children: int


def measured(scores: Sequence[float]) -> Expected:
    """The score of a version that answered the examples."""
    low, high = wilson(sum(scores), len(scores))
    return Expected(Span(low, sum(scores) / len(scores), high), "tried", 0)


def kept(way: Way, best: Sequence[float], history: Sequence[float], *, finished: bool = False) -> Expected:
    """What a child keeps of `best`: by example, the score of the best of those that it is made from."""
    base, ratio = measured(best).span, share(way, history, finished=finished)
    middle = (base.mid or 0.0) * (ratio.mid or ratio.low)
    return Expected(
        Span(base.low * ratio.low, min(1.0, middle), min(1.0, base.high * ratio.high)),
        "house" if len(history) >= ENOUGH else "elsewhere",
        len(history) if len(history) >= ENOUGH else 0,
    )


def trained(start: float | None, history: Sequence[float]) -> Expected:
    """What a training comes to from `start`: the share of the gap that such trainings closed; else nobody knows."""
    begin = start or 0.0
    if len(history) < ENOUGH:
        return Expected(Span(begin, None, 1.0), "unknown", 0)
    low, mid, high = (min(1.0, max(0.0, begin + (1 - begin) * each)) for each in _quantiles(history))
    return Expected(Span(low, mid, high), "house", len(history))


def share(way: Way, history: Sequence[float], *, finished: bool = False) -> Span:
    """The share of the best score that children of this way keep; a merge may be `finished`."""
    if len(history) < ENOUGH:
        return FINISHED if finished else ELSEWHERE[way]
    low, mid, high = _quantiles(history)
    return Span(low, mid, high)


def _quantiles(values: Sequence[float]) -> tuple[float, float, float]:
    ordered = sorted(values)
    return quantile(ordered, TAILS[0]), quantile(ordered, 0.5), quantile(ordered, TAILS[1])


def quantile(ordered: Sequence[float], part: float) -> float:
    """Linear between the two values next to it."""
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
