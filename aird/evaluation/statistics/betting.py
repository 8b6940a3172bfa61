"""Look after every item and stop when it is clear: tests and intervals that hold at any time. Pure.

Waudby-Smith and Ramdas (2024), "Estimating means of bounded random variables by betting",
https://arxiv.org/abs/2010.09686; Ville (1939) for the guarantee. A gambler bets on every item that the new version is
better by more than `m`: a stake `k` of the capital becomes

    1 - k + k (1 + d) / (1 + m)            d = the difference on this item, between -1 and 1

Where the mean difference is at most m the capital cannot grow on average, so that it ever reaches 1/alpha has a
probability of at most alpha, however often one looks and whenever one stops. The capital is spread over fixed STAKES
from the beginning, which is a mixture and needs no tuning; with right and wrong answers it depends on the counts of
won, lost and equal items alone, so that an interrupted examination goes on from its counts.
"""

from enum import StrEnum
from math import exp, log

from aird.evaluation.statistics.pairs import Pairs

STAKES = (0.08, 0.16, 0.24, 0.32, 0.4, 0.5, 0.65)
"""Shares of the capital that are bet; best near (won - lost) / (won + lost), 0.1 to 0.6 in doubtful cases."""
STEPS = 50


class Verdict(StrEnum):
    """What an examination says so far; stable and translatable."""

    PASSED = "passed"  # the difference is above what was to be refuted
    FAILED = "failed"  # the difference is below what was hoped for
    OPEN = "open"  # neither is clear yet


def log_capital(pairs: Pairs, difference: float) -> float:
    """The logarithm of what 1 has become by betting on a mean difference above `difference`, between -1 and 1."""
    if not -1 < difference < 1:
        raise ValueError(f"a difference of {difference} cannot be bet on")
    logs = [
        sum(count * log(1 - stake + stake * (1 + value) / (1 + difference)) for value, count in pairs.counts.items())
        for stake in STAKES
    ]
    highest = max(logs)
    return highest + log(sum(exp(each - highest) for each in logs) / len(logs))


def p_above(pairs: Pairs, difference: float) -> float:
    """Anytime-valid p-value of "the mean difference is at most `difference`"."""
    return min(1.0, exp(-log_capital(pairs, difference)))


def p_below(pairs: Pairs, difference: float) -> float:
    """Anytime-valid p-value of "the mean difference is at least `difference`"."""
    return p_above(_turned(pairs), -difference)


def verdict(pairs: Pairs, *, refute: float, hope: float, level: float = 0.05) -> Verdict:
    """Passed once the difference is proven to be above `refute`, failed once it is proven to be below `hope`.

    Better by enough: refute 0, hope 0.05. Not worse: refute -0.02, hope 0. Each error has a probability of at most
    `level`, whenever one stops.
    """
    if not refute < hope:
        raise ValueError("what is hoped for must be above what is to be refuted")
    if p_above(pairs, refute) <= level:
        return Verdict.PASSED
    return Verdict.FAILED if p_below(pairs, hope) <= level else Verdict.OPEN


def interval(pairs: Pairs, confidence: float = 0.95) -> tuple[float, float]:
    """The confidence sequence: differences that no bet has refuted; (-1, 1) without any item."""
    level = (1 - confidence) / 2
    return _lower(pairs, level), -_lower(_turned(pairs), level)


def _lower(pairs: Pairs, level: float) -> float:
    """The largest difference that a bet on more has refuted: the capital falls as the difference grows."""
    low, high = -1.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        if p_above(pairs, middle) <= level:
            low = middle
        else:
            high = middle
    return low


def _turned(pairs: Pairs) -> Pairs:
    return Pairs({-value: count for value, count in pairs.counts.items()})
