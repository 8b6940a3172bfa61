"""safetensors files read and written one tensor at a time (format: https://github.com/huggingface/safetensors).

The library maps a whole file into memory to read it and wants all tensors at hand to write it. Here memory holds the
tensor that is being worked on and nothing else, whatever the size of the file.
"""

import json
import math
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import torch
from torch import Tensor

from aird.runtimes.journal import Journal, checksum

MAX_HEADER_BYTES = 8 * 2**20
DTYPES = {
    **{"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16},
    **{"I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8},
    "BOOL": torch.bool,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


class TensorFileBroken(ValueError):
    """This is not a whole safetensors file."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tensor lies: `begin` and `end` count bytes from the start of the file."""

    dtype: torch.dtype
    shape: tuple[int, ...]
    begin: int
    end: int


class TensorReader:
    """An open file; `places` lists its tensors. Closed at the end of a `with`. Raises TensorFileBroken, OSError."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY)
        try:
            self.places = _places(self._file, path.name)
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._file)

    def read(self, name: str) -> Tensor:
        """The tensor, in memory of its own. Raises KeyError."""
        place = self.places[name]
        buffer = self._bytes(name, place.begin, place.end)
        if not buffer:
            return torch.empty(place.shape, dtype=place.dtype)
        return torch.frombuffer(buffer, dtype=place.dtype).reshape(place.shape)

    def rows(self, name: str, first: int, last: int) -> Tensor:
        """The rows from `first` to before `last` of a tensor that has no empty side, in memory of their own."""
        place = self.places[name]
        row = (place.end - place.begin) // place.shape[0]
        buffer = self._bytes(name, place.begin + first * row, place.begin + last * row)
        return torch.frombuffer(buffer, dtype=place.dtype).reshape(last - first, *place.shape[1:])

    def _bytes(self, name: str, begin: int, end: int) -> bytearray:
        buffer = bytearray(end - begin)
        view, got = memoryview(buffer), 0
        while got < len(buffer):
            count = os.preadv(self._file, [view[got:]], begin + got)
            if count == 0:
                raise TensorFileBroken(f"{name} ends too early; the file was cut short.")
            got += count
        return buffer


def _places(file: int, name: str) -> dict[str, Place]:
    size = os.fstat(file).st_size
    length = int.from_bytes(os.pread(file, 8, 0), "little")
    if not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
        raise TensorFileBroken(f"{name} has no safetensors header.")
    try:
        header: dict[str, Any] = json.loads(os.pread(file, length, 8))
        header.pop("__metadata__", None)
        places = {}
        for key, entry in header.items():
            begin, end = (8 + length + int(at) for at in entry["data_offsets"])
            place = Place(DTYPES[entry["dtype"]], tuple(int(n) for n in entry["shape"]), begin, end)
            if end - begin != math.prod(place.shape) * place.dtype.itemsize or not 8 + length <= begin <= end <= size:
                raise TensorFileBroken(f"{key} in {name} does not lie where the header says.")
            places[key] = place
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TensorFileBroken(f"The header of {name} cannot be read: {error}") from error
    return places


class TensorWriter:
    """A file whose tensors are known by name, type and shape before their values are; one that is there is replaced.

    Tensors are added in the order in which they were announced; the end of the `with` syncs the file to the disk.
    Leaving it with an error, or before the last tensor, removes the file; unless it has a journal, by which the next
    writer of the same work goes on behind the last `checkpoint`: the first `done` tensors are in the file already.
    """

    def __init__(
        self, path: Path, announced: Sequence[tuple[str, torch.dtype, Sequence[int]]], journal: Journal | None = None
    ) -> None:
        self._path = path
        self._waiting = [(name, dtype, tuple(shape)) for name, dtype, shape in reversed(announced)]
        header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
        at = 0
        for name, dtype, shape in announced:
            end = at + math.prod(shape) * dtype.itemsize
            header[name] = {"dtype": NAMES[dtype], "shape": list(shape), "data_offsets": [at, end]}
            at = end
        raw = json.dumps(header, separators=(",", ":")).encode()
        raw += b" " * (-len(raw) % 8)
        head = len(raw).to_bytes(8, "little") + raw
        self._journal, self._sum, self.done = journal, checksum(), 0
        if journal is None:
            self._file: BinaryIO = path.open("wb")
            self._file.write(head)
            return
        self._file, self.done = journal.resume(path, head)
        del self._waiting[len(self._waiting) - self.done :]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        whole = False
        try:
            if kind is None and self._waiting:
                raise ValueError(f"{self._waiting[-1][0]} was announced and never added")
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())
                whole = True
        finally:
            with suppress(OSError):  # on a full disk closing fails as well, after what is being raised
                self._file.close()
            if not whole and self._journal is None:
                self._path.unlink(missing_ok=True)

    def add(self, name: str, tensor: Tensor) -> None:
        """Write the next tensor, converted to the announced type."""
        expected, dtype, shape = self._waiting[-1]
        if name != expected or tuple(tensor.shape) != shape:
            raise ValueError(f"{name} {tuple(tensor.shape)} was given, announced was {expected} {shape}")
        # A column is contiguous whatever its strides say, but only a flat tensor can be viewed as bytes.
        data = tensor.detach().to("cpu", dtype).contiguous().reshape(-1).view(torch.uint8).numpy().data
        self._file.write(data)
        if self._journal is not None:
            self._sum.update(data)
        self._waiting.pop()
        self.done += 1

    def checkpoint(self, note: Any) -> None:
        """What was added so far is kept for who comes after a kill, together with the note (plain JSON)."""
        if self._journal is not None:
            self._file.flush()
            self._journal.mark(self._file.tell(), self.done, self._sum.hexdigest(), note)
            self._sum = checksum()
