"""The weight files of a whole model, walked in order and written anew with the same names, types and places.

A shard is written beside its final name and put there when it is whole and on the disk, so a run that was cut off
goes on with the next shard. Tensors that stay as they are are copied inside the kernel and never come into memory.
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor

from aird.runtimes.tensor_file import Place, TensorFileBroken, TensorReader

PART = ".part"
BLOCK = 1 << 22
"""Values that are worked on at a time."""

Rewrite = Callable[[TensorReader, str], Iterable[Tensor] | None]
"""The new rows of a tensor in order, in pieces of any size, or None to keep the tensor as it is."""


def shards(folder: Path) -> list[Path]:
    """The weight files of a whole model, in order. Raises TensorFileBroken when there are none."""
    found = sorted(path for path in folder.glob("model*.safetensors") if path.is_file())
    if not found:
        raise TensorFileBroken(f"{folder.name} holds no model*.safetensors, so it is no whole model.")
    return found


def places(folder: Path) -> dict[str, tuple[Path, Place]]:
    """The file and the place of every tensor of a whole model, by name."""
    found: dict[str, tuple[Path, Place]] = {}
    for path in shards(folder):
        with TensorReader(path) as file:
            found |= {name: (path, place) for name, place in file.places.items()}
    return found


def blocks(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Rows (first, last + 1) of pieces of a tensor that hold about BLOCK values each."""
    step = max(1, BLOCK // max(1, math.prod(shape[1:])))
    for first in range(0, shape[0], step):
        yield first, min(first + step, shape[0])


def rewrite(
    source: Path,
    target: Path,
    change: Rewrite,
    *,
    told: Callable[[str], None] = lambda _: None,
    before: Callable[[], None] = lambda: None,
) -> None:
    """Write `source` as `target` with the changed tensors in their old types and places; `told` hears each name.

    A target that is there is one that an earlier run finished. `before` is called when the new file is whole and not
    yet put there. Raises TensorFileBroken, OSError.
    """
    with TensorReader(source) as file:
        order = sorted(file.places.items(), key=lambda each: each[1].begin)
        if target.is_file():
            for name, _ in order:
                told(name)
            return
        part = target.with_name(target.name + PART)
        old = os.open(source, os.O_RDONLY)
        new = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            _copy(old, new, 0, order[0][1].begin if order else source.stat().st_size)
            for name, place in order:
                pieces = change(file, name)
                if pieces is None:
                    _copy(old, new, place.begin, place.end)
                else:
                    _write(new, name, place, pieces)
                told(name)
            os.fsync(new)
            os.fchmod(new, 0o644)
            before()
            part.replace(target)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        finally:
            os.close(new)
            os.close(old)


def _write(new: int, name: str, place: Place, pieces: Iterable[Tensor]) -> None:
    written = 0
    for piece in pieces:
        plain = piece.detach().to("cpu", place.dtype).contiguous()
        view = plain.reshape(-1).view(torch.uint8).numpy().data
        while view:
            done = os.write(new, view)
            written, view = written + done, view[done:]
    if written != place.end - place.begin:
        raise ValueError(f"{name} was given {written} bytes, its place holds {place.end - place.begin}")


def _copy(old: int, new: int, begin: int, end: int) -> None:
    while begin < end:
        done = os.sendfile(new, old, begin, min(end - begin, 1 << 26))
        if done == 0:
            raise TensorFileBroken("The base's file ends too early; it was cut short.")
        begin += done
