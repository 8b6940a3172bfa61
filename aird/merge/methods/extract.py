"""A plain LoRA out of what changed a base: a whole model that was tuned, or an adapter that is more than plain LoRA.

Each linear module's change is approximated on its own; all get one common rank, padded with zeros, so that any runtime
serves the result. What is no linear module (norms, embeddings, biases) has no place in a plain LoRA: it stays as the
base has it, and is listed in `Extracted.lost`.
"""

import math
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import pad

from aird.merge.methods import bake, extras, low_rank, shards
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.methods.low_rank import LowRank
from aird.runtimes import adapters as adapter_files
from aird.runtimes import loading
from aird.runtimes.adapters import Adapter
from aird.runtimes.tensor_file import Place, TensorReader, TensorWriter

Report = Callable[[int, int], None]
MOST = 1024
"""The largest rank of an adapter that the catalog takes."""


@dataclass(frozen=True, slots=True)
class ModuleKept:
    """One module: the rank its change was given, the share of the change that is kept (squared norms), and the most
    that any other approximation of this rank could keep beyond it. `norm` is of the whole change."""

    module: str
    rank: int
    energy: float
    slack: float
    norm: float


@dataclass(frozen=True, slots=True)
class Lost:
    """A tensor that changed and is not in the result; `change` is the norm of it as a share of the base's norm."""

    tensor: str
    change: float


