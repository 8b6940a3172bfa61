"""Races over exam items: every candidate answers few of them first, and who is hopeless then answers no more.

All candidates meet the items in the same order, which a hash of the item's id and the seed decides: so two candidates
are compared on the very same items, pair by pair. Where both are right or both wrong the pair says nothing; the others
speak for one of the two (McNemar, https://doi.org/10.1007/BF02295996). For a candidate that is not worse than the
incumbent each of these votes is at best a fair coin, so their sum seldom falls far below zero. A few looks are taken
at it, after each batch but the last; what one look may err by is their share of what all together may. Pure.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

from aird.evaluation.intervals import wilson

Answers = Mapping[str, Sequence[bool]]
"""By suite: right or wrong, in the order of the race; a prefix of all items."""

FALSE_DROP = 0.05
"""How often at most a candidate that is as good as the incumbent is dropped."""
SURE = 0.95
"""Confidence that a floor cannot be reached."""
SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)
LOOKS = len(SHARES) - 1
FIRST = 8
"""Items of each suite in the first batch, where there are so many."""


def split_items(ids: Sequence[str], *, suite: str, seed: int, holdout: float) -> tuple[list[int], list[int]]:
    """(places of the search's items in the order of the race, places of the held-out ones).

    The same ids give the same split in whatever order they come; at least one item is the search's.
    """

    def key(place: int) -> tuple[bytes, int]:
        return hashlib.sha256(f"{seed}\0{suite}\0{ids[place]}".encode()).digest(), place

    order = sorted(range(len(ids)), key=key)
    kept = max(1, math.ceil(len(order) * (1 - holdout) - 1e-9))
    return order[:kept], order[kept:]


def batches(counts: Mapping[str, int]) -> list[dict[str, int]]:
    """How many items of each suite are answered after each batch; all of them after the last."""
    steps = [{suite: min(n, max(FIRST, math.ceil(n * share))) for suite, n in counts.items()} for share in SHARES]
    return [step for number, step in enumerate(steps) if number == 0 or step != steps[number - 1]]


def hopeless(
    candidate: Answers, incumbent: Answers, weights: Mapping[str, float], *, false_drop: float = FALSE_DROP
) -> bool:
    """Whether the candidate is surely worse than the incumbent on the weighted items that both have answered.

    `weights` is what one item of each suite counts. For the looks of one race, which are as many as LOOKS at most.
    """
    total = squares = 0.0
    votes = 0
    for suite, answered in candidate.items():
        for mine, theirs in zip(answered, incumbent[suite], strict=False):
            if mine != theirs:
                votes += 1
                total += weights[suite] if mine else -weights[suite]
                squares += weights[suite] ** 2
    one = false_drop / LOOKS
    if 0.5**votes > one:
        return False  # even if all of them were against it
    return total < -NormalDist().inv_cdf(1 - one) * math.sqrt(squares)


def misses_floor(candidate: Answers, reference: Answers, floors: Mapping[str, float]) -> bool:
    """Whether some suite's floor, a share of the reference's score, is surely out of the candidate's reach."""
    for suite, floor in floors.items():
        answered = candidate.get(suite, ())
        if answered:
            _, high = wilson(sum(answered), len(answered), SURE)
            needed = floor * sum(reference[suite][: len(answered)]) / len(answered)
            if high < needed:
                return True
    return False
