"""A whole model with its linear weights in eight bits, one scale for each row (see aird.runtimes.int8).

The scale maps the largest value of a row to 127, so no value is cut off; the nearest whole number is taken. Tensors
are worked on one at a time, in the shards of the model they come from.
"""

import json
import math
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from aird.merge.methods import bake, shards
from aird.merge.methods.errors import MergeNotPossible
from aird.runtimes import int8
from aird.runtimes.tensor_file import Place, TensorReader, TensorWriter


@dataclass(frozen=True, slots=True)
class Quantized:
    """`errors`: by module, norm of what rounding changed as a share of the weight's norm; `error` of all together."""

    error: float
    errors: dict[str, float]


def quantize(
    model: Path, out: Path, *, threads: int = 1, report: Callable[[int, int], None] | None = None
) -> Quantized:
    """Write the model in `model` with eight-bit weights to `out`; all else is copied.

    A run that was cut off goes on behind the last file that is whole; what the others lost is noted in a folder beside.
    Raises MergeNotPossible for a model that is quantised already, or has NaN or infinity in a weight.
    """
    torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    if config.get("quantization_config") is not None:
        raise MergeNotPossible("This model is quantised already. Quantise the version it was made from.")
    where = shards.places(model)
    linear = {f"{module}.weight" for module in linear_modules(where)}
    found: dict[str, tuple[float, float]] = {}
    done = 0
    notes = out.with_name(f"{out.name}-notes")
    notes.mkdir(exist_ok=True)
    for path in shards.shards(model):
        note, before = notes / f"{path.name}.json", set(found)
        with TensorReader(path) as file:
            if note.is_file():  # written when the shard was whole
                done += len(file.places)
                found |= {
                    name: (lost, norm) for name, (lost, norm) in json.loads(note.read_text(encoding="utf-8")).items()
                }
                continue
            names = sorted(file.places, key=lambda name: file.places[name].begin)
            half = (out / path.name).with_suffix(shards.PART)
            with TensorWriter(half, [each for name in names for each in _announced(name, file.places, linear)]) as new:
                for name in names:
                    tensor = file.read(name)
                    if name in linear:
                        rounded, scale, found[name.removesuffix(".weight")] = _rounded(name, tensor)
                        new.add(name, rounded)
                        new.add(_scale(name), scale)
                    else:
                        new.add(name, tensor)
                    done += 1
                    if report is not None:
                        report(done, len(where))
            half.replace(out / path.name)
            (out / path.name).chmod(0o644)
            half.write_text(json.dumps({name: found[name] for name in found.keys() - before}), encoding="utf-8")
            half.replace(note)
    bake.copy_words(model, None, out)
    (out / "model.safetensors.index.json").unlink(missing_ok=True)  # it is made anew from the shards
    config["quantization_config"] = int8.CONFIG
    (out / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    shutil.rmtree(notes)
    lost, whole = (math.fsum(pair[side] for pair in found.values()) for side in (0, 1))
    errors = {module: math.sqrt(lost / norm) if norm else 0.0 for module, (lost, norm) in found.items()}
    return Quantized(math.sqrt(lost / whole) if whole else 0.0, errors)


def linear_modules(where: dict[str, tuple[Path, Place]]) -> list[str]:
    """What is quantised: every linear module but the embedding and the head."""
    matrices = [name for name, (_, place) in where.items() if name.endswith(".weight") and len(place.shape) == 2]
    return [m for m in (name.removesuffix(".weight") for name in matrices) if m not in (bake.EMBEDDING, bake.HEAD)]


def _scale(name: str) -> str:
    return f"{name.removesuffix('weight')}{int8.SCALE}"


def _announced(
    name: str, places: dict[str, Place], linear: Collection[str]
) -> list[tuple[str, torch.dtype, tuple[int, ...]]]:
    place = places[name]
    if name not in linear:
        return [(name, place.dtype, place.shape)]
    return [(name, torch.int8, place.shape), (_scale(name), torch.float32, (place.shape[0], 1))]


def _rounded(name: str, weight: Tensor) -> tuple[Tensor, Tensor, tuple[float, float]]:
    """The weight in eight bits, its scales, and the squared norms of the error and of the weight."""
    values = weight.float()
    if not torch.isfinite(values).all():
        raise MergeNotPossible(f"{name} holds NaN or infinity. Quantise a checkpoint from before training diverged.")
    largest = values.abs().amax(dim=1, keepdim=True)
    # A row of zeros, or of values too small for a scale, keeps nothing: its scale is 1.
    scale = largest / int8.LARGEST
    scale = torch.where(scale >= torch.finfo(torch.float32).tiny, scale, torch.ones_like(scale))
    rounded = (values / scale).round().clamp(-int8.LARGEST, int8.LARGEST)
    norm = float(values.double().square().sum())
    lost = float((rounded * scale - values).double().square().sum())
    return rounded.to(torch.int8), scale, (lost, norm)
