"""Races over exam items: every candidate answers few of them first, and who is hopeless then answers no more.

All candidates meet the items in the same order, which a hash of the item's id and the seed decides: so two candidates
are compared on the very same items, pair by pair. Where both are right or both wrong the pair says nothing; the others
speak for one of the two (McNemar, https://doi.org/10.1007/BF02295996). A candidate that is not worse than the incumbent
makes the weighted sum of these votes a process that rarely falls far below zero at any time; a boundary that holds at
all times at once (the normal mixture of https://doi.org/10.1214/20-AOS1991, section 3.2) therefore allows to look
after every batch. Pure.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence

from aird.evaluation.intervals import wilson

Answers = Mapping[str, Sequence[bool]]
"""By suite: right or wrong, in the order of the race; a prefix of all items."""

FALSE_DROP = 0.05
"""How often at most a candidate that is as good as the incumbent is dropped."""
MIXTURE = 3.0
"""The number of votes around which the boundary is tightest, roughly a third of it."""
SURE = 0.99
"""Confidence that a floor cannot be reached."""
SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)
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

    `weights` is what one item of each suite counts. May be asked after every batch.
    """
    total = votes = 0.0
    largest = max(weights.values(), default=0.0)
    if largest <= 0:
        return False
    for suite, answered in candidate.items():
        weight = weights[suite] / largest
        for mine, theirs in zip(answered, incumbent[suite], strict=False):
            if mine != theirs:
                total += weight if mine else -weight
                votes += weight * weight
    return total < -boundary(votes, false_drop)


def boundary(votes: float, false_drop: float) -> float:
    """What a sum of independent fair votes exceeds with a chance of at most `false_drop`, ever.

    `votes` is the sum of the votes' squares so far.
    """
    wide = votes + MIXTURE
    return math.sqrt(2 * wide * math.log(1 + math.sqrt(wide / MIXTURE) / (2 * false_drop)))


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
