"""How sure a score is. Pure."""

from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95


def wilson(correct: float, items: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The Wilson score interval of a share of `correct` out of `items`; (0, 1) without any item.

    Wilson (1927), https://doi.org/10.1080/01621459.1927.10502953. Unlike the textbook interval it stays inside 0..1 and
    keeps its coverage for a few dozen items and for shares near 0 and 1. `correct` may be a sum of scores from 0 to 1:
    no such variable varies more than right and wrong do at the same mean, so the interval is then wide enough.
    """
    if not 0 <= correct <= items:
        raise ValueError(f"{correct} of {items} is not a share")
    if items == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = correct / items
    weight = 1 + z * z / items
    centre = (share + z * z / (2 * items)) / weight
    half = z / weight * sqrt(share * (1 - share) / items + z * z / (4 * items * items))
    low = 0.0 if correct == 0 else max(0.0, centre - half)
    high = 1.0 if correct == items else min(1.0, centre + half)
    return low, high
