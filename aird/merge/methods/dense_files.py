"""Whole models in folders, read a block of rows at a time and written shard by shard, with what lies beside them.

A shard is written beside its final name and put there when it is whole and on the disk, so a run that was cut off
goes on with the next one.
"""

import json
import math
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial, reduce
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor

from aird.merge.methods import shards
from aird.merge.methods.errors import MergeNotPossible
from aird.runtimes import loading
from aird.runtimes.tensor_file import NAMES, TensorReader, TensorWriter

HEAD, EMBEDDING = "lm_head.weight", "model.embed_tokens.weight"
BLOCK = 1 << 20
"""Values of one model that are worked on at a time."""
PART = ".part"
# Kept in old Llama files; transformers computes it and ignores the stored values.
_ignored = re.compile(r"model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq", re.ASCII)
_known = {"float64": torch.float64, "float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}

Blocks = Callable[[], Iterator[list[Tensor]]]
"""Walks a tensor once: the same rows of every model, in one type, block after block."""


def dtype_of(name: str | None) -> torch.dtype | None:
    """The type that a recipe names."""
    return _known[name] if name else None


class Models:
    """Whole models of one shape, opened together. Raises MergeNotPossible where they do not fit."""

    def __init__(self, folders: Sequence[Path], donor: int) -> None:
        self._stack = ExitStack()
        self._models: list[dict[str, TensorReader]] = []
        try:
            for folder in folders:
                files = [self._stack.enter_context(TensorReader(path)) for path in shards.shards(folder)]
                self._models.append({name: file for file in files for name in file.places if not _ignored.match(name)})
            self.layers = int(
                json.loads((folders[donor] / "config.json").read_text(encoding="utf-8"))["num_hidden_layers"]
            )
            self.layout = self._layout(folders[donor], donor)
            for names in self.layout.values():
                for name in names:
                    self._check(name)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def _layout(self, folder: Path, donor: int) -> dict[str, list[str]]:
        """The tensors of each output shard: the donor's, and a head that only another model keeps apart."""
        found: dict[str, list[str]] = {}
        for path in shards.shards(folder):
            with TensorReader(path) as file:
                found[path.name] = [name for name in file.places if name in self._models[donor]]
        if HEAD not in self._models[donor] and any(HEAD in model for model in self._models):
            found[next(reversed(found))].append(HEAD)
        return found

    def _check(self, name: str) -> None:
        shapes = []
        for model in self._models:
            own = self._own(model, name)
            if own not in model:
                raise MergeNotPossible(f"{name} is in one of these models and not in another, so they differ in kind.")
            shapes.append(model[own].places[own].shape)
        if len(set(shapes)) > 1:
            raise MergeNotPossible(
                f"{name} has the shapes {sorted(set(shapes))} in these models. Merge models of one architecture and"
                " size; for vocabularies of different sizes add 'tokenizer_source: base' or 'union'."
            )

    @staticmethod
    def _own(model: Mapping[str, TensorReader], name: str) -> str:
        """A head that is the embedding is read there."""
        return EMBEDDING if name == HEAD and name not in model else name

    @property
    def tensors(self) -> int:
        """How many there are to make."""
        return sum(len(names) for names in self.layout.values())

    def shape(self, name: str) -> tuple[int, ...]:
        """Of a tensor, in every model."""
        own = self._own(self._models[0], name)
        return self._models[0][own].places[own].shape

    def dtype(self, name: str) -> torch.dtype:
        """The narrowest type that holds the tensor of every model."""
        owns = [(model, self._own(model, name)) for model in self._models]
        return reduce(torch.promote_types, [model[own].places[own].dtype for model, own in owns])

    def blocks(self, name: str, dtype: torch.dtype) -> Iterator[list[Tensor]]:
        """The tensor of every model, block after block of rows, as `dtype`."""
        shape = self.shape(name)
        rows = max(1, BLOCK // max(1, math.prod(shape[1:])))
        owns = [(model, self._own(model, name)) for model in self._models]
        for first in range(0, shape[0], rows):
            last = min(first + rows, shape[0])
            yield [model[own].rows(own, first, last).to(dtype) for model, own in owns]


class PieceWriter(TensorWriter):
    """A TensorWriter that takes a tensor in pieces."""

    def stream(self, name: str, pieces: Iterator[Tensor]) -> None:
        """Write the next tensor from blocks of its rows, each converted to the announced type."""
        expected, dtype, shape = self._waiting[-1]
        count = 0
        for piece in pieces:
            plain = piece.to("cpu", dtype).contiguous()
            self._file.write(plain.view(torch.uint8).numpy().data)
            count += plain.numel()
        if name != expected or count != math.prod(shape):
            raise ValueError(f"{name} was given {count} values, announced was {expected} {shape}")
        self._waiting.pop()


Make = Callable[[str, torch.dtype, Blocks], Iterator[Tensor]]
"""(name, the type to compute in, its values in every model) -> the merged values, block after block."""


def write(
    models: Models,
    make: Make,
    out: Path,
    *,
    dtype: torch.dtype | None,
    out_dtype: torch.dtype | None,
    report: Callable[[int, int], None] | None = None,
) -> None:
    """Write the merged weights to `out`. Shards that are there are whole, and are kept."""
    out.mkdir(parents=True, exist_ok=True)
    done = 0
    for file, names in models.layout.items():
        if (out / file).exists():
            done += len(names)
            continue
        types = {name: dtype or models.dtype(name) for name in names}
        announced = [(name, out_dtype or types[name], models.shape(name)) for name in names]
        with PieceWriter(out / (file + PART), announced) as writer:
            for name in names:
                kind = types[name]
                writer.stream(name, make(name, kind, partial(models.blocks, name, kind)))
                done += 1
                if report is not None:
                    report(done, models.tensors)
        (out / (file + PART)).rename(out / file)


def copy_words(donor: Path, out: Path) -> None:
    """Copy what lies beside the donor's weights and says how the model speaks; its config with the type it has now."""
    loading.copy_tokenizer(donor, out)
    if (donor / "generation_config.json").is_file():
        shutil.copyfile(donor / "generation_config.json", out / "generation_config.json")
    write_config(_config(donor), out)


def _config(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return found


def write_config(config: dict[str, Any], out: Path) -> None:
    """config.json with the type that most of the weights have, and no trace of where it was written."""
    for name in ("torch_dtype", "_name_or_path"):
        config.pop(name, None)
    counts: dict[torch.dtype, int] = {}
    for _, place in shards.places(out).values():
        counts[place.dtype] = counts.get(place.dtype, 0) + math.prod(place.shape)
    common = max(counts, key=lambda each: (counts[each], NAMES[each]))
    config["dtype"] = next((name for name, each in _known.items() if each == common), "float32")
    (out / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
