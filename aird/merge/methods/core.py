"""The algebra of low-rank changes: every rule on N adapters of one module works on small matrices only.

Adapter i changes a weight (m x n) by B_i A_i, with B_i (m x r_i, scaling and weight folded in where said) and
A_i (r_i x n). With orthonormal U over the columns of all B_i and V over the rows of all A_i, the cores
M_i = (U^T B_i)(A_i V) hold all there is to know, and no m x n matrix is ever formed. See "Accurate and
Efficient Low-Rank Model Merging in Core Space" (https://arxiv.org/abs/2509.17786). Arithmetic is float64.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Pair = tuple[Tensor, Tensor]
"""(B, A): the change of one weight is B @ A."""

NULL = 1e-12
"""Singular values below this share of the largest are rounding, not signal."""


@dataclass(frozen=True, slots=True)
class Cores:
    """The adapters of one module in common bases: change i is u @ cores[i] @ v.T."""

    u: Tensor
    v: Tensor
    lefts: tuple[Tensor, ...]
    """U^T B_i"""
    rights: tuple[Tensor, ...]
    """A_i V"""

    @property
    def cores(self) -> tuple[Tensor, ...]:
        return tuple(left @ right for left, right in zip(self.lefts, self.rights, strict=True))


def cores_of(pairs: Sequence[Pair]) -> Cores:
    """Common bases of the pairs, and each pair in them."""
    bs = [b.double() for b, _ in pairs]
    as_ = [a.double() for _, a in pairs]
    u, v = orthonormal(torch.cat(bs, dim=1)), orthonormal(torch.cat(as_, dim=0).T)
    return Cores(u, v, tuple(u.T @ b for b in bs), tuple(a @ v for a in as_))


def orthonormal(columns: Tensor) -> Tensor:
    """An orthonormal basis of the space of the columns (m x k -> m x rank), by way of their k x k Gram
    matrix.

    Several times faster than Householder QR on tall matrices, and unlike CholeskyQR at ease with dependent
    and zero columns. The second round brings orthogonality to rounding error
    (https://doi.org/10.1137/S1064827500370883).
    """
    basis: Tensor = columns / columns.norm(dim=0).clamp(min=torch.finfo(columns.dtype).tiny)
    for _ in range(2):
        values, vectors = torch.linalg.eigh(basis.T @ basis)
        kept = values > (values[-1].clamp(min=0) * 1e-14 if values.numel() else 0)
        basis = basis @ (vectors[:, kept] / values[kept].sqrt())
    return basis


def factorise(core: Tensor, space: Cores, rank: int | None) -> Pair:
    """The best pair of at most `rank` (None: all of the core) for the change u @ core @ v.T, evenly
    balanced."""
    left, values, right = torch.linalg.svd(core, full_matrices=False)
    kept = rank_of(values) if rank is None else min(rank_of(values), rank)
    root = values[:kept].sqrt()
    return space.u @ (left[:, :kept] * root), (root[:, None] * right[:kept]) @ space.v.T


def rank_of(values: Tensor) -> int:
    """How many singular values (falling) are more than rounding."""
    return int((values > values[0] * NULL).sum()) if values.numel() else 0


def polar(matrix: Tensor) -> Tensor:
    """The nearest matrix with orthonormal columns or rows; null directions stay null, so it is unique."""
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    kept = int((values > values[0] * 1e-9).sum()) if values.numel() else 0
    nearest: Tensor = left[:, :kept] @ right[:kept]
    return nearest
