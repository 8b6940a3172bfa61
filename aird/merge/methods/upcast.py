"""A whole model in float32, tensor by tensor: what an adapter is added to where the sum is not to be rounded."""

from pathlib import Path

import torch

from aird.merge.methods import bake, shards
from aird.runtimes.tensor_file import TensorReader, TensorWriter


def is_float32(model: Path) -> bool:
    """Whether every weight of the whole model in this folder is kept in float32."""
    return all(place.dtype is torch.float32 for _, place in shards.places(model).values())


def upcast(model: Path, out: Path) -> None:
    """Write the whole model with float32 weights, in the same shards; all else is copied."""
    bake.copy_words(model, None, out)
    for path in shards.shards(model):
        with TensorReader(path) as file:
            names = sorted(file.places, key=lambda name: file.places[name].begin)
            with TensorWriter(out / path.name, [(n, torch.float32, file.places[n].shape) for n in names]) as new:
                for name in names:
                    new.add(name, file.read(name).float())
