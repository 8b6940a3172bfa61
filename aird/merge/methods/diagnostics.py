"""What a merge did to each module, from the cores alone, and the sums over all of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from aird.merge.methods import core
from aird.merge.methods.base import BASES, MergeDiagnostics, Method, ModuleReport, SourceDiagnostics
from aird.merge.methods.core import Cores
from aird.runtimes.adapters import MAX_RANK


@dataclass(frozen=True, slots=True)
class ModuleSums:
    """What one module adds to the diagnostics, in plain numbers, so that a journal can keep it.

    The lists go along `present`, the parents that change this module: squared norms of their changes, the same with
    their weights, and what is kept of them; `overlaps` has -1 where there is nothing to compare. `merged` and
    `merged_kept` are the squared norm of the merged change and what its rank keeps of it.
    """

    module: str
    rank: int
    present: list[int]
    energies: list[float]
    weighted: list[float]
    kept: list[float]
    overlaps: list[list[float]]
    effective_rank: float
    merged: float
    merged_kept: float

    def plain(self) -> dict[str, Any]:
        """The fields by name, as JSON can hold them without loss."""
        return asdict(self)

    def report(self, parents: int) -> ModuleReport:
        """The module's line in the report of a merge of so many parents."""
        kept = [1.0] * parents
        for i, part, energy in zip(self.present, self.kept, self.energies, strict=True):
            kept[i] = share(part, energy) if energy > 0 else 1.0
        whole = share(self.merged_kept, self.merged) if self.merged > 0 else 1.0
        return ModuleReport(self.module, self.rank, whole, tuple(kept))


def of_module(
    module: str, space: Cores, present: Sequence[int], weights: Sequence[float], merged: Tensor, rank: int | None
) -> ModuleSums:
    """What became of one module; `weights` are the factors of the changes, `merged` is the merged core."""
    left, values, right = torch.linalg.svd(merged, full_matrices=False)
    kept = min(core.rank_of(values), rank or MAX_RANK)
    left, right, squares = left[:, :kept], right[:kept], values.square()
    energies = [float(matrix.square().sum()) for matrix in space.cores]
    spans = [core.orthonormal(span) for span in space.lefts]
    return ModuleSums(
        module=module,
        rank=kept,
        present=list(present),
        energies=energies,
        weighted=[energy * weight**2 for energy, weight in zip(energies, weights, strict=True)],
        kept=[float((left.T @ matrix @ right.T).square().sum()) for matrix in space.cores],
        overlaps=[[_overlap(one, other) for other in spans] for one in spans],
        effective_rank=_effective_rank(squares[:kept]),
        merged=float(squares.sum()),
        merged_kept=float(squares[:kept].sum()),
    )


def _overlap(one: Tensor, other: Tensor) -> float:
    smaller = min(one.shape[1], other.shape[1])
    return float((one.T @ other).square().sum()) / smaller if smaller else -1.0


def total(method: Method, modules: Sequence[ModuleSums], parents: int, rank: int, seconds: float) -> MergeDiagnostics:
    """The diagnostics of the whole merge; `rank` is that of the result's modules."""
    energies, weighted, kept = [0.0] * parents, [0.0] * parents, [0.0] * parents
    overlap = torch.zeros(parents, parents, dtype=torch.float64)
    seen = torch.zeros_like(overlap)
    for each in modules:
        for at, i in enumerate(each.present):
            energies[i] += each.energies[at]
            weighted[i] += each.weighted[at]
            kept[i] += each.kept[at]
            for other, j in enumerate(each.present):
                if each.overlaps[at][other] >= 0:
                    overlap[i, j] += each.overlaps[at][other]
                    seen[i, j] += 1
    return MergeDiagnostics(
        method=method,
        modules=len(modules),
        rank=rank,
        sources=tuple(
            SourceDiagnostics(share(loud, sum(weighted)), share(part, energy))
            for loud, part, energy in zip(weighted, kept, energies, strict=True)
        ),
        overlap=tuple(tuple(row) for row in (overlap / seen.clamp(min=1)).tolist()),
        effective_rank=sum(each.effective_rank for each in modules) / max(1, len(modules)),
        energy_kept=share(sum(each.merged_kept for each in modules), sum(each.merged for each in modules)),
        seconds=seconds,
        basis=BASES.get(method, ""),
        report=tuple(each.report(parents) for each in modules),
    )


def share(part: float, whole: float) -> float:
    """`part` of `whole`, at most 1; 0 of nothing."""
    return min(1.0, part / whole) if whole > 0 else 0.0


def _effective_rank(squares: Tensor) -> float:
    shares = squares[squares > 0] / squares.sum()
    return float(torch.exp(-(shares * shares.log()).sum())) if shares.numel() else 0.0
