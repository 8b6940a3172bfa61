"""The check before whole models are merged: what fits, what is worth knowing, what stops it. Pure.

The codes: stop: other_architecture other_shapes other_vocabulary other_tokenizer layer_range weights_cancel other_base;
warning: new_vocabulary changes_words; note: other_layers other_template adapter_baked as_mergekit no_base_named;
ok: same_shapes same_tokenizer; and those of the licences.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aird.core.schemas import Finding
from aird.merge.recipe.dense import DenseRecipe, Group

_layer = re.compile(r"model\.layers\.(\d+)\.(.+)", re.ASCII)
BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}
STORED = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}

# Input bytes per second and thread, measured on one core of a busy server (benchmarks/rotation_dense.py).
_speed = {"linear": 350e6, "slerp": 250e6, "task_arithmetic": 250e6, "ties": 60e6}
_mergekit_speed = 60e6
_mergekit_start = 15.0
_fetch_speed = 400e6
_own_memory = 400 * 2**20


@dataclass(frozen=True)
class InputFacts:
    """A model of the recipe as the catalog has it; with an adapter on it the facts are those of both together."""

    ref: str
    architecture: str
    shapes: Mapping[str, Sequence[int]]
    vocab_size: int
    tokenizer: str | None
    template: str | None
    dtype: str
    parameters: int
    bytes: int
    adapter: str | None = None

    @property
    def layers(self) -> int:
        """How many it has."""
        return 1 + max((int(found[1]) for name in self.shapes if (found := _layer.match(name))), default=-1)

    @property
    def kinds(self) -> dict[str, tuple[int, ...]]:
        """The shape of each kind of linear module, whatever its layer; a head of its own does not count."""
        found = {}
        for name, shape in self.shapes.items():
            inside = _layer.match(name)
            if inside:
                found[inside[2]] = tuple(shape)
        return found


@dataclass(frozen=True)
class Estimate:
    """What the merge takes and gives: seconds, bytes of memory at the peak, parameters and bytes of the result."""

    seconds: float
    memory: int
    parameters: int
    bytes: int


def findings(recipe: DenseRecipe, facts: Mapping[str, InputFacts]) -> list[Finding]:
    """Everything there is to say, what stops the merge first. `facts` by the inputs' names."""
    said = [*_kinds(facts), *_groups(recipe, facts), *_tokens(recipe, facts), *_made(recipe, facts)]
    order = ("stop", "warning", "note", "ok")
    return sorted(said, key=lambda each: order.index(each.level))


def estimate(recipe: DenseRecipe, facts: Mapping[str, InputFacts], threads: int = 1) -> Estimate:
    """From sizes alone, by constants that were measured."""
    donor = facts[recipe.base or next(iter(facts))]
    parameters = _parameters(recipe, facts, donor)
    width = BYTES[recipe.config.get("out_dtype") or recipe.config.get("dtype") or ""] if _typed(recipe) else None
    made = parameters * (width or STORED.get(donor.dtype, 4))
    read = sum(each.bytes for each in facts.values())
    baked = sum(each.bytes for each in facts.values() if each.adapter)
    seconds = (read + baked) / _fetch_speed + made / _fetch_speed
    if recipe.engine == "dense":
        return Estimate(seconds + read / _speed[recipe.method.name] / threads, _own_memory, parameters, made)
    largest = max((shape[0] * shape[-1] for each in facts.values() for shape in each.shapes.values()), default=0)
    memory = _own_memory + 4 * largest * (len(facts) + 3) + min(made, 2 * 10**9)
    return Estimate(seconds + _mergekit_start + read / _mergekit_speed, memory, parameters, made)


def _typed(recipe: DenseRecipe) -> bool:
    return bool(recipe.config.get("out_dtype") or recipe.config.get("dtype"))


def _parameters(recipe: DenseRecipe, facts: Mapping[str, InputFacts], donor: InputFacts) -> int:
    layers = [group.sources[0].layers for group in recipe.groups]
    if None in layers or not donor.layers:
        return donor.parameters
    inside = sum(a * b for name, (a, b) in donor.shapes.items() if _layer.match(name)) / donor.layers
    made = sum(last - first for first, last in [each for each in layers if each])
    return round(donor.parameters + inside * (made - donor.layers))


def _finding(level: Literal["ok", "note", "warning", "stop"], code: str, message: str, **params: Any) -> Finding:
    return Finding(level=level, code=code, message=message, params=params)


def _kinds(facts: Mapping[str, InputFacts]) -> Iterator[Finding]:
    first, *others = facts.values()
    for each in others:
        if each.architecture != first.architecture:
            yield _finding(
                "stop",
                "other_architecture",
                f"{each.ref} is a {each.architecture} model and {first.ref} a {first.architecture} model: their weights"
                " do not mean the same. Merge models of one architecture.",
                one=first.ref,
                other=each.ref,
            )
        elif each.kinds != first.kinds:
            yield _finding(
                "stop",
                "other_shapes",
                f"The layers of {each.ref} have other sizes than those of {first.ref}. Merge models of one size.",
                one=first.ref,
                other=each.ref,
            )


