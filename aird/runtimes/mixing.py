"""Several adapters in one forward pass over one base (after Punica, https://arxiv.org/abs/2310.18547).

While a mixture is in force the base's own layers answer for all rows at once, which is where nearly all of the work
is, and what each adapter adds is worked out beside them, row by row:

- one adapter for all rows: its two factors, as they lie;
- several: their A stacked into one matrix and their B into another, so that two products serve every row, with the
  columns of the others' ranks set to zero in between. Long prompts are read adapter by adapter instead;
- DoRA, and modules that an adapter replaces whole: for the rows of that adapter alone.

PEFT's layers are switched off meanwhile, and so switching costs nothing; hooks on them add the rest.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.hooks import RemovableHandle

from aird.runtimes.saved_modules import SavedModule

STACKED_TOKENS = 64
"""A pass with more tokens than this takes the adapters one after the other; stacked ranks would cost more."""


@dataclass
class Mixture:
    """Which adapter's slot each row of a pass has, None for the bare base."""

    slots: Sequence[str | None]
    stack: tuple[str, ...]
    """Slots whose factors are stacked; may hold some that no row has now."""
    device: torch.device
    masks: dict[tuple[int, ...], Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.active = tuple(dict.fromkeys(slot for slot in self.slots if slot is not None))
        self.rows: dict[str, Tensor | slice] = {slot: self._rows(slot) for slot in self.active}
        """Which rows have a slot."""

    def _rows(self, slot: str) -> Tensor | slice:
        found = [i for i, each in enumerate(self.slots) if each == slot]
        if found[-1] - found[0] == len(found) - 1:
            return slice(found[0], found[-1] + 1)
        return torch.tensor(found, device=self.device)

    def others(self, ranks: tuple[int, ...]) -> Tensor:
        """True (rows x 1 x stacked ranks) where a column belongs to another adapter than the row's."""
        mask = self.masks.get(ranks)
        if mask is None:
            owner = [slot for slot, rank in zip(self.stack, ranks, strict=True) for _ in range(rank)]
            table = [[own != each for own in owner] for each in self.slots]
            mask = self.masks[ranks] = torch.tensor(table, device=self.device)[:, None, :]
        return mask


@dataclass(frozen=True)
class Stacked:
    """One layer's factors of several slots: A (ranks x in), B times its scaling (ranks x out), scaled biases (out)."""

    slots: tuple[str, ...]
    ranks: tuple[int, ...]
    """Of each slot, 0 where it changes nothing in this way."""
    a: Tensor
    b: Tensor
    biases: list[tuple[str, Tensor]]


class Mixing:
    """The hooks on a network's adapted layers. `watch` again whenever an adapter has come or gone."""

    def __init__(self) -> None:
        self._handles: list[RemovableHandle] = []
        self._stacks: dict[nn.Module, Stacked] = {}
        self._stack: tuple[str, ...] = ()
        self._now: Mixture | None = None

    def watch(self, network: nn.Module) -> None:
        """Put hooks on the layers that adapters change, and forget what was stacked."""
        self.leave()
        for module in network.modules():
            if isinstance(module, LoraLayer):
                self._handles.append(module.register_forward_hook(self._add))
            elif isinstance(module, SavedModule):
                self._handles.append(module.register_forward_hook(self._replace))

    def leave(self) -> None:
        """Take the hooks off, and forget what was stacked."""
        for handle in self._handles:
            handle.remove()
        self._handles, self._stacks, self._stack = [], {}, ()

    def nbytes(self) -> int:
        """Bytes of the stacked factors, which lie beside the adapters' own."""
        return sum(each.a.nbytes + each.b.nbytes for each in list(self._stacks.values()))

    @contextmanager
    def rows(self, slots: Sequence[str | None], device: torch.device) -> Iterator[None]:
        """For passes whose rows have these slots; all other passes see the bare layers."""
        active = {slot for slot in slots if slot is not None}
        if len(active) > 1 and not (active <= set(self._stack) and len(self._stack) <= 2 * len(active)):
            self._stack = tuple(sorted(active))
        self._now = Mixture(slots, self._stack, device) if active else None
        try:
            yield
        finally:
            self._now = None

    def _add(self, layer: Any, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
        mix = self._now
        if mix is None:
            return None
        x = inputs[0]
        factors, magnitudes = layer.lora_A._modules, layer.lora_magnitude_vector._modules
        plain = [slot for slot in mix.active if slot in factors and slot not in magnitudes]
        if len(plain) > 1 and x.shape[0] * x.shape[1] <= STACKED_TOKENS:
            output = self._add_stacked(layer, mix, x, output)
        else:
            for slot in plain:
                rows = mix.rows[slot]
                output[rows] = _add_one(layer, slot, x[rows], output[rows])
        if magnitudes:
            for slot in mix.active:
                if slot in magnitudes:
                    rows = mix.rows[slot]
                    output[rows] += _dora(layer, slot, x[rows], output[rows])
        return output

    def _add_stacked(self, layer: Any, mix: Mixture, x: Tensor, output: Tensor) -> Tensor:
        known = self._stacks.get(layer)
        if known is None or known.slots != mix.stack:
            known = self._stacks[layer] = _stacked(layer, mix.stack)
        between = functional.linear(x.to(known.a.dtype), known.a).masked_fill_(mix.others(known.ranks), 0.0)
        output = _plus(output, between, known.b)
        for slot, bias in known.biases:
            if slot in mix.rows:
                output[mix.rows[slot]] += bias
        return output

    def _replace(self, module: Any, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
        mix = self._now
        if mix is None:
            return None
        for slot in mix.active:
            if slot in module.modules_to_save:
                rows = mix.rows[slot]
                output[rows] = module.modules_to_save[slot](inputs[0][rows])
        return output


def _add_one(layer: Any, slot: str, x: Tensor, output: Tensor) -> Tensor:
    a, b, scaling = layer.lora_A[slot].weight, layer.lora_B[slot], layer.scaling[slot]
    between = functional.linear(x.to(a.dtype), a)
    if b.bias is not None:
        biased: Tensor = (output + b(between) * scaling).to(output.dtype)
        return biased
    return _plus(output, between, b.weight.t(), scaling)


def _plus(output: Tensor, between: Tensor, b: Tensor, scaling: float = 1.0) -> Tensor:
    """output + scaling * between @ b, in place where the types are one; b (rank x out)."""
    if output.dtype != b.dtype:
        return (output + (between @ b) * scaling).to(output.dtype)
    flat = output.view(-1, output.shape[-1])
    flat.addmm_(between.view(-1, between.shape[-1]), b, alpha=scaling)
    return output


def _stacked(layer: Any, slots: tuple[str, ...]) -> Stacked:
    plain = [slot for slot in slots if slot in layer.lora_A and slot not in layer.lora_magnitude_vector]
    biased = [slot for slot in plain if layer.lora_B[slot].bias is not None]
    return Stacked(
        slots,
        tuple(layer.lora_A[slot].weight.shape[0] if slot in plain else 0 for slot in slots),
        torch.cat([layer.lora_A[slot].weight for slot in plain]),
        torch.cat([layer.lora_B[slot].weight.t() * layer.scaling[slot] for slot in plain]),
        [(slot, layer.lora_B[slot].bias * layer.scaling[slot]) for slot in biased],
    )


def _dora(layer: Any, slot: str, x: Tensor, output: Tensor) -> Tensor:
    added: Tensor = layer.lora_magnitude_vector[slot](
        x.to(layer.lora_A[slot].weight.dtype),
        lora_A=layer.lora_A[slot],
        lora_B=layer.lora_B[slot],
        scaling=layer.scaling[slot],
        base_layer=layer.get_base_layer(),
        base_result=output,
    )
    return added.to(output.dtype)
