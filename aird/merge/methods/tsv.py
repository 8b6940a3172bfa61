"""Task singular vectors in core space (TSV-M, https://arxiv.org/abs/2412.00081).

Each adapter's core is split into singular vectors u_i, v_i and values s_i. The vectors of all adapters are
made orthogonal to each other, by the nearest orthogonal matrix, so that the skills do not talk over one
another: M = polar([u_1 .. u_N]) diag(w_i s_i) polar([v_1 .. v_N]^T). The rule does not depend on the chosen
basis.
"""

from collections.abc import Sequence

import torch

from aird.merge.methods import core
from aird.merge.methods.core import Cores, Merged


def merge(space: Cores, weights: Sequence[float]) -> Merged:
    """The merged core of one module, float64."""
    lefts, values, rights = [], [], []
    for matrix, weight in zip(space.cores, weights, strict=True):
        left, value, right = torch.linalg.svd(matrix, full_matrices=False)
        kept = core.rank_of(value)
        lefts.append(left[:, :kept])
        values.append(value[:kept] * weight)
        rights.append(right[:kept])
    u, v = core.polar(torch.cat(lefts, dim=1)), core.polar(torch.cat(rights, dim=0))
    return Merged(space, u * torch.cat(values) @ v)