@dataclass(frozen=True, slots=True)
class Extracted:
    """`energy` is kept over all linear modules together."""

    rank: int
    energy: float
    slack: float
    modules: tuple[ModuleKept, ...]
    lost: tuple[Lost, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`rank`, or None for the smallest that keeps `energy` of each module's change."""

    rank: int | None
    energy: float


def extract_tuned(
    base: Path,
    tuned: Path,
    out: Path,
    wanted: Wanted,
    *,
    work: Path,
    base_name: str,
    threads: int = 1,
    report: Report | None = None,
) -> Extracted:
    """The difference of two whole models as a plain LoRA on the first.

    Raises MergeNotPossible where the models have other tensors, or differ in no linear module.
    """
    torch.set_num_threads(threads)
    old, new = shards.places(base), shards.places(tuned)
    tied = bake.is_tied(base, old)
    _check_alike(old, new, tied=tied, same=tied == bake.is_tied(tuned, new))
    linear = _linear(base, old)

    def change_of(module: str) -> LowRank:
        with ExitStack() as stack:
            pair = [_opened(stack, places[f"{module}.weight"]) for places in (old, new)]
            difference = _difference(pair[0], pair[1], f"{module}.weight")
        return low_rank.approximate(difference, wanted.rank, wanted.energy, MOST)

    weights = {f"{module}.weight" for module in linear}
    others = [name for name in old if name not in weights and name in new]
    with ExitStack() as stack:
        lost = [
            Lost(name, _relative(_opened(stack, old[name]), _opened(stack, new[name]), name))
            for name in others
            if not (tied and name == f"{bake.HEAD}.weight")
        ]
    own = tuned if _speaks_otherwise(base, tuned) else None
    return _write(_Parts(work, linear, change_of, report), lost, out, base_name, own)


def extract_adapter(
    base: Path,
    adapter: Path,
    out: Path,
    wanted: Wanted,
    *,
    work: Path,
    base_name: str,
    threads: int = 1,
    report: Report | None = None,
) -> Extracted:
    """An adapter of any kind as a plain LoRA on the same base. Raises AdapterUnusable, MergeNotPossible."""
    torch.set_num_threads(threads)
    source = adapter_files.read(adapter)
    places = shards.places(base)
    linear = set(_linear(base, places))
    saved = [name for name in source.saved if name.removesuffix(".weight") in linear]
    modules = sorted([*source.shapes, *(name.removesuffix(".weight") for name in saved)])
    missing = next((module for module in modules if f"{module}.weight" not in places), None)
    if missing is not None:
        raise MergeNotPossible(f"The base has no module {missing}. Use the base that the adapter was trained on.")

    def change_of(opened: TensorReader, module: str) -> LowRank:
        if module in source.shapes and "dora" not in source.features:
            pair = source.factors(module, opened)
            return low_rank.of_factors(pair.b.double() * pair.scaling, pair.a, wanted.rank, wanted.energy, MOST)
        with TensorReader(places[f"{module}.weight"][0]) as file:
            weight = file.read(f"{module}.weight")
        if module in source.shapes:
            change = extras.delta(source, module, opened, weight)
        else:
            change = extras.saved_delta(source, f"{module}.weight", opened, weight)
        del weight
        return low_rank.approximate(change, wanted.rank, wanted.energy, MOST)

    with source.open() as opened:
        lost = list(_lost_of(source, opened, places, set(saved)))
        parts = _Parts(work, modules, partial(change_of, opened), report)
        return _write(parts, lost, out, base_name, adapter)


class _Parts:
    """The factors of every module, one file each: memory holds one module, and a run that was cut off goes on."""

    def __init__(
        self, folder: Path, modules: Sequence[str], change_of: Callable[[str], LowRank], report: Report | None
    ) -> None:
        self._folder = folder
        self.kept: list[ModuleKept] = []
        folder.mkdir(parents=True, exist_ok=True)
        for number, module in enumerate(modules, 1):
            if not self._path(module).is_file():
                self._store(module, change_of(module))
            with TensorReader(self._path(module)) as file:
                rank = file.places["a"].shape[0] if "a" in file.places else 0
                norm, energy, slack = file.read("facts").tolist()
            if rank:
                self.kept.append(ModuleKept(module, rank, energy, slack, norm))
            if report is not None:
                report(number, len(modules))

    def read(self, module: str) -> tuple[Tensor, Tensor]:
        """b (out x rank) and a (rank x in)."""
        with TensorReader(self._path(module)) as file:
            return file.read("b"), file.read("a")

    def _path(self, module: str) -> Path:
        return self._folder / f"{module}.safetensors"

    def _store(self, module: str, found: LowRank) -> None:
        tensors = {"facts": torch.tensor([found.norm, found.energy, found.slack], dtype=torch.float64)}
        if found.rank:
            tensors |= {"b": found.b, "a": found.a}
        half = self._path(module).with_suffix(shards.PART)
        with TensorWriter(half, [(name, each.dtype, each.shape) for name, each in tensors.items()]) as file:
            for name, each in tensors.items():
                file.add(name, each)
        half.replace(self._path(module))


def _write(parts: _Parts, lost: list[Lost], out: Path, base_name: str, own: Path | None) -> Extracted:
    """Write every module's factors at the largest of their ranks."""
    changed = sorted((each for each in lost if each.change), key=lambda each: -each.change)
    if not parts.kept:
        others = f" What differs is {', '.join(each.tensor for each in changed[:3])}." if changed else ""
        raise MergeNotPossible(f"No linear module differs from the base, so there is no LoRA to extract.{others}")
    rank = max(each.rank for each in parts.kept)
    pairs = ((each.module, *parts.read(each.module)) for each in parts.kept)
    sizes = {module: (b.shape[0], rank, a.shape[1]) for module, b, a in pairs}
    with adapter_files.writing(out, sizes, base_name=base_name) as writer:
        for module in sizes:
            b, a = parts.read(module)
            writer.add(module, pad(b, (0, rank - b.shape[1])), pad(a, (0, 0, 0, rank - a.shape[0])))
    if own is not None:
        _copy_words(own, out)
    total = math.fsum(each.norm**2 for each in parts.kept)
    return Extracted(
        rank=rank,
        energy=math.fsum(each.norm**2 * each.energy for each in parts.kept) / total,
        slack=math.fsum(each.norm**2 * each.slack for each in parts.kept) / total,
        modules=tuple(parts.kept),
        lost=tuple(changed),
    )


def _check_alike(
    old: Mapping[str, tuple[Path, Place]], new: Mapping[str, tuple[Path, Place]], *, tied: bool, same: bool
) -> None:
    names = (old.keys() | new.keys()) - ({f"{bake.HEAD}.weight"} if tied else set())
    different = sorted(n for n in names if n not in old or n not in new or old[n][1].shape != new[n][1].shape)
    if different or not same:
        what = ", ".join(different[:3]) or "one shares its embedding with its head, the other does not"
        raise MergeNotPossible(
            f"The two models are not built alike: {what}. Name the base that the model was tuned from."
        )
    whole = next((n for n, (_, place) in new.items() if not place.dtype.is_floating_point), None)
    if whole is not None:
        raise MergeNotPossible(f"{whole} is quantised; a change can be read from unquantised weights only.")


def _linear(base: Path, places: Mapping[str, tuple[Path, Place]]) -> list[str]:
    """The modules that LoRA can change; a head that shares the embedding's weights is none of them."""
    skipped = {bake.EMBEDDING, bake.HEAD} if bake.is_tied(base, places) else {bake.EMBEDDING}
    matrices = [n for n, (_, place) in places.items() if n.endswith(".weight") and len(place.shape) == 2]
    return sorted(name for name in (n.removesuffix(".weight") for n in matrices) if name not in skipped)


def _opened(stack: ExitStack, where: tuple[Path, Place]) -> TensorReader:
    return stack.enter_context(TensorReader(where[0]))


def _difference(old: TensorReader, new: TensorReader, name: str) -> Tensor:
    """new - old, float32, with no more than a block of either in memory."""
    shape = old.places[name].shape
    out = torch.empty(shape, dtype=torch.float32)
    for first, last in shards.blocks(shape):
        out[first:last] = new.rows(name, first, last).double() - old.rows(name, first, last).double()
    if not torch.isfinite(out).all():
        raise MergeNotPossible(f"{name} holds NaN or infinity in one of the two models. Use a checkpoint before that.")
    return out


def _relative(old: TensorReader, new: TensorReader, name: str) -> float:
    change = norm = 0.0
    for first, last in shards.blocks(old.places[name].shape):
        rows = old.rows(name, first, last).double()
        change += float((new.rows(name, first, last).double() - rows).square().sum())
        norm += float(rows.square().sum())
    return _share(change, norm)


def _share(change: float, norm: float) -> float:
    """1 where the base has nothing but zeros."""
    return math.sqrt(change / norm) if norm > 0 else float(change > 0)


def _lost_of(
    source: Adapter, opened: TensorReader, places: Mapping[str, tuple[Path, Place]], kept: set[str]
) -> Iterator[Lost]:
    """What of an adapter is neither factors nor a linear module."""
    changed = {name: source.saved_tensor(name, opened).double() for name in source.saved if name not in kept}
    for name, tensor in changed.items():
        stored = f"{bake.EMBEDDING}.weight" if name == f"{bake.HEAD}.weight" and name not in places else name
        with TensorReader(places[stored][0]) as file:
            old = file.read(stored).double()
        yield Lost(name, _share(float((tensor - old).square().sum()), float(old.square().sum())))
    for module in source.shapes if "lora_bias" in source.features else ():
        bias = extras.bias(source, module, opened)
        if bias is None:
            continue
        norm = 0.0
        if f"{module}.bias" in places:
            with TensorReader(places[f"{module}.bias"][0]) as file:
                norm = float(file.read(f"{module}.bias").double().square().sum())
        yield Lost(f"{module}.bias", _share(float(bias.double().square().sum()), norm))


def _speaks_otherwise(base: Path, tuned: Path) -> bool:
    def read(folder: Path, name: str) -> bytes | None:
        return (folder / name).read_bytes() if (folder / name).is_file() else None

    return any(read(tuned, name) not in (None, read(base, name)) for name in loading.WORDS)


def _copy_words(own: Path, out: Path) -> None:
    for name in loading.WORDS:
        if (own / name).is_file():
            shutil.copyfile(own / name, out / name)
            (out / name).chmod(0o644)
