"""Which candidate is tried next: a ladder of fixed points, then optuna's samplers, and a grid where that is all.

The study lives in memory. What it proposes follows from the seed and from what it was told, in order: a search that
was cut off asks and tells again for the trials it has, and goes on with the candidates it would have tried anyway.
"""

import random
from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol

from aird.merge.search.ladder import fixed_points
from aird.merge.search.pareto import Standing
from aird.merge.search.refining import NEAR, WIDE, Area, Known, Refining, Sampler
from aird.merge.search.space import WEIGHT_STEPS, Space, key_of

Params = dict[str, Any]
NEAR_LEAST = 16
"""Trials near the best that go before any elsewhere; of more than twice as many, half."""


class Proposals(Protocol):
    """A source of candidates."""

    def next(self) -> Params | None:
        """The next candidate's params, none twice; None when there are no more."""
        ...

    def tell(self, params: Params, standing: Standing | None, rank: int) -> None:
        """What became of it: `standing` None when it failed."""
        ...


def proposals(space: Space, *, sampler: Sampler, trials: int, seed: int) -> Proposals:
    """At most `trials` candidates of the space. Where they are no more than that, every one, in the grid's order."""
    if space.size <= trials:
        return Grid(space.grid())
    if sampler == "grid":
        return Grid(islice(_scattered(space, seed), trials))
    return Study(space, sampler, trials, seed)


class Grid:
    """Candidates in a fixed order; nothing is learnt from the earlier ones."""

    def __init__(self, points: Iterator[Params]) -> None:
        self._points = points

    def next(self) -> Params | None:
        """The next point."""
        return next(self._points, None)

    def tell(self, params: Params, standing: Standing | None, rank: int) -> None:
        """Nothing to learn."""


def _scattered(space: Space, seed: int) -> Iterator[Params]:
    """All points of the grid in random order; with weights, points with WEIGHT_STEPS for every parent."""
    chance = random.Random(seed)  # noqa: S311 (nothing secret: the same seed gives the same search)
    points = list(space.grid())
    if not space.weighs:
        yield from chance.sample(points, len(points))
        return
    seen: set[tuple[Any, ...]] = set()
    every = len(points) * len(WEIGHT_STEPS) ** len(space.recipe.weights)
    while len(seen) < every:
        point = chance.choice(points)
        factors = [chance.choice(WEIGHT_STEPS) for _ in space.recipe.weights]
        params = space.params(point["method"], point["scale"], point["density"], point["rank"], factors)
        if key_of(params) not in seen:
            seen.add(key_of(params))
            yield params


class Study:
    """The fixed points; then what is near the best of them, at weights that are nearly the recipe's; then anywhere."""

    def __init__(self, space: Space, sampler: Sampler, trials: int, seed: int) -> None:
        self._space = space
        self._sampler: Sampler = sampler
        self._seed = seed
        self._left = trials
        self._known: dict[tuple[Any, ...], Known | None] = {}  # None while it is tried, and when it failed
        self._fixed = fixed_points(space, trials, self._worth)
        self._near: Refining | None = None
        self._near_left = -1
        self._wide: Refining | None = None
        self._asked: Refining | None = None
        self._spare = _scattered(space, seed)

    def next(self) -> Params | None:
        """The next candidate that was not tried yet."""
        if self._left == 0:
            return None
        params = self._propose()
        if params is not None:
            self._left -= 1
            self._known[key_of(params)] = None
        return params

    def tell(self, params: Params, standing: Standing | None, rank: int) -> None:
        """Learn from it."""
        known = None if standing is None else Known(params, standing, rank)
        self._known[key_of(params)] = known
        asked, self._asked = self._asked, None
        if asked is not None:
            asked.tell(params, known)

    def _propose(self) -> Params | None:
        fixed = next((each for each in self._fixed if key_of(each) not in self._known), None)
        if fixed is not None:
            return fixed
        for refining in self._stages():
            found = refining.ask(self._known)
            if found is not None:
                self._asked = refining
                return found
        return next((each for each in self._spare if key_of(each) not in self._known), None)

    def _stages(self) -> Iterator[Refining]:
        """Where to look, best first."""
        if self._near_left < 0:
            self._near_left = max(NEAR_LEAST, self._left // 2)
        best = self._best()
        if best is not None and self._near_left > 0 and self._sampler != "nsga2":
            self._near_left -= 1
            self._near = self._near or self._refining(NEAR, best)
            yield self._near
        self._wide = self._wide or self._refining(WIDE, best)
        yield self._wide

    def _refining(self, area: Area, best: Known | None) -> Refining:
        known = [each for each in self._known.values() if each is not None]
        return Refining(self._space, self._sampler, self._seed, area=area, best=best, known=known)

    def _best(self) -> Known | None:
        known = [each for each in self._known.values() if each is not None]
        return max(known, key=lambda each: each.order, default=None)

    def _worth(self, method: str) -> float:
        known = [each for each in self._known.values() if each is not None and each.params["method"] == method]
        return max((each.standing.goal for each in known), default=float("-inf"))
