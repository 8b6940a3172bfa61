"""Whether one of two versions is better on the same items, exactly. Pure.

McNemar (1947), "Note on the sampling error of the difference between correlated proportions or percentages",
https://doi.org/10.1007/BF02295996, in its exact form: among the items on which exactly one of the two is right, the
wins of either are binomial with probability 1/2 when neither is better. Items that both got right or both got wrong
say nothing.
"""


def p_better(won: int, lost: int) -> float:
    """One-sided: how probable it is to win at least `won` of the won and lost items when the new one is not better."""
    return _at_least(won, won + lost)


def p_different(won: int, lost: int) -> float:
    """Two-sided: how probable a split at least as uneven is when neither is better."""
    return min(1.0, 2 * _at_least(max(won, lost), won + lost))


def _at_least(least: int, tosses: int) -> float:
    """The probability of at least `least` heads in `tosses` of a fair coin, summed in whole numbers."""
    if not 0 <= least <= tosses:
        raise ValueError(f"{least} of {tosses} is not possible")
    ways, total = 1, 0
    for heads in range(tosses, least - 1, -1):
        total += ways
        ways = ways * heads // (tosses - heads + 1)
    return total / (1 << tosses)
