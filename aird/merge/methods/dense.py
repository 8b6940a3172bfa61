"""Merge whole models by `linear`, `slerp`, `task_arithmetic` or `ties`: tensor by tensor, a block of rows at a time.

What comes out is what mergekit 0.1.5 makes of the same recipe, down to the type that is computed in; memory holds a
block of each model and nothing else. Papers: linear 2203.05482, task arithmetic 2212.04089, TIES 2306.01708; slerp is
Shoemake 1985 on whole tensors.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aird.merge.methods import dense_files, dense_select
from aird.merge.methods import dense_settings as settings
from aird.merge.methods.dense_files import Blocks, Models, dtype_of
from aird.merge.methods.dense_select import Largest
from aird.merge.methods.errors import MergeNotPossible

PARALLEL = 0.9995
"""From this cosine on two tensors count as one direction, and slerp is a straight line."""
TINY = 1e-8


@dataclass(frozen=True)
class Whole:
    """One model of a merge: its folder, and the parameters that the recipe gives it."""

    folder: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DenseMerge:
    """A recipe as it is worked out. `base` is the place of the base model among `models`; `linear` may have none.

    `dtype` is what all is converted to before, None for the widest type that a tensor has in the models; `out_dtype`
    is what is written.
    """

    method: str
    models: tuple[Whole, ...]
    base: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    dtype: str | None = None
    out_dtype: str | None = None


@dataclass(frozen=True)
class DenseResult:
    """What was done."""

    tensors: int
    seconds: float


def merge(
    recipe: DenseMerge, out: Path, *, threads: int = 1, report: Callable[[int, int], None] | None = None
) -> DenseResult:
    """Write the merged model to `out`; its config, tokenizer and template are the base's, or the first model's.

    Shards that are in `out` already are kept: a run that was cut off goes on behind them. `report` hears (tensors
    done, tensors in all). Raises MergeNotPossible.
    """
    started = time.monotonic()
    torch.set_num_threads(threads)
    donor = recipe.base or 0
    rules = {"linear": _linear, "slerp": _slerp, "task_arithmetic": _task_arithmetic, "ties": _ties}
    with Models([each.folder for each in recipe.models], donor) as models:
        make = partial(rules[recipe.method], recipe, models)
        dense_files.write(
            models, make, out, dtype=dtype_of(recipe.dtype), out_dtype=dtype_of(recipe.out_dtype), report=report
        )
        tensors = models.tensors
    dense_files.copy_words(recipe.models[donor].folder, out)
    return DenseResult(tensors, time.monotonic() - started)


class _Numbers:
    """The parameters of a recipe as they count for one tensor."""

    def __init__(self, recipe: DenseMerge, models: Models, tensor: str) -> None:
        self._recipe, self._tensor, self._t = recipe, tensor, settings.depth(tensor, models.layers)

    def shared(self, name: str, default: float | None = None) -> float:
        """A number of the whole merge."""
        return self._need(settings.number([self._recipe.parameters], name, self._tensor, self._t), name, default)

    def flag(self, name: str, *, default: bool) -> bool:
        """A flag of the whole merge."""
        return settings.flag([self._recipe.parameters], name, self._tensor, self._t, default=default)

    def of(self, model: int, name: str, default: float | None = None) -> float:
        """A number of one model."""
        scopes = [self._recipe.models[model].parameters, self._recipe.parameters]
        return self._need(settings.number(scopes, name, self._tensor, self._t), name, default)

    def _need(self, value: float | None, name: str, default: float | None) -> float:
        found = default if value is None else value
        if found is None or not math.isfinite(found):
            raise MergeNotPossible(f"The recipe gives no '{name}' for {self._tensor}. Add one without a filter.")
        return found


def _linear(recipe: DenseMerge, models: Models, name: str, dtype: torch.dtype, blocks: Blocks) -> Iterator[Tensor]:
    numbers = _Numbers(recipe, models, name)
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    weights = torch.tensor([numbers.of(i, "weight") for i in range(len(recipe.models))], dtype=wide)
    total = weights.sum()
    normalize = numbers.flag("normalize", default=True)
    if normalize and float(total) == 0:
        raise MergeNotPossible(f"The weights for {name} add up to 0, which nothing can be divided by.")
    for block in blocks():
        sum_ = torch.zeros(block[0].shape, dtype=wide)
        for values, weight in zip(block, weights, strict=True):
            sum_.addcmul_(values, weight)
        yield (sum_.div_(total) if normalize else sum_).to(dtype)


def _slerp(recipe: DenseMerge, models: Models, name: str, dtype: torch.dtype, blocks: Blocks) -> Iterator[Tensor]:
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    first, second = (1, 0) if recipe.base == 1 else (0, 1)
    t = _Numbers(recipe, models, name).shared("t")
    dot = one = other = 0.0
    for block in blocks():
        a, b = (block[i].double().reshape(-1) for i in (first, second))
        dot, one, other = dot + float(a @ b), one + float(a @ a), other + float(b @ b)
    lengths = [length if length > TINY else 1.0 for length in (math.sqrt(one), math.sqrt(other))]
    cosine = min(1.0, max(-1.0, dot / (lengths[0] * lengths[1])))
    left, right = 1 - t, t
    if abs(cosine) <= PARALLEL:
        angle = math.acos(cosine)
        left, right = math.sin((1 - t) * angle) / math.sin(angle), math.sin(t * angle) / math.sin(angle)
    for block in blocks():
        yield (block[first].to(wide) * left + block[second].to(wide) * right).to(dtype)


def _task_arithmetic(
    recipe: DenseMerge, models: Models, name: str, dtype: torch.dtype, blocks: Blocks
) -> Iterator[Tensor]:
    numbers = _Numbers(recipe, models, name)
    weights = _weights(recipe, numbers, dtype)
    divisor = weights.sum(dim=0)
    divisor = torch.ones_like(divisor) if divisor.abs() < TINY else divisor
    normalize, scale = numbers.flag("normalize", default=False), numbers.shared("lambda", 1.0)
    for base, changes in _changes(recipe, blocks):
        if not changes:
            yield base
            continue
        stacked = torch.stack(changes).mul_(_column(weights, base))
        yield base + _scaled(stacked.sum(dim=0), divisor if normalize else None, scale)


def _ties(recipe: DenseMerge, models: Models, name: str, dtype: torch.dtype, blocks: Blocks) -> Iterator[Tensor]:
    numbers = _Numbers(recipe, models, name)
    weights = _weights(recipe, numbers, dtype)
    normalize, scale = numbers.flag("normalize", default=True), numbers.shared("lambda", 1.0)
    trims = _trims(recipe, numbers, math.prod(models.shape(name)), blocks)
    rescale = numbers.flag("rescale", default=False)
    masks = [None if trim is None else trim.walk() for trim in trims]
    for base, changes in _changes(recipe, blocks):
        if not changes:
            yield base
            continue
        kept = [_trimmed(*each, rescale=rescale) for each in zip(changes, trims, masks, strict=True)]
        column = _column(weights, base)
        stacked = torch.stack(kept).mul_(column)
        elected = (stacked.sum(dim=0) >= 0).to(dtype) * 2 - 1
        agree = stacked.sign() == elected
        mixed = (stacked * agree).sum(dim=0)
        divisor = (column * agree).sum(dim=0) if normalize else None
        if divisor is not None:
            divisor[divisor == 0] = 1
        yield base + _scaled(mixed, divisor, scale)


def _weights(recipe: DenseMerge, numbers: _Numbers, dtype: torch.dtype) -> Tensor:
    """The weights of all models but the base, in the type that is computed in."""
    return torch.tensor([numbers.of(i, "weight") for i in _others(recipe)], dtype=dtype)


def _others(recipe: DenseMerge) -> list[int]:
    return [i for i in range(len(recipe.models)) if i != recipe.base]


def _column(weights: Tensor, like: Tensor) -> Tensor:
    return weights.reshape(-1, *[1] * like.dim())


def _changes(recipe: DenseMerge, blocks: Blocks) -> Iterator[tuple[Tensor, list[Tensor]]]:
    """Block by block: the base, and what each other model changes of it."""
    if recipe.base is None:
        raise MergeNotPossible(f"'{recipe.method}' needs a base model to take the changes from.")
    others = _others(recipe)
    for block in blocks():
        base = block[recipe.base]
        yield base, [block[i] - base for i in others]


def _scaled(mixed: Tensor, divisor: Tensor | None, scale: float) -> Tensor:
    if divisor is not None:
        mixed = mixed.div_(divisor)
    return mixed if scale == 1 else mixed.mul_(scale)


def _trims(recipe: DenseMerge, numbers: _Numbers, size: int, blocks: Blocks) -> list[Largest | None]:
    """What is kept of each model's change; None where it is everything."""
    densities = [numbers.of(i, "density", 1.0) for i in _others(recipe)]
    counts = [max(1, int(density * size)) if density > 0 else 0 for density in densities]
    cut = [i for i, density in enumerate(densities) if 0 < density < 1]

    def walk() -> Iterator[list[Tensor]]:
        for _, changes in _changes(recipe, blocks):
            yield [changes[i] for i in cut]

    found = iter(dense_select.largest(walk, [counts[i] for i in cut]) if cut else [])
    nothing = Largest(math.inf, 0, 0.0, 0.0)
    return [next(found) if i in cut else None if density >= 1 else nothing for i, density in enumerate(densities)]


def _trimmed(change: Tensor, trim: Largest | None, mask: Callable[[Tensor], Tensor] | None, *, rescale: bool) -> Tensor:
    if trim is None or mask is None:
        return change
    kept = change * mask(change)
    before, after = (torch.tensor(each, dtype=change.dtype) for each in (trim.l1, trim.kept_l1))
    if not rescale or before < 1e-7 or after < 1e-7:
        return kept
    return kept * (before / after)


def recipe_of(config: Mapping[str, Any], folder_of: Callable[[str], Path]) -> DenseMerge:
    """The merge that a checked mergekit configuration of whole models asks for; `folder_of` finds a reference."""
    entries: Sequence[Mapping[str, Any]] = config["models"]
    named = [each["model"] for each in entries]
    models = [Whole(folder_of(each["model"]), each.get("parameters") or {}) for each in entries]
    base = config.get("base_model")
    if base is not None and base not in named:
        named.append(base)
        models.append(Whole(folder_of(base)))
    return DenseMerge(
        method=config["merge_method"],
        models=tuple(models),
        base=None if base is None else named.index(base),
        parameters=config.get("parameters") or {},
        dtype=config.get("dtype"),
        out_dtype=config.get("out_dtype"),
    )
