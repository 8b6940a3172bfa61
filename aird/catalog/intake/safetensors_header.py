"""Our own reader of safetensors headers, stricter than the format's library, and a check of the values for
NaN and Inf.

The file is: 8 bytes little endian N, N bytes of JSON, the data. The library accepts equal names (the last
wins), empty tensors, names such as `../../x`, and headers of 100 MB with a million tensors, which cost a
gigabyte to parse. Here the header has at most 8 MB and 20,000 tensors, every name is plain, every tensor has
bytes, and the tensors cover the data exactly, without gap or overlap. No tensor is ever loaded; reading the
values takes a fixed small buffer.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from aird.catalog.intake.refusals import IntakeRefused, shown
from aird.catalog.intake.strict_json import parse_object

MAX_HEADER_BYTES = 8 * 1024 * 1024
MAX_TENSORS = 20_000
MAX_DIMENSIONS = 8
MAX_DIMENSION = 2**31 - 1
MAX_NAME = 256
CHUNK = 256 * 1024

ITEM_BYTES = {
    **{"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2},
    **{"I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8},
}
# (bytes of a value, bits of its exponent field). A value is NaN or Inf when all bits of its exponent are set;
# in F8_E4M3, which has no Inf, when all its bits but the sign are.
_EXPONENTS = {
    **{"F64": (8, 0x7FF0_0000_0000_0000), "F32": (4, 0x7F80_0000), "BF16": (2, 0x7F80), "F16": (2, 0x7C00)},
    **{"F8_E5M2": (1, 0x7C), "F8_E4M3": (1, 0x7F)},
}
# The highest byte that every NaN and Inf of a type has, its sign aside. In F16 and the 8-bit types nothing finite has
# it; in the longer ones only values beyond 10^38 do, so that almost every chunk is cleared by its highest bytes alone.
_TOP_BYTES = {
    **dict.fromkeys(("F64", "F32", "BF16"), (0x7F, 0xFF)),
    "F16": (*range(0x7C, 0x80), *range(0xFC, 0x100)),
    **{"F8_E5M2": (*range(0x7C, 0x80), *range(0xFC, 0x100)), "F8_E4M3": (0x7F, 0xFF)},
}
_name = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)


@dataclass(frozen=True)
class Tensor:
    """One entry of the header; `begin` and `end` count bytes from the start of the data."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def parameters(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True)
class Header:
    """The tensors of a file by name, in the order of their bytes; `data` is where the data starts."""

    file: str
    tensors: dict[str, Tensor]
    metadata: dict[str, str]
    data: int


