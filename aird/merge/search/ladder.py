"""What a search tries before anything is guessed: every method at the recipe's own weights, over a few scales. Pure.

The scale decides as much as the method, and the best of these points is what a person finds who tries methods and
scales by hand: a search that has tried them chooses nothing worse. Where there are more of them than may be tried, each
round keeps the better half of the methods (successive halving, https://arxiv.org/abs/1502.07943).
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

from aird.merge.methods.base import Method
from aird.merge.search.space import Space

RUNGS = 5
"""Scales that are tried at the recipe's own weights, where the space has so many."""
FIXED_SHARE = 2 / 3
"""Of all trials at most; the others refine what was found. Every method is tried once at least."""


def rungs(space: Space) -> list[float]:
    """The scales of the ladder: the space's own, or RUNGS of them from the lowest to the highest."""
    scales = sorted(space.scales)
    if len(scales) <= RUNGS:
        return scales
    return [scales[round(i * (len(scales) - 1) / (RUNGS - 1))] for i in range(RUNGS)]


def fixed_points(space: Space, trials: int, worth: Callable[[Method], float]) -> Iterator[dict[str, Any]]:
    """The points in the order in which they are tried, of `trials` trials in all.

    Middle scale first, then outwards. `worth` is asked between the rounds: what the method's best point is worth so
    far, minus infinity when none could be made. Densities and ranks are the middle one and the highest.
    """
    scales = rungs(space)
    middle = (len(scales) - 1) // 2
    rounds = [[scales[middle]]]
    for step in range(1, len(scales)):
        outward = [scales[i] for i in (middle - step, middle + step) if 0 <= i < len(scales)]
        rounds += [outward] if outward else []
    left = min(trials, max(len(space.methods), int(trials * FIXED_SHARE)))
    methods = list(space.methods)
    for number, tried in enumerate(rounds):
        if number:
            usable = [each for each in methods if worth(each) > -math.inf]
            methods = sorted(usable, key=worth, reverse=True)  # of equals the one that is listed first
            if len(methods) * sum(map(len, rounds[number:])) > left:
                methods = methods[: math.ceil(len(methods) / 2)]
        for method in methods:
            for scale in tried:
                if left == 0:
                    return
                left -= 1
                yield fixed_point(space, method, scale)


def fixed_point(space: Space, method: Method, scale: float) -> dict[str, Any]:
    """The params of a method at this scale, at the recipe's own weights."""
    densities = sorted(each for each in space.densities if each is not None)
    density = densities[(len(densities) - 1) // 2] if densities else None
    rank = max(space.ranks, key=lambda each: math.inf if each is None else each)
    factors = (1.0,) * len(space.recipe.weights) if space.weighs else None
    return space.params(method, scale, density, rank, factors)
