"""The difference of two paired shares: score interval, and the test of non-inferiority. Pure.

Tango (1998), "Equivalence test and confidence interval for the difference in proportions for the paired-sample
design", https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B; the test is that of Nam
(1997), https://doi.org/10.2307/2533507. With n items, b won and c lost, the difference d is tested by

    Z(d) = (b - c - n d) / sqrt(n (2 q + d (1 - d)))

where q, the share lost, is its maximum-likelihood estimate given d. Unlike Wald's interval it is not empty when nothing
was lost, and keeps its level for a few dozen items.
"""

from math import inf, sqrt
from statistics import NormalDist

NORMAL = NormalDist()
STEPS = 60
"""Halvings of an interval of length 2: beyond the precision of a float."""


def z(items: int, won: int, lost: int, difference: float) -> float:
    """How many standard errors the observed difference lies above `difference`, which is between -1 and 1."""
    above = won - lost - items * difference
    variance = items * (2 * _share_lost(items, won, lost, difference) + difference * (1 - difference))
    if variance <= 0:
        return 0.0 if above == 0 else inf if above > 0 else -inf
    return above / sqrt(variance)


def p_noninferior(items: int, won: int, lost: int, margin: float) -> float:
    """One-sided: how probable so good a result is when the new version is worse by `margin` (a share) or more."""
    if not 0 <= margin < 1:
        raise ValueError(f"a margin of {margin} is not between 0 and 1")
    return 1.0 if items == 0 else NORMAL.cdf(-z(items, won, lost, -margin))


def interval(items: int, won: int, lost: int, confidence: float = 0.95) -> tuple[float, float]:
    """The differences that a two-sided test would not refuse; (-1, 1) without any item."""
    if items == 0:
        return -1.0, 1.0
    limit = NORMAL.inv_cdf(0.5 + confidence / 2)
    observed = (won - lost) / items
    return (
        _crossing(items, won, lost, limit, inside=observed, outside=-1.0),
        _crossing(items, won, lost, limit, inside=observed, outside=1.0),
    )


def _crossing(items: int, won: int, lost: int, limit: float, *, inside: float, outside: float) -> float:
    """Where |Z| reaches the limit between the observed difference and the end of the scale."""
    if abs(z(items, won, lost, outside)) <= limit:
        return outside
    for _ in range(STEPS):
        middle = (inside + outside) / 2
        if abs(z(items, won, lost, middle)) <= limit:
            inside = middle
        else:
            outside = middle
    return inside


def _share_lost(items: int, won: int, lost: int, difference: float) -> float:
    linear = (2 * items - won + lost) * difference - won - lost
    constant = -lost * difference * (1 - difference)
    root = sqrt(max(0.0, linear * linear - 8 * items * constant))
    return max(0.0, (root - linear) / (4 * items), -difference)
