"""Add up the changes of several adapters in a whole model, where no adapter can hold the sum: exact for every kind.

DoRA scales the base's own rows, and of a module that one adapter replaces and another changes by factors no adapter
could tell. Memory holds one module of the base and its change, dense.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import torch
from torch import Tensor

from aird.merge.methods import bake, extras
from aird.merge.methods.bake import Baked, Change
from aird.merge.methods.naming import named
from aird.runtimes import adapters as adapter_files
from aird.runtimes.adapters import Adapter
from aird.runtimes.tensor_file import TensorReader


def needed(sources: Sequence[Adapter]) -> bool:
    """Whether the sum of these adapters is no adapter."""
    replaced = {name.rpartition(".")[0] for each in sources for name in each.saved}
    return any("dora" in each.features or replaced & each.shapes.keys() for each in sources)


def bake_sum(
    base: Path,
    adapters: Sequence[Path],
    weights: Sequence[float],
    out: Path,
    *,
    names: Sequence[str],
    report: Callable[[int, int], None] | None = None,
    threads: int = 1,
) -> Baked:
    """Write the base plus the weighted sum of the adapters' changes to `out`; otherwise as bake.bake."""
    sources = [adapter_files.read(each) for each in adapters]
    modules = {m for each in sources for m in (*each.shapes, *(name.rpartition(".")[0] for name in each.saved))}
    with ExitStack() as stack:
        opened = [stack.enter_context(each.open()) for each in sources]
        total = _Sum(base, sources, weights, opened, names)
        return bake.bake(base, modules, total.change, out, words=adapters[0], report=report, threads=threads)


class _Sum:
    """The weighted sum of adapters, module by module."""

    def __init__(
        self,
        base: Path,
        sources: Sequence[Adapter],
        weights: Sequence[float],
        opened: Sequence[TensorReader],
        names: Sequence[str],
    ) -> None:
        self._base, self._sources, self._weights, self._opened, self._names = base, sources, weights, opened, names

    def change(self, module: str, weight: Callable[[], Tensor]) -> Change:
        """What becomes of one module."""
        whole, bias = self._replaced(f"{module}.weight"), self._replaced(f"{module}.bias")
        if not any(module in each.shapes for each in self._sources):
            return Change(weight=whole, bias=bias)
        start = weight()
        delta = torch.zeros(start.shape, dtype=torch.float32)
        for source, factor, file, name in zip(self._sources, self._weights, self._opened, self._names, strict=True):
            if module in source.shapes:
                with named(name):
                    delta.add_(extras.delta(source, module, file, start), alpha=factor)
        biases = None
        if extras.has_biases([each for each in self._sources if module in each.shapes]):
            biases = extras.summed_bias(self._sources, self._weights, module, self._opened, start.shape[0])
        if bias is not None and biases is not None:
            bias, biases = bias + biases, None
        if whole is not None:
            return Change(weight=whole + delta, bias=bias, bias_delta=biases)
        return Change(delta=delta, bias=bias, bias_delta=biases)

    def _replaced(self, name: str) -> Tensor | None:
        if not any(name in each.saved for each in self._sources):
            return None
        return extras.summed_saved(self._sources, self._weights, name, self._opened, self._base)
