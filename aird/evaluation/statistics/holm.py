"""Several tests at once without more false alarms. Pure.

Holm (1979), "A simple sequentially rejective multiple test procedure", https://www.jstor.org/stable/4615733: the k-th
smallest of m p-values is multiplied by m - k + 1, and none may be below the one before it. The probability of even one
false claim among all stays below the level, however the tests hang together.
"""

from collections.abc import Sequence


def adjusted(p_values: Sequence[float]) -> list[float]:
    """The p-values, in their order, to be compared with the level as if each were the only one."""
    found = [1.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, p_values[place] * (len(p_values) - rank)))
        found[place] = highest
    return found
