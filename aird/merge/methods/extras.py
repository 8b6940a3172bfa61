"""What an adapter changes beyond a product of two factors: DoRA's magnitudes, biases, whole modules.

For a module of weight W (out x in) with the factors' change s B A, row by row:

- plain LoRA: W + s B A;
- DoRA (https://arxiv.org/abs/2402.09353): (m / |W + s B A|) * (W + s B A), with a magnitude m for each row. What it
  adds to W depends on W and has the rank of W, so no sum of factors holds it: as an adapter it can only be
  approximated, in a whole model it is exact;
- lora_bias: the module answers s b more, whatever the weight is;
- modules_to_save: tensors of the base are replaced, so what is added is saved - base.

The last two add up like any other change: a merge sums them exactly, whatever it does with the factors.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from aird.merge.methods import shards
from aird.merge.methods.errors import MergeNotPossible
from aird.runtimes.adapters import Adapter
from aird.runtimes.tensor_file import TensorReader

HEAD = "lm_head.weight"
EMBEDDING = "model.embed_tokens.weight"
DORA = (
    "{names}: DoRA scales the base's own weights, which no sum of factors holds exactly. Turn it into plain LoRA first"
    " ('aird extract {first} --rank 32' says what that costs), or merge into a whole model ('output: full'), where it"
    " is exact."
)


def delta(adapter: Adapter, module: str, file: TensorReader | None, base_weight: Tensor) -> Tensor:
    """What the adapter adds to one module's weight, DoRA included: dense, out x in, float32.

    `base_weight` is the base's own, out x in, of any floating type. Worked out in float64, some rows at a time.
    """
    found = adapter.factors(module, file)
    shape = (found.b.shape[0], found.a.shape[1])
    if tuple(base_weight.shape) != shape:
        raise MergeNotPossible(
            f"{module} of the base is {tuple(base_weight.shape)}, the adapter was made for {shape}. "
            "Use the base model that the adapter was trained on."
        )
    a, out = found.a.double(), torch.empty(shape, dtype=torch.float32)
    for first, last in shards.blocks(shape):
        change = (found.b[first:last].double() @ a) * found.scaling
        if found.magnitude is not None:
            weight = base_weight[first:last].double()
            changed = weight + change
            norms = changed.norm(dim=1, keepdim=True)
            change = found.magnitude[first:last].double()[:, None] / norms * changed - weight
        out[first:last] = change
    return out


def bias(adapter: Adapter, module: str, file: TensorReader | None = None) -> Tensor | None:
    """What the adapter adds to one module's output whatever goes in: (out,), float32; None without lora_bias."""
    found = adapter.factors(module, file)
    return None if found.bias is None else (found.bias.double() * found.scaling).float()


def saved_delta(adapter: Adapter, name: str, file: TensorReader | None, base_tensor: Tensor) -> Tensor:
    """What the adapter adds to a tensor of the base that it replaces whole: float32."""
    found = adapter.saved_tensor(name, file)
    if found.shape != base_tensor.shape:
        raise MergeNotPossible(
            f"{name} of the base is {tuple(base_tensor.shape)}, the adapter holds {tuple(found.shape)}. "
            "Use the base model that the adapter was trained on."
        )
    return (found.double() - base_tensor.double()).float()


def need_base(sources: Sequence[Adapter]) -> bool:
    """Whether a merge of these needs the base's weights, and not only the adapters."""
    return any({"dora", "modules_to_save"} & source.features for source in sources)


def refuse_dora(sources: Sequence[Adapter], names: Sequence[str]) -> None:
    """Raises MergeNotPossible when one of them has DoRA: for merges whose result is an adapter.

    `names` are what to call them, such as `support/mail@1`.
    """
    found = [name for source, name in zip(sources, names, strict=True) if "dora" in source.features]
    if found:
        raise MergeNotPossible(DORA.format(names=", ".join(found), first=found[0]), reason="dora", versions=found)


def has_biases(sources: Sequence[Adapter]) -> bool:
    """Whether the merged adapter has a bias beside each pair of factors."""
    return any("lora_bias" in source.features for source in sources)


def saved_shapes(sources: Sequence[Adapter]) -> dict[str, tuple[int, ...]]:
    """The tensors that the merged adapter replaces whole, in the order in which to write them."""
    found: dict[str, tuple[int, ...]] = {}
    for source in sources:
        for name, shape in source.saved.items():
            if found.setdefault(name, shape) != shape:
                raise MergeNotPossible(
                    f"{name} is {found[name]} in one adapter and {shape} in another, so they were made for "
                    "different bases. Merge adapters of one base only."
                )
    return dict(sorted(found.items()))


def summed_bias(
    sources: Sequence[Adapter], weights: Sequence[float], module: str, files: Sequence[TensorReader], out: int
) -> Tensor:
    """The weighted sum of the biases of one module: (out,), float32; zero where no adapter has one."""
    total = torch.zeros(out, dtype=torch.float64)
    for source, weight, file in zip(sources, weights, files, strict=True):
        if module in source.shapes and "lora_bias" in source.features:
            found = source.factors(module, file)
            if found.bias is not None:
                total += found.bias.double() * (weight * found.scaling)
    return total.float()


def summed_saved(
    sources: Sequence[Adapter], weights: Sequence[float], name: str, files: Sequence[TensorReader], base: Path
) -> Tensor:
    """base + the weighted sum of what each adapter adds to one tensor of the base: float32.

    `base` is the base's folder. Of a base whose head shares the embedding's weights the head is the embedding.
    """
    places = shards.places(base)
    stored = name if name in places or name != HEAD else EMBEDDING
    if stored not in places:
        raise MergeNotPossible(f"The base has no tensor {name}. Use the base model that the adapters were trained on.")
    path, place = places[stored]
    total = torch.empty(place.shape, dtype=torch.float32)
    saving = [(s, w, f) for s, w, f in zip(sources, weights, files, strict=True) if name in s.saved]
    for source, _, _ in saving:
        if source.saved[name] != place.shape:
            raise MergeNotPossible(
                f"{name} of the base is {place.shape}, an adapter holds {source.saved[name]}. "
                "Use the base model that the adapters were trained on."
            )
    with TensorReader(path) as opened:
        for first, last in shards.blocks(place.shape):
            start = opened.rows(stored, first, last).double()
            rows = start.clone()
            for source, weight, file in saving:
                rows += weight * (source.saved_rows(name, first, last, file).double() - start)
            total[first:last] = rows
    return total
