"""Merge adapter folders into one plain LoRA folder, module by module.

Memory holds one module of all adapters at a time: the result is written as it is made. It has lora_alpha equal to its
rank (scaling 1) and the same rank in every module, so that any runtime can load it.
"""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import pad

from aird.merge.methods import core, ctm, iso_c, knots_ties, linear, ties, tsv
from aird.merge.methods.base import MergeDiagnostics, Method, SourceDiagnostics
from aird.merge.methods.core import Cores, Merged, Pair
from aird.merge.methods.errors import MergeNotPossible
from aird.runtimes import adapters as adapter_files
from aird.runtimes.adapters import MAX_RANK, Adapter
from aird.runtimes.tensor_file import TensorReader


def merge_adapters(
    method: Method,
    adapters: Sequence[Path],
    weights: Sequence[float],
    out: Path,
    *,
    scale: float = 1.0,
    rank: int | None = None,
    densities: Sequence[float] | None = None,
    normalize: bool = True,
    base_name: str = "base",
    threads: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> MergeDiagnostics:
    """Write the merged adapter to `out`. `scale` multiplies the whole; `rank` None keeps all there is.

    `densities`, one in (0, 1] per adapter, is what the methods that trim leave of each (None: everything);
    `normalize` divides their sum by the weights that agree.

    A weight of 1 leaves an adapter's singular values as they are. With tsv that is the usual choice for every
    parent, since the rule itself sees to it that they do not add up; with linear the weights are plain
    factors. A module that an adapter lacks counts as unchanged by it. Raises AdapterUnusable for adapters
    that are more than plain LoRA, MergeNotPossible where they do not fit together. `report` hears (modules
    done, modules in all) after each.
    """
    started = time.monotonic()
    torch.set_num_threads(threads)
    shares = [1.0] * len(weights) if densities is None else list(densities)
    _check(adapters, weights, shares, scale, rank)
    sources = [adapter_files.read(folder) for folder in adapters]
    modules = sorted({module for source in sources for module in source.shapes})
    _check_shapes(sources, modules)

    ranks = {m: _rank(method, [s.shapes[m] for s in sources if m in s.shapes], rank) for m in modules}
    width = max(ranks.values())
    shapes = {m: next((s.shapes[m][0], width, s.shapes[m][2]) for s in sources if m in s.shapes) for m in modules}
    sums = _Sums(len(sources))
    with ExitStack() as stack:
        opened = [stack.enter_context(source.open()) for source in sources]
        writer = stack.enter_context(adapter_files.writing(out, shapes, base_name=base_name))
        for number, module in enumerate(modules):
            present = [i for i, source in enumerate(sources) if module in source.shapes]
            scaled = [weights[i] * scale for i in present]
            pairs = [_pair(sources[i], module, opened[i]) for i in present]
            chosen = [weights[i] for i in present], [shares[i] for i in present]
            whole = merge_module(method, core.cores_of(pairs), *chosen, rank=rank, normalize=normalize)
            whole = Merged(whole.space, whole.core * scale)
            if method == "linear" and (rank is None or rank >= sum(a.shape[0] for _, a in pairs)):
                b, a = linear.stack(pairs, scaled)
            else:
                b, a = core.factorise(whole.core, whole.space, rank)
            missing = width - a.shape[0]
            writer.add(module, pad(b.float(), (0, missing)), pad(a.float(), (0, 0, 0, missing)))
            sums.add(whole.space, present, scaled, whole.core, rank)
            if report is not None:
                report(number + 1, len(modules))
    return sums.diagnostics(method, len(modules), width, time.monotonic() - started)


def _rank(method: Method, shapes: Sequence[tuple[int, int, int]], rank: int | None) -> int:
    """The most that one module of the result can have: a sum is stacked, the others have at most a matrix's rank."""
    out, _, inner = shapes[0]
    summed = sum(own for _, own, _ in shapes)
    if method == "ctm" and rank is None:
        rank = max(own for _, own, _ in shapes)
    if method == "linear" and (rank is None or rank >= summed):
        return summed
    return min(summed, out, inner, rank or summed)


def merge_module(
    method: Method,
    space: Cores,
    weights: Sequence[float],
    densities: Sequence[float],
    *,
    rank: int | None = None,
    normalize: bool = True,
) -> Merged:
    """One module by the method's rule. Only `ctm` looks at the rank: all others are cut to it afterwards."""
    match method:
        case "linear":
            return linear.merge(space, weights)
        case "tsv":
            return tsv.merge(space, weights)
        case "iso_c":
            return iso_c.merge(space, weights)
        case "ties":
            return ties.merge(space, weights, densities, normalize=normalize)
        case "knots_ties":
            return knots_ties.merge(space, weights, densities, normalize=normalize)
        case "ctm":
            return ctm.merge(space, weights, rank or max(left.shape[1] for left in space.lefts))


def _check(
    adapters: Sequence[Path], weights: Sequence[float], densities: Sequence[float], scale: float, rank: int | None
) -> None:
    if not adapters or not len(adapters) == len(weights) == len(densities):
        raise MergeNotPossible(f"A merge needs one weight per adapter; got {len(adapters)} and {len(weights)}.")
    if not all(math.isfinite(number) for number in [*weights, scale]):
        raise MergeNotPossible("Weights and scale must be finite numbers.")
    if not all(0 < density <= 1 for density in densities):
        raise MergeNotPossible("A density is the share of an adapter that is kept: above 0, at most 1.")
    if rank is not None and not 1 <= rank <= MAX_RANK:
        raise MergeNotPossible(f"The rank must lie between 1 and {MAX_RANK}, or be left out to keep everything.")


def _check_shapes(sources: Sequence[Adapter], modules: Sequence[str]) -> None:
    for module in modules:
        shapes = {(s.shapes[module][0], s.shapes[module][2]) for s in sources if module in s.shapes}
        if len(shapes) > 1:
            raise MergeNotPossible(
                f"{module} has the shapes {sorted(shapes)} in these adapters, so they were made for "
                "different bases. "
                "Merge adapters of one base only."
            )


def _pair(source: Adapter, module: str, file: TensorReader) -> Pair:
    factors = source.factors(module, file)
    return factors.b.double() * factors.scaling, factors.a.double()


class _Sums:
    """Adds up the diagnostics over the modules, from the cores alone."""

    def __init__(self, count: int) -> None:
        self._energy = [0.0] * count
        self._weighted = [0.0] * count
        self._kept = [0.0] * count
        self._overlap = torch.zeros(count, count, dtype=torch.float64)
        self._seen = torch.zeros(count, count, dtype=torch.float64)
        self._spectra: list[Tensor] = []
        self._merged = [0.0, 0.0]

    def add(self, space: Cores, present: list[int], weights: list[float], merged: Tensor, rank: int | None) -> None:
        left, values, right = torch.linalg.svd(merged, full_matrices=False)
        kept = min(core.rank_of(values), rank or MAX_RANK)
        left, right = left[:, :kept], right[:kept]
        for i, matrix, weight in zip(present, space.cores, weights, strict=True):
            energy = float(matrix.square().sum())
            self._energy[i] += energy
            self._weighted[i] += energy * weight**2
            self._kept[i] += float((left.T @ matrix @ right.T).square().sum())
        spans = [core.orthonormal(span) for span in space.lefts]
        for i, one in zip(present, spans, strict=True):
            for j, other in zip(present, spans, strict=True):
                if smaller := min(one.shape[1], other.shape[1]):
                    self._overlap[i, j] += float((one.T @ other).square().sum()) / smaller
                    self._seen[i, j] += 1
        self._spectra.append(values[:kept].square())
        self._merged[0] += float(values[:kept].square().sum())
        self._merged[1] += float(values.square().sum())

    def diagnostics(self, method: Method, modules: int, rank: int, seconds: float) -> MergeDiagnostics:
        total = sum(self._weighted)
        sources = tuple(
            SourceDiagnostics(_share(weighted, total), _share(kept, energy))
            for weighted, kept, energy in zip(self._weighted, self._kept, self._energy, strict=True)
        )
        overlap = (self._overlap / self._seen.clamp(min=1)).tolist()
        return MergeDiagnostics(
            method=method,
            modules=modules,
            rank=rank,
            sources=sources,
            overlap=tuple(tuple(row) for row in overlap),
            effective_rank=sum(_effective_rank(s) for s in self._spectra) / max(1, len(self._spectra)),
            energy_kept=_share(*self._merged),
            seconds=seconds,
        )


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole > 0 else 0.0


def _effective_rank(squares: Tensor) -> float:
    shares = squares[squares > 0] / squares.sum()
    return float(torch.exp(-(shares * shares.log()).sum())) if shares.numel() else 0.0
