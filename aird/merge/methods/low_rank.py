"""The nearest product of two factors to a matrix, with what it loses known and not guessed.

Large matrices go through the randomised range finder with power iterations of Halko, Martinsson and Tropp
(https://arxiv.org/abs/0909.4061, algorithms 4.4 and 5.1), from a seeded test matrix; small ones, and those of which
almost everything is wanted, through an exact decomposition.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

OVERSAMPLING = 16
POWER_ITERATIONS = 2
SMALL = 256
"""Up to this smaller side a matrix is decomposed exactly."""
FIRST_SKETCH = 32
SEED = 0


@dataclass(frozen=True, slots=True)
class LowRank:
    """`b` (out x rank) and `a` (rank x in), whose product is the approximation.

    With Q the basis that was found, |D - ba|^2 = |D|^2 - (the kept singular values of Q'D)^2 exactly, whatever the
    quality of Q: `energy` is the share that is kept, `norm` is |D|. No other matrix of this rank keeps more than
    `energy + slack`: what lies outside Q bounds what a better basis could have added.
    """

    b: Tensor
    a: Tensor
    norm: float
    energy: float
    slack: float

    @property
    def rank(self) -> int:
        return self.a.shape[0]


def approximate(matrix: Tensor, rank: int | None, energy: float, most: int) -> LowRank:
    """The best factors of a float32 `matrix` (out x in) of at most `rank`, or the fewest that keep `energy`.

    `energy` is a share of the squared norm, looked at where `rank` is None; then at most `most` are taken, and fewer
    may keep less than what was asked for. A zero matrix has rank 0.
    """
    total = math.fsum(float(rows.double().square().sum()) for rows in _rows(matrix))
    if total == 0:
        return LowRank(matrix.new_zeros(matrix.shape[0], 0), matrix.new_zeros(0, matrix.shape[1]), 0.0, 1.0, 0.0)
    side = min(matrix.shape)
    limit = min(rank or most, most, side)
    sketch = limit if rank is not None else min(FIRST_SKETCH, limit)
    while True:
        width = sketch + OVERSAMPLING
        if side <= SMALL or 3 * width >= side:
            left, values, right = _exact(matrix)
            outside = 0.0
        else:
            left, values, right = _sketched(matrix, width)
            outside = max(0.0, total - float(values.square().sum()))
        shares = values.square().cumsum(0) / total
        if rank is not None or sketch >= limit or outside == 0.0 or float(shares[sketch - 1]) >= energy:
            break
        sketch = min(2 * sketch, limit)
    kept = limit if rank is not None else min(limit, _fewest(shares, energy))
    kept = min(kept, int((values > values[0] * 1e-12).sum()))
    root = values[:kept].sqrt()
    b = (left[:, :kept] * root).float()
    a = (root[:, None] * right[:kept]).float()
    return LowRank(b, a, math.sqrt(total), min(1.0, float(shares[kept - 1])), min(1.0, outside / total))


def of_factors(b: Tensor, a: Tensor, rank: int | None, energy: float, most: int) -> LowRank:
    """The same of a product b @ a that is never formed: exact, from two thin decompositions."""
    left, upper = torch.linalg.qr(b.double())
    right, lower = torch.linalg.qr(a.double().T)
    u, values, v = torch.linalg.svd(upper @ lower.T, full_matrices=False)
    total = float(values.square().sum())
    if total == 0:
        return LowRank(b.new_zeros(b.shape[0], 0).float(), a.new_zeros(0, a.shape[1]).float(), 0.0, 1.0, 0.0)
    shares = values.square().cumsum(0) / total
    wanted = rank if rank is not None else _fewest(shares, energy)
    kept = min(wanted, most, int((values > values[0] * 1e-12).sum()))
    root = values[:kept].sqrt()
    return LowRank(
        (left @ (u[:, :kept] * root)).float(),
        ((root[:, None] * v[:kept]) @ right.T).float(),
        math.sqrt(total),
        min(1.0, float(shares[kept - 1])),
        0.0,
    )


def _rows(matrix: Tensor) -> Iterator[Tensor]:
    """The matrix in pieces."""
    for first in range(0, matrix.shape[0], 1024):
        yield matrix[first : first + 1024]


def _fewest(shares: Tensor, energy: float) -> int:
    """How many values it takes to reach the share; all where rounding keeps even all of them below it."""
    return min(int((shares < energy - 1e-9).sum()) + 1, shares.shape[0])


def _exact(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    left, values, right = torch.linalg.svd(matrix.double(), full_matrices=False)
    return left, values, right


def _sketched(matrix: Tensor, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Singular values (float64) and vectors of the matrix seen through a basis of `width` columns."""
    random = torch.Generator().manual_seed(SEED)
    basis = matrix @ torch.randn(matrix.shape[1], width, generator=random)
    for _ in range(POWER_ITERATIONS):
        basis = torch.linalg.qr(basis).Q
        basis = matrix @ torch.linalg.qr(matrix.T @ basis).Q
    basis = torch.linalg.qr(basis.double()).Q
    small = basis.float().T @ matrix
    u, values, right = torch.linalg.svd(small.double(), full_matrices=False)
    return basis @ u, values, right