def _groups(recipe: DenseRecipe, facts: Mapping[str, InputFacts]) -> Iterator[Finding]:
    stopped = False
    for group in recipe.groups:
        for source in group.sources:
            known = facts[source.name]
            if source.layers is not None and source.layers[1] > known.layers:
                stopped = True
                yield _finding(
                    "stop",
                    "layer_range",
                    f"{group.key} takes layers {source.layers[0]} to {source.layers[1] - 1} of {known.ref}, which has"
                    f" {known.layers}. Correct layer_range.",
                    version=known.ref,
                    layers=known.layers,
                )
        depths = {facts[each.name].layers for each in group.sources if each.layers is None}
        if len(depths) > 1:
            stopped = True
            yield _finding(
                "stop",
                "layer_range",
                f"The models of {group.key} have {' and '.join(map(str, sorted(depths)))} layers. Name the layers under"
                " 'slices'.",
            )
        yield from _cancelling(recipe, group)
    if not stopped and not list(_kinds(facts)):
        yield _finding("ok", "same_shapes", "All models have the same architecture and fitting sizes.")


def _cancelling(recipe: DenseRecipe, group: Group) -> Iterator[Finding]:
    shared = next((scope["normalize"] for scope in group.scopes if "normalize" in scope), True)
    weights = [recipe.weight(each.name) for each in group.sources]
    if recipe.method.name == "linear" and shared and None not in weights and not sum(each or 0 for each in weights):
        yield _finding(
            "stop",
            "weights_cancel",
            "The weights add up to 0, and 'linear' divides by their sum. Change a weight, or write 'normalize: false'.",
        )


def _tokens(recipe: DenseRecipe, facts: Mapping[str, InputFacts]) -> Iterator[Finding]:
    first, *others = (facts[name] for name in (*([recipe.base] if recipe.base else []), *facts))
    strange = next((each for each in others if each.tokenizer != first.tokenizer), None)
    if recipe.aligns_tokens:
        return
    wider = next((each for each in others if each.vocab_size != first.vocab_size), None)
    if wider is not None:
        yield _finding(
            "stop",
            "other_vocabulary",
            f"{wider.ref} has {wider.vocab_size} tokens and {first.ref} {first.vocab_size}. Write 'tokenizer_source:"
            " base' or 'tokenizer_source: union', and mergekit brings them together.",
            one=first.ref,
            other=wider.ref,
        )
    elif strange is not None:
        yield _finding(
            "stop",
            "other_tokenizer",
            f"{strange.ref} and {first.ref} split text differently: the same row of their embeddings stands for other"
            " words. Write 'tokenizer_source: base' or 'tokenizer_source: union', and mergekit brings them together.",
            one=first.ref,
            other=strange.ref,
        )
    else:
        yield _finding("ok", "same_tokenizer", "All models split text in the same way.")


def _made(recipe: DenseRecipe, facts: Mapping[str, InputFacts]) -> Iterator[Finding]:
    """What is worth knowing of the result."""
    donor = facts[recipe.base or next(iter(facts))]
    if recipe.own_vocabulary:
        yield _finding(
            "warning",
            "new_vocabulary",
            "The result gets a vocabulary of its own: where it differs, it is filed as a base of its own, and adapters"
            " of its parents do not fit it.",
        )
    if "chat_template" in recipe.config:
        yield _finding(
            "warning",
            "changes_words",
            f"The recipe gives the result a chat template: where it is not that of {donor.ref}, it stands in the"
            " version's differences and has to be accepted by name before it is approved.",
        )
    elif len({each.template for each in facts.values()}) > 1:
        yield _finding(
            "note",
            "other_template",
            f"The models have different chat templates; the result speaks as {donor.ref} does.",
        )
    layers = [group.sources[0].layers for group in recipe.groups]
    made = sum(last - first for first, last in [each for each in layers if each])
    if None not in layers and made != donor.layers:
        yield _finding(
            "note",
            "other_layers",
            f"The result has {made} layers instead of {donor.layers}: it is a base of its own, and adapters of its"
            " parents do not fit it.",
            layers=made,
        )
    for each in facts.values():
        if each.adapter is not None:
            yield _finding(
                "note",
                "adapter_baked",
                f"{each.adapter} is put into {each.ref.partition('+')[0]} first, rounded to its {each.dtype}.",
                version=each.adapter,
            )
    if recipe.base is None and len(facts) > 1:
        yield _finding(
            "note",
            "no_base_named",
            f"The recipe names no base_model: configuration and tokenizer are those of {donor.ref}, the first.",
            version=donor.ref,
        )
    for note in recipe.notes:
        yield _finding("note", "as_mergekit", note)