def open_plain(path: Path) -> BinaryIO:
    """The file for reading; raises IntakeRefused unless it is a regular file and no link to one."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if path.is_symlink() or not path.is_file():
        _refuse(path.name, "not_a_plain_file", "it is a link or no regular file. Upload the file itself.")
    return os.fdopen(os.open(path, flags), "rb")


def read_header(path: Path) -> Header:
    """The header of a safetensors file; raises IntakeRefused with the first rule it breaks."""
    file = path.name
    with open_plain(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        length = int.from_bytes(stream.read(8), "little")
        if size < 10:
            _refuse(file, "truncated", f"it has {size} bytes and no header. Upload the whole file.")
        if length > MAX_HEADER_BYTES:
            _refuse(
                file,
                "header_too_large",
                f"its header claims {length} bytes; at most {MAX_HEADER_BYTES} are read. It is no"
                " safetensors file, or a hostile one. Export the model with safetensors again.",
            )
        if 8 + length > size:
            _refuse(file, "truncated", "its header is longer than the file. Upload the whole file.")
        raw = stream.read(length)
    if not raw.startswith(b"{"):
        _refuse(file, "not_safetensors", "it is no safetensors file. Export the model with safetensors.")
    content = parse_object(raw, file)
    metadata = _metadata(content.pop("__metadata__", {}), file)
    if len(content) > MAX_TENSORS:
        _refuse(file, "too_many_tensors", f"it names {len(content)} tensors; at most {MAX_TENSORS} are taken.")
    tensors = sorted((_tensor(name, entry, file) for name, entry in content.items()), key=lambda t: (t.begin, t.end))
    _cover(tensors, size - 8 - length, file)
    return Header(file, {t.name: t for t in tensors}, metadata, 8 + length)


def not_finite(path: Path, header: Header) -> str | None:
    """The name of the first float tensor that contains NaN or Inf, or None.

    Reads the file in chunks, about a gigabyte a second on one core; the interpreter is never held for longer than
    a chunk takes.
    """
    with open_plain(path) as stream:
        for tensor in header.tensors.values():
            if tensor.dtype not in _EXPONENTS:
                continue
            stream.seek(header.data + tensor.begin)
            if any(_has_full_exponent(chunk, tensor.dtype) for chunk in _chunks(stream, tensor.end - tensor.begin)):
                return tensor.name
    return None


def _metadata(value: Any, file: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        _refuse(file, "bad_metadata", "its __metadata__ is not a map of text to text. Export it again.")
    return value


def _tensor(name: str, entry: Any, file: str) -> Tensor:
    if len(name) > MAX_NAME or not _name.fullmatch(name) or ".." in name:
        _refuse(
            file,
            "bad_tensor_name",
            f"the tensor name '{shown(name)}' is not plain: letters, digits, '_', '-' and single dots, at"
            f" most {MAX_NAME}.",
        )
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        _refuse(file, "bad_tensor", f"'{name}' must have exactly dtype, shape and data_offsets. Export it again.")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in ITEM_BYTES:
        _refuse(
            file,
            "unknown_dtype",
            f"'{name}' has the dtype '{shown(dtype)}'; known are {', '.join(ITEM_BYTES)}. Convert it.",
        )
    if not _naturals(shape) or len(shape) > MAX_DIMENSIONS or not all(1 <= d <= MAX_DIMENSION for d in shape):
        _refuse(
            file,
            "bad_shape",
            f"'{name}' has the shape {shown(shape)}; up to {MAX_DIMENSIONS} dimensions of at least 1 are allowed.",
        )
    if not _naturals(offsets) or len(offsets) != 2:
        _refuse(file, "bad_offsets", f"'{name}' has the offsets {shown(offsets)}. Export it again.")
    tensor = Tensor(name, dtype, tuple(shape), offsets[0], offsets[1])
    if tensor.end - tensor.begin != tensor.parameters * ITEM_BYTES[dtype]:
        _refuse(file, "bad_offsets", f"the offsets of '{name}' do not fit its shape and dtype. Export it again.")
    return tensor


def _cover(tensors: list[Tensor], size: int, file: str) -> None:
    """The tensors' bytes must follow each other from the first byte of the data to the last."""
    end = 0
    for tensor in tensors:
        if tensor.begin != end:
            what = "overlaps another tensor" if tensor.begin < end else "leaves a gap in the data"
            _refuse(file, "not_covered", f"'{tensor.name}' {what}, where bytes could hide. Export it again.")
        end = tensor.end
    if end != size:
        _refuse(
            file,
            "truncated" if end > size else "not_covered",
            f"its tensors need {end} bytes of data, the file has {size}. Upload the whole file, or export it again.",
        )


def _chunks(stream: BinaryIO, length: int) -> Iterator[bytes]:
    while length:
        chunk = stream.read(min(CHUNK, length))
        if not chunk:
            return
        length -= len(chunk)
        yield chunk


def _has_full_exponent(chunk: bytes, dtype: str) -> bool:
    """Whether any value in the chunk is NaN or Inf.

    The highest bytes of all values are one slice, and looking for a byte in it is one call into C. Only where one is
    found that a NaN could have, the chunk is taken as one long integer of equal lanes: adding the lowest exponent bit
    to a masked lane carries into its sign bit exactly when all exponent bits are set, and never into the next lane.
    So three operations on the long integer test the whole chunk, with nothing but Python.
    """
    width = _EXPONENTS[dtype][0]
    top = chunk[width - 1 :: width]
    if not any(byte in top for byte in _TOP_BYTES[dtype]):
        return False
    exponents, lowest, signs = _lanes(dtype, len(chunk))
    return bool(((int.from_bytes(chunk, "little") & exponents) + lowest) & signs)


@lru_cache(maxsize=8)
def _lanes(dtype: str, length: int) -> tuple[int, int, int]:
    """The exponent field, its lowest bit and the sign bit, repeated over `length` bytes."""
    width, exponent = _EXPONENTS[dtype]
    ones = int.from_bytes((b"\x01" + bytes(width - 1)) * (length // width), "little")
    return ones * exponent, ones * (exponent & -exponent), ones << (8 * width - 1)


def _naturals(value: Any) -> bool:
    return isinstance(value, list) and all(type(n) is int and n >= 0 for n in value)


def _refuse(file: str, reason: str, message: str) -> NoReturn:
    raise IntakeRefused(message, reason=reason, file=file)
