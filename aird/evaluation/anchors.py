"""Cheap re-examination: which few items to ask, and what they say of the whole exam, with its error. Pure.

With few versions examined so far, items are put into strata of equal difficulty (the share of versions that had them
right) and drawn from each; the score is the mean of what was expected plus the weighted mean of how far the drawn items
are from it (the difference estimator; Cochran (1977), "Sampling Techniques", chapters 5 and 7). What is expected of an
item is what the version before it did, else its difficulty. The anchors of an exam are the same for every version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random
from statistics import NormalDist

STRATA = 5
FEWEST_PER_STRATUM = 5
Z95 = NormalDist().inv_cdf(0.975)

Scores = Mapping[str, float]
"""The scores of one version by item id."""


@dataclass(frozen=True)
class Estimate:
    """The score of the whole exam, told by some of its items; `error` is its standard error."""

    score: float
    error: float

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, inside 0 to 1."""
        return max(0.0, self.score - Z95 * self.error), min(1.0, self.score + Z95 * self.error)


def difficulty(ids: Sequence[str], known: Sequence[Scores]) -> dict[str, float]:
    """The mean score of each item over the versions that sat it; one half where none did."""
    found = {}
    for each in ids:
        scores = [version[each] for version in known if each in version]
        found[each] = sum(scores) / len(scores) if scores else 0.5
    return found


def strata(levels: Mapping[str, float], count: int, seed: str) -> list[list[str]]:
    """The items in groups of equal size, hardest first; items that are equally hard lie in a drawn order."""
    ids = list(levels)
    Random(seed).shuffle(ids)  # noqa: S311 - a drawing that can be repeated
    ids.sort(key=levels.__getitem__)
    groups = max(1, min(STRATA, count // FEWEST_PER_STRATUM))
    return [ids[place * len(ids) // groups : (place + 1) * len(ids) // groups] for place in range(groups)]


def choose(levels: Mapping[str, float], count: int, seed: str) -> list[str]:
    """At least two of each stratum, in proportion, drawn once for the seed (the exam's digest)."""
    if count >= len(levels):
        return list(levels)
    chosen: list[str] = []
    groups = strata(levels, count, seed)
    for place, group in enumerate(groups):
        share = (place + 1) * count // len(groups) - place * count // len(groups)
        chosen += Random(f"{seed} {place}").sample(group, min(share, len(group)))  # noqa: S311
    return chosen


def estimate(
    levels: Mapping[str, float], asked: Scores, count: int, seed: str, before: Scores | None = None
) -> Estimate:
    """The whole exam by the asked items; `before` are the scores of the version before it, of every item."""
    expected = {each: (before or levels).get(each, levels[each]) for each in levels}
    total = sum(expected.values()) / len(expected)
    variance = 0.0
    for group in strata(levels, count, seed):
        off = [asked[each] - expected[each] for each in group if each in asked]
        if not off:
            return Estimate(total, 0.5)
        weight, mean = len(group) / len(levels), sum(off) / len(off)
        total += weight * mean
        # One more item off by one half: a stratum in which nothing differed is not without error.
        spread = (sum((each - mean) ** 2 for each in off) + 0.25) / len(off)
        variance += weight**2 * (1 - len(off) / len(group)) * spread / len(off)
    return Estimate(min(1.0, max(0.0, total)), sqrt(variance))


def tested_error(truths: Sequence[float], told: Sequence[float]) -> float | None:
    """The root mean square error on versions whose whole exam is known; None with fewer than three."""
    if len(truths) < 3:
        return None
    return sqrt(sum((a - b) ** 2 for a, b in zip(truths, told, strict=True)) / len(truths))
