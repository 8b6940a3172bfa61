"""RegMean in core space: the merged change that answers each adapter's own inputs as that adapter does.

For a linear module with inputs x, RegMean (https://arxiv.org/abs/2212.09849) minimises the sum over adapters of
E |(M - M_i) x|^2, whose solution is M = (sum M_i G_i)(sum G_i)^-1 with G_i = E[x x^T]. Here x is what the adapters can
see of it, v^T x, so that every matrix is as small as the cores. The inputs need no labels. Does not depend on the
chosen basis.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from aird.merge.methods import core
from aird.merge.methods.core import Cores, Merged

RIDGE = 1e-6
"""Added to the Gram matrices' diagonal, as a share of its mean: directions that no input has stay as in the mean."""


def merge(space: Cores, weights: Sequence[float], grams: Sequence[Tensor], rank: int | None = None) -> Merged:
    """The merged core of one module, float64.

    `grams[i]` is E[(v^T x)(v^T x)^T] over adapter i's inputs, k x k with k the size of space.v. With `rank` the
    result is the best of that rank for these inputs (reduced-rank regression), not the best of its norm.
    """
    eye = torch.eye(space.v.size, dtype=torch.float64, device=space.v.mix.device)
    total = torch.zeros_like(eye)
    target = eye.new_zeros(space.u.size, space.v.size)
    for each, weight, gram in zip(space.cores, weights, grams, strict=True):
        loaded = gram.double() + eye * (RIDGE * gram.diagonal().mean().clamp(min=1e-30))
        total += loaded
        target += weight * each @ loaded
    solved = torch.linalg.solve(total, target, left=False)
    if rank is None or rank >= core.rank_of(torch.linalg.svdvals(solved)):
        return Merged(space, solved)
    values, vectors = torch.linalg.eigh(total)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    left, _, _ = torch.linalg.svd(solved @ root, full_matrices=False)
    return Merged(space, left[:, :rank] @ (left[:, :rank].T @ solved))
