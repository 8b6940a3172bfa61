"""How alike two LoRA adapters of one base are: the exact cosine of their weight changes, and a sketch to find
candidates by. numpy alone; only workers import this.

An adapter changes each of its modules by D = s B A, with B (out x r), A (r x in) and s = alpha / r, or alpha / sqrt(r)
for rank-stabilised LoRA (Kalajdzievski, 2023, https://arxiv.org/abs/2312.03732). D is never formed: the inner product
of two of them is <D1, D2> = s1 s2 sum((B1' B2) * (A1 A2')), two products of r1 x r2. A bias beside B (lora_bias) is one
more column of D, for an input that is always 1. What DoRA and modules_to_save change depends on the base's own weights,
which are not read here: such adapters are not compared.

The sketch is a TensorSketch (Pham and Pagh, KDD 2013, https://doi.org/10.1145/2487575.2487591): for every rank-one term
the circular convolution of the count sketches of its two vectors, summed over terms and modules. The dot product of two
sketches is an unbiased estimate of the inner product of the changes, at the cost of reading the factors once.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aird.catalog.intake.adapter import CONFIG, WEIGHTS, AdapterConfig, check_config
from aird.catalog.intake.safetensors_header import Header, Tensor, read_header

Matrix = npt.NDArray[np.float64]
Values = npt.NDArray[np.float32]

SIZE = 1024
"""Numbers in a sketch; a power of two."""
NOT_COMPARED = {
    "dora": "DoRA scales the base's own weights",
    "modules_to_save": "it replaces modules of the base whole",
}
"""What an adapter may have that its files alone do not tell the effect of, and why."""
_PREFIX, _A, _B, _BIAS = "base_model.model.", ".lora_A.weight", ".lora_B.weight", ".lora_B.bias"


@dataclass(frozen=True)
class Factors:
    """One module's change: D = scale * b @ a, with b (out x r) and a (r x in); and scale * bias (out) of its output."""

    scale: float
    b: Matrix
    a: Matrix
    bias: Matrix | None = None


class Adapter:
    """An adapter's factors, read from its folder one module at a time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / WEIGHTS
        self._header: Header = read_header(self._path)
        self._config = check_config(json.loads((folder / CONFIG).read_text(encoding="utf-8")))
        names = (each.removesuffix(_A) for each in self._header.tensors if each.endswith(_A))
        self.modules = tuple(sorted(each for each in names if each + _B in self._header.tensors))

    def factors(self, module: str) -> Factors:
        """A module's factors in double precision."""
        a, b = self._read(module + _A), self._read(module + _B)
        bias = self._read(module + _BIAS) if self._config.lora_bias else None
        return Factors(scale(self._config, module.removeprefix(_PREFIX), a.shape[0]), b, a, bias)

    def _read(self, name: str) -> Matrix:
        tensor = self._header.tensors[name]
        with self._path.open("rb") as source:
            source.seek(self._header.data + tensor.begin)
            return _decoded(source.read(tensor.end - tensor.begin), tensor)


def _decoded(raw: bytes, tensor: Tensor) -> Matrix:
    if tensor.dtype == "BF16":  # the upper half of a float32
        values: npt.NDArray[Any] = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
    else:
        values = np.frombuffer(raw, {"F64": "<f8", "F32": "<f4", "F16": "<f2"}[tensor.dtype])
    return values.astype(np.float64).reshape(tensor.shape)


def scale(config: AdapterConfig, module: str, rank: int) -> float:
    """What a module's product of factors is multiplied by; the first matching key of alpha_pattern counts."""
    fitting = (alpha for name, alpha in config.alpha_pattern.items() if module == name or module.endswith(f".{name}"))
    alpha = next(fitting, config.alpha)
    return alpha / sqrt(rank) if config.use_rslora else alpha / rank


def inner(one: Factors, other: Factors) -> float:
    """The inner product of two changes of one module."""
    products: Matrix = (one.b.T @ other.b) * (one.a @ other.a.T)
    biases = 0.0 if one.bias is None or other.bias is None else float(one.bias @ other.bias)
    return one.scale * other.scale * (float(products.sum()) + biases)


def norm(adapter: Adapter) -> float:
    """The Frobenius norm of the whole change."""
    squares = sum(inner(each, each) for each in map(adapter.factors, adapter.modules))
    return sqrt(max(squares, 0.0))


def cosine(one: Adapter, other: Adapter, norms: tuple[float, float]) -> float:
    """The cosine of two whole changes; a module that only one of them changes counts as zero in the other."""
    common = sorted(set(one.modules) & set(other.modules))
    product = sum(inner(one.factors(module), other.factors(module)) for module in common)
    return product / (norms[0] * norms[1])


def sketch(adapter: Adapter) -> Values:
    """SIZE numbers whose dot products estimate those of the changes."""
    total = np.zeros(SIZE // 2 + 1, dtype=np.complex128)
    for module in adapter.modules:
        found = adapter.factors(module)
        left = np.fft.rfft(_counts(found.b.T, f"{module} out"), axis=1)
        right = np.fft.rfft(_counts(found.a, f"{module} in"), axis=1)
        total += found.scale * (left * right).sum(axis=0)
        if found.bias is not None:
            left = np.fft.rfft(_counts(found.bias[None], f"{module} out"), axis=1)
            right = np.fft.rfft(_counts(np.ones((1, 1)), f"{module} always"), axis=1)
            total += found.scale * (left * right).sum(axis=0)
    return np.fft.irfft(total, SIZE).astype(np.float32)


def _counts(rows: Matrix, name: str) -> Matrix:
    """The count sketch of each row: every entry, with a random sign, is added to a random one of SIZE numbers."""
    place, sign = _hashes(name, rows.shape[1])
    found = np.zeros((rows.shape[0], SIZE))
    for row, out in zip(rows * sign, found, strict=True):
        out += np.bincount(place, weights=row, minlength=SIZE)
    return found


def _hashes(name: str, length: int) -> tuple[npt.NDArray[np.int64], Matrix]:
    """A place and a sign for each of `length` entries, the same for this name on every machine and for ever."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "big")
    raw = np.random.PCG64(seed).random_raw(length)  # numpy keeps the raw stream of a bit generator
    return (raw % SIZE).astype(np.int64), np.where(raw >> np.uint64(63), 1.0, -1.0)


def packed(values: Values) -> bytes:
    """A sketch as it is kept."""
    return values.astype("<f4").tobytes()


def alike(values: Values, others: Mapping[Any, bytes], *, at_least: float) -> Iterator[Any]:
    """The keys of the sketches whose estimated cosine reaches `at_least`, the most alike first."""
    keys = [key for key, raw in others.items() if len(raw) == SIZE * 4]
    if not keys:
        return
    table = np.stack([np.frombuffer(others[key], "<f4") for key in keys]).astype(np.float64)
    lengths = np.linalg.norm(table, axis=1) * np.linalg.norm(values)
    estimates = np.divide(table @ values, lengths, out=np.zeros(len(keys)), where=lengths > 0)
    for index in np.argsort(-estimates, kind="stable"):
        if estimates[index] < at_least:
            return
        yield keys[int(index)]
