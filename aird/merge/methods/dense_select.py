"""The largest entries of a matrix that is seen block by block and never held: an exact selection in two passes.

The bits of a float32 that is not negative, read as a whole number, are ordered as the float is. One pass counts the
upper half of them, a second the lower half within the one bin that holds the k-th largest entry.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

BINS = 1 << 16


class Largest:
    """The `count` largest entries by magnitude; of equal ones those that come first. None: all.

    `l1` is the sum of all magnitudes, `kept_l1` of those that are kept.
    """

    def __init__(self, threshold: float, ties: int, l1: float, kept_l1: float) -> None:
        self.threshold, self.ties, self.l1, self.kept_l1 = threshold, ties, l1, kept_l1

    def walk(self) -> Callable[[Tensor], Tensor]:
        """For one walk over the blocks in order: the entries of a block that are kept, as a mask."""
        left = self.ties

        def mask(block: Tensor) -> Tensor:
            nonlocal left
            sizes = magnitudes(block)
            kept = sizes > self.threshold
            if left > 0:
                equal = torch.nonzero(sizes == self.threshold).reshape(-1)[:left]
                kept[equal] = True
                left -= equal.numel()
            return kept.reshape(block.shape)

        return mask


def magnitudes(block: Tensor) -> Tensor:
    """What is compared, in one row."""
    return block.abs().float().reshape(-1)


def largest(walk: Callable[[], Iterator[list[Tensor]]], counts: list[int]) -> list[Largest]:
    """For each of the matrices that `walk` gives block by block, its `counts[i]` largest entries, at least one."""
    high = [torch.zeros(BINS, dtype=torch.int64) for _ in counts]
    l1 = [0.0] * len(counts)
    for blocks in walk():
        for i, block in enumerate(blocks):
            sizes = magnitudes(block)
            l1[i] += float(sizes.sum(dtype=torch.float64))
            high[i] += torch.bincount(sizes.view(torch.int32) >> 16, minlength=BINS)
    bins = [_bin(histogram, count) for histogram, count in zip(high, counts, strict=True)]
    low = [torch.zeros(BINS, dtype=torch.int64) for _ in counts]
    above = [0.0] * len(counts)
    for blocks in walk():
        for i, block in enumerate(blocks):
            sizes = magnitudes(block)
            upper = sizes.view(torch.int32) >> 16
            above[i] += float(sizes[upper > bins[i][0]].sum(dtype=torch.float64))
            low[i] += torch.bincount(sizes[upper == bins[i][0]].view(torch.int32) & (BINS - 1), minlength=BINS)
    return [_largest(bins[i], low[i], l1[i], above[i]) for i in range(len(counts))]


def _bin(histogram: Tensor, count: int) -> tuple[int, int]:
    """The bin that holds the `count`-th largest entry, and which of its entries that is."""
    reached = histogram.flip(0).cumsum(0)
    at = int(torch.searchsorted(reached, count))
    return BINS - 1 - at, count - (int(reached[at - 1]) if at else 0)


def _largest(upper: tuple[int, int], histogram: Tensor, l1: float, above: float) -> Largest:
    lower, ties = _bin(histogram, upper[1])
    values = (torch.arange(BINS, dtype=torch.int32) | (upper[0] << 16)).view(torch.float32).double()
    inside = float((values[lower + 1 :] * histogram[lower + 1 :]).sum())
    threshold = float(values[lower])
    return Largest(threshold, ties, l1, above + inside + ties * threshold)
