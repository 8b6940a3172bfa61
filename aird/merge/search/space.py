"""What a search may vary, and the candidates that come of it. Pure.

Every number is taken relative to a recipe as its plan has worked it out: the weights that each parent's change is
multiplied by, the scale of the whole, the densities and the rank. What the search does not vary stays as it is there.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from aird.merge.methods.base import TRIMMING, Method

WEIGHT_LOW, WEIGHT_HIGH = 0.25, 2.0
"""A parent's weight is searched between these multiples of the one in the recipe."""
WEIGHT_STEPS = (0.5, 1.0, 1.5)
"""The multiples that a grid tries for every parent."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One merge: what `merge_adapters` is called with. Two equal candidates are the same merge."""

    method: Method
    weights: tuple[float, ...]
    scale: float
    densities: tuple[float, ...] | None
    normalize: bool
    rank: int | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """The merge that the search starts from."""

    method: Method
    weights: tuple[float, ...]
    scale: float = 1.0
    densities: tuple[float, ...] | None = None
    normalize: bool = True
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Space:
    """The values of each dimension in the order of a grid; a dimension that is not searched has one value.

    `scales` multiply the recipe's own; a density of None is the recipe's own for each parent; `ranks` None keeps
    everything. `weighs` says that every parent's weight is searched as well: between WEIGHT_LOW and WEIGHT_HIGH.
    """

    recipe: Recipe
    methods: tuple[Method, ...]
    scales: tuple[float, ...]
    densities: tuple[float | None, ...]
    ranks: tuple[int | None, ...]
    weighs: bool = False

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        *,
        methods: Sequence[Method] = (),
        scales: Sequence[float] = (),
        densities: Sequence[float] = (),
        ranks: Sequence[int | None] = (),
        weighs: bool = False,
    ) -> "Space":
        """The space of these lists; an empty one keeps the recipe's own value. What is said twice counts once."""
        return cls(
            recipe,
            tuple(dict.fromkeys(methods)) or (recipe.method,),
            tuple(dict.fromkeys(scales)) or (1.0,),
            tuple(dict.fromkeys(densities)) or (None,),
            tuple(dict.fromkeys(ranks)) or (recipe.rank,),
            weighs,
        )

    @property
    def size(self) -> float:
        """How many different candidates there are; infinite when weights are searched."""
        return math.inf if self.weighs else sum(1 for _ in self.grid())

    def grid(self) -> Iterator[dict[str, Any]]:
        """The params of every candidate at the recipe's own weights, in the order of the lists."""
        seen = set()
        for method, density, rank, scale in product(self.methods, self.densities, self.ranks, self.scales):
            params = self.params(method, scale, density, rank)
            key = key_of(params)
            if key not in seen:
                seen.add(key)
                yield params

    def params(
        self,
        method: Method,
        scale: float,
        density: float | None,
        rank: int | None,
        factors: Sequence[float] | None = None,
    ) -> dict[str, Any]:
        """What decides a candidate, as it is stored: `weights` are the parents' own, not the `factors` on them."""
        weights = None if factors is None else [f * w for f, w in zip(factors, self.recipe.weights, strict=True)]
        return {
            "method": method,
            "scale": scale,
            "density": density if method in TRIMMING else None,
            "rank": rank,
            "weights": weights,
        }

    def candidate(self, params: Mapping[str, Any]) -> Candidate:
        """The merge that these params stand for."""
        return candidate_of(self.recipe, params)


def candidate_of(recipe: Recipe, params: Mapping[str, Any]) -> Candidate:
    """The merge that these params make of the recipe.

    A sum has no scale of its own: it goes into the weights, as in a plan.
    """
    method: Method = params["method"]
    weights = tuple(params["weights"] or recipe.weights)
    scale = recipe.scale * params["scale"]
    if method == "linear":
        weights, scale = tuple(weight * scale for weight in weights), 1.0
    density = params["density"]
    own = recipe.densities if density is None else (density,) * len(weights)
    return Candidate(
        method=method,
        weights=weights,
        scale=scale,
        densities=own if method in TRIMMING else None,
        normalize=recipe.normalize,
        rank=params["rank"],
    )


def key_of(params: Mapping[str, Any]) -> tuple[Any, ...]:
    """Equal for params that stand for the same candidate."""
    weights = params["weights"]
    same = tuple(params[name] for name in ("method", "scale", "density", "rank"))
    return (*same, None if weights is None else tuple(weights))
