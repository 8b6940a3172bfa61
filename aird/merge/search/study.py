"""Which candidate is tried next: optuna's samplers behind one door, and a grid where that is all there is.

The study lives in memory. What it proposes follows from the seed and from what it was told, in order: a search that
was cut off asks and tells again for the trials it has, and goes on with the candidates it would have tried anyway.
"""

import random
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, Protocol

import optuna
from optuna.samplers import BaseSampler, CmaEsSampler, NSGAIISampler, TPESampler

from aird.merge.methods.base import Method
from aird.merge.search.pareto import Standing
from aird.merge.search.space import WEIGHT_HIGH, WEIGHT_LOW, WEIGHT_STEPS, Space, key_of

Sampler = Literal["grid", "tpe", "cmaes", "nsga2"]
Params = dict[str, Any]
AGAIN = 64
"""Proposals in a row that were tried already before the search takes any that was not."""


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
    """An optuna study over the space: lists in order are whole numbers, methods categories, weights real numbers.

    The first candidates are each method as it is: at the scale nearest to the recipe's, all weights its own. With
    `nsga2` the goals are the mean, the worst and the rank; else the one goal of `Standing`.
    """

    def __init__(self, space: Space, sampler: Sampler, trials: int, seed: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space = space
        self._left = trials
        self._told: dict[tuple[Any, ...], list[float] | None] = {}
        self._asked: tuple[Params, optuna.Trial] | None = None
        self._spare = _scattered(space, seed)
        self._lists: dict[str, Sequence[Any]] = {
            "scale": sorted(space.scales),
            "density": sorted(space.densities, key=lambda each: 2.0 if each is None else each),
            "rank": sorted(space.ranks, key=lambda each: 1 << 30 if each is None else each),
        }
        self._many = sampler == "nsga2"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._study = optuna.create_study(
                sampler=_sampler(sampler, trials, seed),
                directions=["maximize", "maximize", "minimize"] if self._many else ["maximize"],
            )
        nearest = min(range(len(self._lists["scale"])), key=lambda i: abs(self._lists["scale"][i] - 1.0))
        for method in space.methods[:trials]:
            first: Params = {"scale": nearest, "density": len(space.densities) - 1, "rank": len(space.ranks) - 1}
            weights = {f"weight_{i}": 1.0 for i in range(len(space.recipe.weights))} if space.weighs else {}
            self._study.enqueue_trial({"method": method, **first, **weights})

    def next(self) -> Params | None:
        """The next candidate that was not tried yet."""
        if self._left == 0:
            return None
        self._left -= 1
        for _ in range(AGAIN):
            trial = self._study.ask()
            params = self._suggest(trial)
            key = key_of(params)
            if key not in self._told:
                self._told[key] = None
                self._asked = params, trial
                return params
            self._finish(trial, self._told[key])
        return next((each for each in self._spare if key_of(each) not in self._told), None)

    def tell(self, params: Params, standing: Standing | None, rank: int) -> None:
        """Learn from it."""
        values = None
        if standing is not None:
            values = [standing.mean, standing.worst, float(rank)] if self._many else [standing.goal]
        self._told[key_of(params)] = values
        asked, self._asked = self._asked, None
        if asked is not None:
            self._finish(asked[1], values if key_of(asked[0]) == key_of(params) else None)

    def _suggest(self, trial: optuna.Trial) -> Params:
        method: Method = trial.suggest_categorical("method", self._space.methods)  # type: ignore[assignment]
        chosen = {name: each[trial.suggest_int(name, 0, len(each) - 1)] for name, each in self._lists.items()}
        factors = None
        if self._space.weighs:
            count = len(self._space.recipe.weights)
            factors = [trial.suggest_float(f"weight_{i}", WEIGHT_LOW, WEIGHT_HIGH) for i in range(count)]
        return self._space.params(method, chosen["scale"], chosen["density"], chosen["rank"], factors)

    def _finish(self, trial: optuna.Trial, values: list[float] | None) -> None:
        if values is None:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(trial, values)


def _sampler(name: Sampler, trials: int, seed: int) -> BaseSampler:
    if name == "cmaes":
        return CmaEsSampler(seed=seed, warn_independent_sampling=False)
    if name == "nsga2":
        return NSGAIISampler(seed=seed, population_size=max(4, min(50, trials // 4)))
    return TPESampler(seed=seed, multivariate=True, n_startup_trials=max(4, min(10, trials // 4)))


def replay(source: Proposals, trials: Sequence[tuple[Mapping[str, Any], Standing | None, int]]) -> None:
    """Ask and tell again for trials that have ended, in their order."""
    for params, standing, rank in trials:
        source.next()
        source.tell(dict(params), standing, rank)
