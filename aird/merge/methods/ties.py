"""TIES: trim, elect sign, merge what agrees (https://arxiv.org/abs/2306.01708), on the cores.

Of every core the largest entries by magnitude stay, as large a share as its density says; for each entry the sign with
the larger weighted sum is elected; the entries with that sign are averaged by weight. An elementwise rule depends on
the basis, so the cores are first turned into the singular bases of the stacked factors, which the adapters themselves
determine ("Accurate and Efficient Low-Rank Model Merging in Core Space", https://arxiv.org/abs/2509.17786). On whole
matrices the same rule gives something else: the record of a merge names the basis.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from aird.merge.methods import core
from aird.merge.methods.core import Cores, Merged


def merge(space: Cores, weights: Sequence[float], densities: Sequence[float], *, normalize: bool = True) -> Merged:
    """The merged core of one module, float64; each density lies in (0, 1]."""
    canonical = core.singular_bases(space)
    return Merged(canonical, elect(list(canonical.cores), weights, densities, normalize=normalize))


def elect(
    tensors: Sequence[Tensor], weights: Sequence[float], densities: Sequence[float], *, normalize: bool = True
) -> Tensor:
    """The rule itself on tensors of one shape: the weighted mean (or sum) of what agrees, as mergekit 0.1.5 has it."""
    trimmed = torch.stack([trim(each, density) for each, density in zip(tensors, densities, strict=True)])
    weight = torch.tensor(weights, dtype=trimmed.dtype).reshape(-1, *[1] * (trimmed.dim() - 1))
    weighted = trimmed * weight
    sign = torch.where(weighted.sum(0) >= 0, 1.0, -1.0).to(trimmed.dtype)
    agrees = (weighted * sign > 0).to(trimmed.dtype)
    if not normalize:
        return (weighted * agrees).sum(0)
    divisor = (agrees * weight).sum(0)
    mixed: Tensor = (weighted * agrees).sum(0) / torch.where(divisor != 0, divisor, 1.0)
    return mixed


def trim(tensor: Tensor, density: float) -> Tensor:
    """The `density` share of the entries that are largest by magnitude; zeros elsewhere. At least one stays."""
    count = tensor.numel()
    kept = max(1, int(density * count))
    if kept >= count:
        return tensor
    # The threshold by partition, not by sorting.
    threshold = tensor.abs().flatten().kthvalue(count - kept + 1).values
    return torch.where(tensor.abs() >= threshold, tensor, torch.zeros_like(tensor))
