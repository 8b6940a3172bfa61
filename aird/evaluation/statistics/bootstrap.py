"""Mean differences of real-valued scores (F1 and the like), by drawing the items again. Pure and repeatable.

Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapters 13 and 16, https://doi.org/10.1201/9780429246593:
the items, which are paired, are drawn with replacement; the percentiles of the mean are the interval. A p-value counts
the drawn means on the wrong side, the observed one included, so that it is never 0.
"""

from bisect import bisect_right
from functools import lru_cache
from itertools import chain, repeat
from random import Random

from aird.evaluation.statistics.pairs import Pairs

DRAWS = 2000
SEED = 20


def p_above(pairs: Pairs, difference: float) -> float:
    """One-sided: how often the mean of the drawn items is not above `difference`; 1 without any item."""
    if not pairs.items:
        return 1.0
    means = _means(_key(pairs))
    return (1 + bisect_right(means, difference)) / (1 + len(means))


def interval(pairs: Pairs, confidence: float = 0.95) -> tuple[float, float]:
    """The percentile interval of the mean difference; (-1, 1) without any item."""
    if not pairs.items:
        return -1.0, 1.0
    means = _means(_key(pairs))
    cut = int((1 - confidence) / 2 * len(means))
    return means[cut], means[-1 - cut]


def _key(pairs: Pairs) -> tuple[tuple[float, int], ...]:
    return tuple(sorted(pairs.counts.items()))


@lru_cache(256)
def _means(counts: tuple[tuple[float, int], ...]) -> tuple[float, ...]:
    """The sorted means of the draws; the same for the same differences, whoever asks."""
    values = list(chain.from_iterable(repeat(value, count) for value, count in counts))
    random = Random(SEED)  # noqa: S311 - a simulation, not a secret
    return tuple(sorted(sum(random.choices(values, k=len(values))) / len(values) for _ in range(DRAWS)))
