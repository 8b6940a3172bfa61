"""Compress then merge (CtM, https://arxiv.org/abs/2606.03723): first a common subspace of the rank, then the sum.

Orthonormal P and Q of `rank` columns are found that keep as much as can be kept of all adapters at once, each taken at
norm 1 so that no loud one rules (higher-order orthogonal iteration); the adapters are projected and their weighted
sum taken there. The rank of the result is therefore never cut afterwards. Does not depend on the chosen basis.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from aird.merge.methods.core import Cores, Merged

ROUNDS = 50
ENOUGH = 1e-9
"""The kept energy, relative to the last round's, below whose growth the iteration ends."""


def merge(space: Cores, weights: Sequence[float], rank: int) -> Merged:
    """The merged core of one module, float64, of at most `rank`."""
    rank = min(rank, space.u.size, space.v.size)
    left, right = subspaces([each / (each.norm() or 1.0) for each in space.cores], rank)
    summed = torch.stack([each * weight for each, weight in zip(space.cores, weights, strict=True)]).sum(0)
    return Merged(space, left @ (left.T @ summed @ right) @ right.T)


def subspaces(matrices: Sequence[Tensor], rank: int) -> tuple[Tensor, Tensor]:
    """Orthonormal (P, Q), rows x rank and columns x rank, that maximise the sum of |P^T M_i Q|^2 by turns."""
    left = _leading(torch.cat(list(matrices), dim=1), rank)
    before = 0.0
    for _ in range(ROUNDS):
        right = _leading(torch.cat([each.T @ left for each in matrices], dim=1), rank)
        left = _leading(torch.cat([each @ right for each in matrices], dim=1), rank)
        energy = sum(float((left.T @ each @ right).square().sum()) for each in matrices)
        if energy - before <= ENOUGH * energy:
            break
        before = energy
    return left, right


def _leading(matrix: Tensor, rank: int) -> Tensor:
    left, _, _ = torch.linalg.svd(matrix, full_matrices=False)
    kept: Tensor = left[:, :rank]
    return kept
