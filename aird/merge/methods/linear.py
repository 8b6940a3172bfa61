"""The exact weighted sum of the adapters' changes ("task arithmetic", https://arxiv.org/abs/2212.04089).

Stacking the factors gives sum_i w_i B_i A_i without any error, at the sum of the ranks. Where a lower rank is
wanted, the sum of the cores is cut by an SVD, which is the best possible cut in the Frobenius norm.
"""

from collections.abc import Sequence

import torch

from aird.merge.methods.core import Cores, Merged, Pair


def merge(space: Cores, weights: Sequence[float]) -> Merged:
    """The merged core of one module, float64."""
    return Merged(space, torch.stack([core * weight for core, weight in zip(space.cores, weights, strict=True)]).sum(0))


def stack(pairs: Sequence[Pair], weights: Sequence[float]) -> Pair:
    """The sum itself as one pair (B, A), at the sum of the ranks."""
    b = torch.cat([b * weight for (b, _), weight in zip(pairs, weights, strict=True)], dim=1)
    return b, torch.cat([a for _, a in pairs], dim=0)
