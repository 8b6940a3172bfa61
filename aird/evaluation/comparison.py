"""Two runs of one suite, item by item: what was won and what was lost. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aird.evaluation.scorers.outcome import Outcome

SAME = 1e-9
"""Scores that differ by no more are the same."""


class Turn(StrEnum):
    """What became of an item, in the order in which it is shown."""

    LOST = "lost"
    WON = "won"
    WRONG = "wrong"
    RIGHT = "right"


@dataclass(frozen=True)
class Pair:
    """An item in a run, and in the one it is held against; `place` is the item's place in the suite."""

    place: int
    change: Turn
    here: Outcome
    there: Outcome | None


def pairs(run: Iterable[Outcome], other: Iterable[Outcome]) -> list[Pair]:
    """Every item of the run, in the order of the suite; where only one run has it, nothing was won or lost."""
    known = {each.id: each for each in other}
    return [Pair(place, _change(each, known.get(each.id)), each, known.get(each.id)) for place, each in enumerate(run)]


def tally(found: Iterable[Pair]) -> Mapping[Turn, int]:
    """How many items of each kind there are."""
    return Counter(each.change for each in found)


def chosen(found: Iterable[Pair], changes: Sequence[Turn]) -> list[Pair]:
    """The items of these kinds, lost ones first, the greatest differences first among the lost and the won."""
    order = {change: place for place, change in enumerate(Turn)}
    wanted = [each for each in found if each.change in changes]
    return sorted(wanted, key=lambda each: (order[each.change], -_distance(each), each.place))


def _change(here: Outcome, there: Outcome | None) -> Turn:
    if there is not None and abs(here.score - there.score) > SAME:
        return Turn.WON if here.score > there.score else Turn.LOST
    return Turn.RIGHT if here.correct else Turn.WRONG


def _distance(pair: Pair) -> float:
    return 0.0 if pair.there is None else abs(pair.here.score - pair.there.score)
