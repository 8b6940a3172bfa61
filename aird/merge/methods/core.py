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
WELL_CONDITIONED = 1e-6
"""One round of orthogonalisation by the Gram matrix errs by 1e-16 over this share: 1e-10 at the most."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Orthonormal columns (m x k), kept as `columns @ mix`: with few result columns the tall product is thin."""

    columns: Tensor
    """m x c, float64"""
    mix: Tensor
    """c x k, float64"""

    @property
    def size(self) -> int:
        """How many columns there are: k."""
        return self.mix.shape[1]

    @property
    def matrix(self) -> Tensor:
        """The columns themselves, m x k."""
        return self.columns @ self.mix

    def times(self, small: Tensor) -> Tensor:
        """matrix @ small, for small of k rows, m x k never formed."""
        return self.columns @ (self.mix @ small)

    def turned(self, rotation: Tensor) -> "Basis":
        """The basis whose columns are matrix @ rotation."""
        return Basis(self.columns, self.mix @ rotation)


def plain(columns: Tensor) -> Basis:
    """A basis whose orthonormal columns are at hand."""
    return Basis(columns, torch.eye(columns.shape[1], dtype=columns.dtype, device=columns.device))


@dataclass(frozen=True, slots=True)
class Cores:
    """The adapters of one module in common bases: change i is u.matrix @ cores[i] @ v.matrix.T."""

    u: Basis
    v: Basis
    lefts: tuple[Tensor, ...]
    """U^T B_i"""
    rights: tuple[Tensor, ...]
    """A_i V"""

    @property
    def cores(self) -> tuple[Tensor, ...]:
        return tuple(left @ right for left, right in zip(self.lefts, self.rights, strict=True))


@dataclass(frozen=True, slots=True)
class Merged:
    """What a rule made of one module: the change space.u.matrix @ core @ space.v.matrix.T.

    `space` is the one the rule was given, or another one that holds the same adapters.
    """

    space: Cores
    core: Tensor


def cores_of(pairs: Sequence[Pair]) -> Cores:
    """Common bases of the pairs, and each pair in them."""
    u, lefts = _in_basis([b.double() for b, _ in pairs])
    v, rights = basis_of_rows([a for _, a in pairs])
    return Cores(u, v, lefts, rights)


def basis_of_rows(rows: Sequence[Tensor]) -> tuple[Basis, tuple[Tensor, ...]]:
    """A common basis V (in x k) of the rows of all A_i (r_i x in), and A_i V of each of them."""
    basis, inside = _in_basis([each.double().T for each in rows])
    return basis, tuple(each.T for each in inside)


def _in_basis(parts: Sequence[Tensor]) -> tuple[Basis, tuple[Tensor, ...]]:
    """An orthonormal basis of the columns of all parts (m x r_i each), and basis^T @ part for each of them."""
    stacked = torch.cat(list(parts), dim=1)
    norms = stacked.norm(dim=0).clamp(min=torch.finfo(stacked.dtype).tiny)
    columns = stacked / norms
    gram = columns.T @ columns
    mix, spread = _whitening(gram)
    if spread > WELL_CONDITIONED:
        basis = Basis(columns, mix)
        inside = mix.T @ gram * norms
    else:
        basis = plain(orthonormal(stacked))
        inside = basis.columns.T @ stacked
    return basis, inside.split([part.shape[1] for part in parts], dim=1)


def _whitening(gram: Tensor) -> tuple[Tensor, float]:
    """(mix such that columns @ mix is orthonormal, smallest kept eigenvalue as a share of the largest)."""
    values, vectors = torch.linalg.eigh(gram)
    top = float(values[-1].clamp(min=0)) if values.numel() else 0.0
    kept = values > top * 1e-14
    if not bool(kept.any()):
        return vectors[:, kept], 1.0
    spread = float(values[kept][0]) / top if bool(kept.all()) else 0.0
    return vectors[:, kept] / values[kept].sqrt(), spread


def orthonormal(columns: Tensor) -> Tensor:
    """An orthonormal basis of the space of the columns (m x k -> m x rank), by way of their k x k Gram
    matrix.

    Several times faster than Householder QR on tall matrices, and unlike CholeskyQR at ease with dependent
    and zero columns. The second round brings orthogonality to rounding error
    (https://doi.org/10.1137/S1064827500370883).
    """
    basis: Tensor = columns / columns.norm(dim=0).clamp(min=torch.finfo(columns.dtype).tiny)
    for _ in range(2):
        basis = basis @ _whitening(basis.T @ basis)[0]
    return basis


def singular_bases(space: Cores) -> Cores:
    """The same adapters in the singular bases of their stacked factors, which depend on the adapters alone.

    `cores_of` gives some basis of the right space; a rule that looks at single entries needs this one.
    """
    left, _, _ = torch.linalg.svd(torch.cat(space.lefts, dim=1), full_matrices=False)
    _, _, right = torch.linalg.svd(torch.cat(space.rights, dim=0), full_matrices=False)
    return Cores(
        space.u.turned(left),
        space.v.turned(right.T),
        tuple(left.T @ each for each in space.lefts),
        tuple(each @ right.T for each in space.rights),
    )


def factorise(core: Tensor, space: Cores, rank: int | None) -> Pair:
    """The best pair of at most `rank` (None: all of the core) for the change of `core` in `space`, evenly
    balanced."""
    left, values, right = torch.linalg.svd(core, full_matrices=False)
    kept = rank_of(values) if rank is None else min(rank_of(values), rank)
    root = values[:kept].sqrt()
    return space.u.times(left[:, :kept] * root), space.v.times(right[:kept].T * root).T


def rank_of(values: Tensor) -> int:
    """How many singular values (falling) are more than rounding."""
    return int((values > values[0] * NULL).sum()) if values.numel() else 0


def polar(matrix: Tensor) -> Tensor:
    """The nearest matrix with orthonormal columns or rows; null directions stay null, so it is unique."""
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    kept = int((values > values[0] * 1e-9).sum()) if values.numel() else 0
    nearest: Tensor = left[:, :kept] @ right[:kept]
    return nearest
