"""Optuna's samplers behind one door: candidates near the best known one, or anywhere in the space."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, CmaEsSampler, NSGAIISampler, TPESampler
from optuna.trial import TrialState

from aird.merge.methods.base import TRIMMING
from aird.merge.search.pareto import Standing
from aird.merge.search.space import WEIGHT_HIGH, WEIGHT_LOW, Space, key_of

Sampler = Literal["grid", "tpe", "cmaes", "nsga2"]
AGAIN = 64
"""Proposals in a row that were tried already before the area counts as exhausted."""


@dataclass(frozen=True, slots=True)
class Area:
    """How far from the best a search looks.

    `low` and `high` are multiples of each parent's weight in the recipe; `steps` are those along the list of scales, in
    both directions; `methods` says whether others than the best one's are tried.
    """

    low: float
    high: float
    steps: int
    methods: bool


NEAR = Area(low=0.7, high=1.4, steps=1, methods=False)
WIDE = Area(low=WEIGHT_LOW, high=WEIGHT_HIGH, steps=1 << 30, methods=True)


@dataclass(frozen=True, slots=True)
class Known:
    """A trial that came to something."""

    params: Mapping[str, Any]
    standing: Standing
    rank: int

    @property
    def order(self) -> tuple[bool, float, float, int]:
        """The greater the better."""
        return (*self.standing.order, -self.rank)


class Refining:
    """One of optuna's studies over an area, told what is known of it."""

    def __init__(
        self, space: Space, sampler: Sampler, seed: int, *, area: Area, best: Known | None, known: Sequence[Known]
    ) -> None:
        self._space = space
        self._asked: optuna.Trial | None = None
        self._many = sampler == "nsga2"
        self._lists: dict[str, Sequence[Any]] = {
            "method": space.methods,
            "scale": sorted(space.scales),
            "density": sorted(space.densities, key=lambda each: 2.0 if each is None else each),
            "rank": sorted(space.ranks, key=lambda each: 1 << 30 if each is None else each),
        }
        # CMA-ES knows no categories: it stays with the best method.
        self._fixed = None if best is None or (area.methods and sampler != "cmaes") else best.params["method"]
        self._within = self._distributions(area, best)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._study = optuna.create_study(
                sampler=_sampler(sampler, seed),
                directions=["maximize", "maximize", "minimize"] if self._many else ["maximize"],
            )
        if sampler != "cmaes":  # which would take the fixed points for a sample of its own
            self._remember(known)

    def ask(self, told: Mapping[tuple[Any, ...], Known | None]) -> dict[str, Any] | None:
        """A candidate that was not tried yet; None when the sampler comes up with none."""
        for _ in range(AGAIN):
            trial = self._study.ask(self._within)
            params = self._decoded(trial.params)
            if key_of(params) not in told:
                self._asked = trial
                return params
            self._finish(trial, told[key_of(params)])
        return None

    def tell(self, params: Mapping[str, Any], known: Known | None) -> None:
        """What became of the candidate that was asked for last; of another one nothing is learnt here."""
        trial, self._asked = self._asked, None
        if trial is not None:
            same = key_of(self._decoded(trial.params)) == key_of(params)
            self._finish(trial, known if same else None)

    def _finish(self, trial: optuna.Trial, known: Known | None) -> None:
        if known is None:
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            self._study.tell(trial, self._values(known))

    def _values(self, known: Known) -> list[float]:
        standing = known.standing
        return [standing.mean, standing.worst, float(known.rank)] if self._many else [standing.goal]

    def _remember(self, known: Sequence[Known]) -> None:
        """Tell the study what lies in its area."""
        for each in known:
            coded = self._coded(each.params)
            foreign = self._fixed is not None and each.params["method"] != self._fixed
            if not foreign and all(_holds(self._within[name], value) for name, value in coded.items()):
                self._study.enqueue_trial(coded)
                self._study.tell(self._study.ask(self._within), self._values(each))

    def _distributions(self, area: Area, best: Known | None) -> dict[str, BaseDistribution]:
        within: dict[str, BaseDistribution] = {}
        if self._fixed is None:
            within["method"] = CategoricalDistribution(self._space.methods)
        top = len(self._lists["scale"]) - 1
        at = 0 if best is None else self._place("scale", best.params["scale"])
        within["scale"] = IntDistribution(max(0, at - area.steps), top if best is None else min(top, at + area.steps))
        for name in ("density", "rank"):
            if name == "rank" or self._fixed is None or self._fixed in TRIMMING:
                within[name] = IntDistribution(0, len(self._lists[name]) - 1)
        if self._space.weighs:
            for number in range(len(self._space.recipe.weights)):
                within[f"weight_{number}"] = FloatDistribution(area.low, area.high, log=True)
        return within

    def _place(self, name: str, value: Any) -> int:
        items = list(self._lists[name])
        return items.index(value) if value in items else len(items) - 1

    def _coded(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Params as the study knows them."""
        coded: dict[str, Any] = {name: self._place(name, params[name]) for name in ("scale", "density", "rank")}
        coded["method"] = params["method"]
        own = self._space.recipe.weights
        for number, weight in enumerate(params["weights"] or ()):
            coded[f"weight_{number}"] = weight / own[number] if own[number] else 1.0
        return {name: value for name, value in coded.items() if name in self._within}

    def _decoded(self, coded: Mapping[str, Any]) -> dict[str, Any]:
        chosen = {name: self._lists[name][coded.get(name, 0)] for name in ("scale", "density", "rank")}
        factors = None
        if self._space.weighs:
            factors = [coded[f"weight_{number}"] for number in range(len(self._space.recipe.weights))]
        method = self._fixed or coded["method"]
        return self._space.params(method, chosen["scale"], chosen["density"], chosen["rank"], factors)


def _holds(distribution: BaseDistribution, value: Any) -> bool:
    if isinstance(distribution, IntDistribution | FloatDistribution):
        return bool(distribution.low <= value <= distribution.high)
    return True


def _sampler(name: Sampler, seed: int) -> BaseSampler:
    if name == "cmaes":
        return CmaEsSampler(seed=seed, warn_independent_sampling=False)
    if name == "nsga2":
        return NSGAIISampler(seed=seed, population_size=8)
    return TPESampler(seed=seed, multivariate=True, n_startup_trials=4)
