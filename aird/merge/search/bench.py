"""Where candidates are tried: the base in memory once, and one slot on it whose factors are swapped.

No candidate is written to a file. The parents' factors are read once; their common cores are worked out once for each
module and serve every candidate, whose own work is as small as the cores. For a sum there is not even that: the
parents lie stacked in the slot, and only the factor that each is multiplied by changes. What stands in the slot is
what `merge_adapters` writes, number for number.
"""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import pad

from aird.evaluation.scorers import choice, exact
from aird.evaluation.scorers.outcome import Item
from aird.merge.methods import core, linear
from aird.merge.methods.activations import Gram
from aird.merge.methods.core import Cores, Pair
from aird.merge.methods.files import merge_adapters, merge_module, result_rank
from aird.merge.search.space import Candidate
from aird.runtimes import adapters as adapter_files
from aird.runtimes import hf, loading
from aird.runtimes.adapters import Adapter, Factors

Scorer = Literal["choice", "exact"]
SCORERS = {"choice": choice.score, "exact": exact.score}
SLOT = "candidate"


class Bench:
    """The resident base, the parents' factors, and the slot. `folder` is for files of its own.

    `grams` is what core_regmean needs to know, see `aird.merge.methods.activations`.
    """

    def __init__(
        self,
        base: Path,
        adapters: Sequence[Path],
        folder: Path,
        *,
        grams: Mapping[str, Gram] | None = None,
        threads: int = 1,
    ) -> None:
        self.model = hf.load(base, threads=threads)
        self._folders = list(adapters)
        self._base = base
        self._folder = folder
        self._grams = grams
        self._threads = threads
        self._sources = [adapter_files.read(each) for each in adapters]
        self._modules = sorted({module for source in self._sources for module in source.shapes})
        self._plain = not any(each.features for each in self._sources)
        self._factors = [_all_factors(source) for source in self._sources] if self._plain else []
        self._cores: dict[str, Cores] = {}
        self._layers: dict[str, tuple[Any, Any]] = {}
        self._stacked = False
        self._made = itertools.count()

    def seat_parent(self, number: int) -> None:
        """Answer as this parent does from now on."""
        self._clear()
        name = f"parent-{number}"
        self.model.add_adapter(name, self._folders[number])
        self.model.use(name)

    def seat(self, candidate: Candidate) -> int:
        """Answer as this merge does from now on; gives the rank of its result.

        Raises MergeNotPossible, LinAlgError where the rule finds no result.
        """
        self._clear()
        if not self._plain:
            return self._seat_files(candidate)
        if not self._layers:
            self._open_slot()
        width = max(result_rank(candidate.method, self._shapes(each), candidate.rank) for each in self._modules)
        whole = {module: self._whole(candidate, module) for module in self._modules}
        if all(whole.values()):
            self._stack(candidate, width)
        else:
            self._stacked = False
            for module in self._modules:
                b, a = self._merge(candidate, module, whole[module])
                self._put(module, b, a, width)
        self.model.use(SLOT)
        return width

    def answer(self, items: Sequence[Item], scorer: Scorer) -> list[bool]:
        """Right or wrong, in the order of the items, of who is seated."""
        return [each.correct for each in SCORERS[scorer](self.model, items)] if items else []

    def _clear(self) -> None:
        """Leave nobody in memory but the slot."""
        for name in self.model.adapters:
            if name != SLOT:
                self.model.remove_adapter(name)

    def _seat_files(self, candidate: Candidate) -> int:
        """Parents that are more than plain LoRA: the merge is written, and loaded as any adapter is."""
        number = next(self._made)
        out = self._folder / f"made-{number}"
        found = merge_adapters(
            candidate.method,
            self._folders,
            candidate.weights,
            out,
            scale=candidate.scale,
            rank=candidate.rank,
            densities=candidate.densities,
            normalize=candidate.normalize,
            base=self._base,
            grams=self._grams,
            threads=self._threads,
        )
        loading.copy_tokenizer(self._folders[0], out)
        self.model.add_adapter(f"made-{number}", out)
        self.model.use(f"made-{number}")
        return found.rank

    def _open_slot(self) -> None:
        """Make the slot from an adapter that changes nothing, with the words that the parents bring."""
        out = self._folder / "slot"
        outer = {module: self._shapes(module)[0] for module in self._modules}
        shapes = {module: (rows, 1, columns) for module, (rows, _, columns) in outer.items()}
        with adapter_files.writing(out, shapes, base_name="base") as writer:
            for module, (rows, _, columns) in shapes.items():
                writer.add(module, torch.zeros(rows, 1), torch.zeros(1, columns))
        loading.copy_tokenizer(self._folders[0], out)
        self.model.add_adapter(SLOT, out)
        base = self.model.network.get_base_model()
        for module in self._modules:
            layer = base.get_submodule(module)
            (slot,) = layer.lora_A.keys()
            self._layers[module] = layer.lora_A[slot].weight, layer.lora_B[slot].weight

    def _present(self, module: str) -> list[int]:
        return [number for number, source in enumerate(self._sources) if module in source.shapes]

    def _shapes(self, module: str) -> list[tuple[int, int, int]]:
        return [source.shapes[module] for source in self._sources if module in source.shapes]

    def _whole(self, candidate: Candidate, module: str) -> bool:
        """Whether the module's result is the stacked factors themselves."""
        summed = sum(rank for _, rank, _ in self._shapes(module))
        return candidate.method == "linear" and (candidate.rank is None or candidate.rank >= summed)

    def _pairs(self, module: str) -> list[Pair]:
        found = [self._factors[number][module] for number in self._present(module)]
        return [(each.b.double() * each.scaling, each.a.double()) for each in found]

    def _stack(self, candidate: Candidate, width: int) -> None:
        """A sum at its whole rank: the parents side by side, each output factor times its weight."""
        for module in self._modules:
            pairs = self._pairs(module)
            b, a = linear.stack(pairs, [candidate.weights[number] for number in self._present(module)])
            if self._stacked:
                _set(self._layers[module][1], pad(b.float(), (0, width - b.shape[1])))
            else:
                self._put(module, b, a, width)
        self._stacked = True

    def _merge(self, candidate: Candidate, module: str, whole: bool) -> Pair:
        present = self._present(module)
        weights = [candidate.weights[number] for number in present]
        if whole:
            return linear.stack(self._pairs(module), weights)
        if module not in self._cores:
            self._cores[module] = core.cores_of(self._pairs(module))
        space = self._cores[module]
        gram = self._grams.get(module) if self._grams is not None and candidate.method == "core_regmean" else None
        densities = [1.0 if candidate.densities is None else candidate.densities[number] for number in present]
        merged = merge_module(
            candidate.method,
            space,
            weights,
            densities,
            rank=candidate.rank,
            normalize=candidate.normalize,
            grams=None if gram is None else gram.within(space, present),
        )
        return core.factorise(merged.core * candidate.scale, merged.space, candidate.rank)

    def _put(self, module: str, b: Tensor, a: Tensor, width: int) -> None:
        missing = width - a.shape[0]
        first, second = self._layers[module]
        _set(first, pad(a.float(), (0, 0, 0, missing)))
        _set(second, pad(b.float(), (0, missing)))


def _set(weight: Any, value: Tensor) -> None:
    weight.data = value.to(weight.device, weight.dtype).contiguous()


def _all_factors(source: Adapter) -> Mapping[str, Factors]:
    with source.open() as file:
        return {module: source.factors(module, file) for module in source.shapes}
