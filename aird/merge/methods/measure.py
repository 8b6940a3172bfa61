"""What can be told of a merge from the factors alone, before it runs: how the parents lie to each other, and what each
rank would keep of the result.

Everything comes out of the cores of one module after the other (aird/merge/methods/core.py), so no merged adapter is
written and no matrix of a module's size is made.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from aird.merge.methods import core, linear
from aird.merge.methods.base import Method
from aird.merge.methods.core import Cores
from aird.merge.methods.files import merge_module
from aird.runtimes import adapters as adapter_files
from aird.runtimes.adapters import Adapter
from aird.runtimes.tensor_file import TensorReader

MOST_VALUES = 64
"""Singular values that are kept of a module."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One module of the merged change: its rank, its norm, its squared singular values as shares, falling."""

    module: str
    rank: int
    norm: float
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RankEnergy:
    """What a rank keeps of the merged change's squared norm: in all, and in the module that loses most."""

    rank: int
    energy: float
    worst: float
    module: str


@dataclass(frozen=True, slots=True)
class Measured:
    """`overlaps[i][j]` is the mean over the common modules of the mean squared cosine of the principal angles between
    the output spaces of adapters i and j. Without a method there are no `energies` and no `modules`.
    """

    cosines: list[list[float]]
    overlaps: list[list[float]]
    norms: list[float]
    energies: list[RankEnergy]
    modules: list[Spectrum]
    seconds: float


def measure(
    method: Method | None,
    adapters: Sequence[Path],
    weights: Sequence[float],
    *,
    ranks: Sequence[int],
    densities: Sequence[float] | None = None,
    normalize: bool = True,
    threads: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> Measured:
    """Measure adapter folders; `ranks` are those whose energy is asked for. None as method measures the pairs alone.

    The energy of `ctm`, which compresses before it merges, is that of its result in the whole weighted sum. Raises
    AdapterUnusable, MergeNotPossible.
    """
    started = time.monotonic()
    torch.set_num_threads(threads)
    shares = [1.0] * len(weights) if densities is None else list(densities)
    sources = [adapter_files.read(folder) for folder in adapters]
    modules = sorted({module for source in sources for module in source.shapes})
    pairs, kept = _Pairs(len(sources)), _Kept(ranks)
    with ExitStack() as stack:
        files = [stack.enter_context(source.open()) for source in sources]
        for number, module in enumerate(modules):
            present = [i for i, source in enumerate(sources) if module in source.shapes]
            space = core.cores_of([_pair(sources[i], module, files[i]) for i in present])
            pairs.add(space, present)
            if method is not None:
                own, left = [weights[i] for i in present], [shares[i] for i in present]
                if method == "ctm":
                    cores = {rank: merge_module("ctm", space, own, left, rank=rank).core for rank in ranks}
                    kept.add_compressed(module, linear.merge(space, own).core, cores)
                else:
                    kept.add(module, merge_module(method, space, own, left, normalize=normalize).core)
            if report is not None:
                report(number + 1, len(modules))
    return Measured(
        cosines=pairs.cosines(),
        overlaps=pairs.overlaps(),
        norms=pairs.norms(),
        energies=kept.energies(),
        modules=kept.spectra,
        seconds=time.monotonic() - started,
    )


def _pair(source: Adapter, module: str, file: TensorReader) -> core.Pair:
    factors = source.factors(module, file)
    return factors.b.double() * factors.scaling, factors.a.double()


class _Pairs:
    """Inner products of the changes and overlaps of their output spaces, added up over the modules."""

    def __init__(self, count: int) -> None:
        self._products = torch.zeros(count, count, dtype=torch.float64)
        self._overlap = torch.zeros(count, count, dtype=torch.float64)
        self._seen = torch.zeros(count, count, dtype=torch.float64)

    def add(self, space: Cores, present: Sequence[int]) -> None:
        cores = torch.stack([each.flatten() for each in space.cores])
        products = cores @ cores.T
        spans = [core.orthonormal(span) for span in space.lefts]
        for row, i in enumerate(present):
            for column, j in enumerate(present):
                self._products[i, j] += products[row, column]
                if smaller := min(spans[row].shape[1], spans[column].shape[1]):
                    self._overlap[i, j] += (spans[row].T @ spans[column]).square().sum() / smaller
                    self._seen[i, j] += 1

    def norms(self) -> list[float]:
        found: list[float] = self._products.diagonal().clamp(min=0).sqrt().tolist()
        return found

    def cosines(self) -> list[list[float]]:
        norms = self._products.diagonal().clamp(min=0).sqrt()
        lengths = norms[:, None] * norms[None, :]
        found = torch.where(lengths > 0, self._products / lengths.clamp(min=1e-300), 0.0).clamp(-1, 1)
        rows: list[list[float]] = found.tolist()
        return rows

    def overlaps(self) -> list[list[float]]:
        rows: list[list[float]] = (self._overlap / self._seen.clamp(min=1)).clamp(0, 1).tolist()
        return rows


class _Kept:
    """What each rank keeps, module by module."""

    def __init__(self, ranks: Sequence[int]) -> None:
        self._ranks = sorted(set(ranks))
        self._whole = 0.0
        self._sums = dict.fromkeys(self._ranks, 0.0)
        self._worst: dict[int, tuple[float, str]] = {}
        self.spectra: list[Spectrum] = []

    def add(self, module: str, merged: Tensor) -> None:
        squares = torch.linalg.svdvals(merged).square()
        self._add(module, squares, float(squares.sum()), {r: float(squares[:r].sum()) for r in self._ranks})

    def add_compressed(self, module: str, whole: Tensor, merged: dict[int, Tensor]) -> None:
        energies = {rank: float(each.square().sum()) for rank, each in merged.items()}
        self._add(module, torch.linalg.svdvals(whole).square(), float(whole.square().sum()), energies)

    def _add(self, module: str, squares: Tensor, total: float, energies: dict[int, float]) -> None:
        rank = core.rank_of(squares.sqrt())
        shares = (squares[: min(rank, MOST_VALUES)] / total).tolist() if total > 0 else []
        self.spectra.append(Spectrum(module, rank if total > 0 else 0, total**0.5, tuple(shares)))
        if total <= 0:
            return
        self._whole += total
        for each, energy in energies.items():
            self._sums[each] += energy
            share = min(1.0, energy / total)
            if each not in self._worst or share < self._worst[each][0]:
                self._worst[each] = (share, module)

    def energies(self) -> list[RankEnergy]:
        if self._whole <= 0:
            return []
        return [
            RankEnergy(rank, min(1.0, energy / self._whole), *self._worst[rank]) for rank, energy in self._sums.items()
        ]
