"""What the modules of a base hear when each adapter answers its own questions: for `core_regmean`.

Of every module's inputs x only E[(V^T x)(V^T x)^T] is kept, with V the joint right basis of the adapters there: a
matrix as small as the cores, whatever the width of the model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from aird.merge.methods.core import Cores

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gram:
    """One module: `matrices[i]` is E[(V^T x)(V^T x)^T] over adapter i's inputs, float64, in the basis in which the
    stacked right factors are `rights` (sum of ranks x k)."""

    rights: Tensor
    matrices: tuple[Tensor, ...]

    def within(self, space: Cores, present: Sequence[int]) -> list[Tensor]:
        """The matrices of the adapters `present`, in the basis `space.v` of the same adapters."""
        raise NotImplementedError


def collect(
    base: Path,
    adapters: Sequence[Path],
    items: Sequence[Sequence[Item]],
    *,
    threads: int = 1,
    report: Callable[[int, int], None] | None = None,
) -> dict[str, Gram]:
    """By module, what `core_regmean` needs; `items[i]` are the questions of adapter i (chat items, answers ignored)."""
    raise NotImplementedError
