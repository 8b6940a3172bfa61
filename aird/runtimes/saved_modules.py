"""Modules that an adapter replaces whole (modules_to_save), beside those of other adapters on the one base.

PEFT's own wrapper does it, with two of its ways corrected: unloading the adapters gives the base's module back and not
the one that was last in force, and it is put in by name, where PEFT takes every module whose name ends like it.
"""

from collections.abc import Mapping
from typing import Any

import torch
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils.other import ModulesToSaveWrapper
from torch import Tensor, nn

from aird.runtimes.errors import AdapterUnusable


class SavedModule(ModulesToSaveWrapper):  # type: ignore[misc]
    """The base's module, and what takes its place while one of some adapters is in force."""

    def unload_and_optionally_merge_module(self, merge: bool, safe_merge: bool, adapter_names: Any) -> nn.Module:
        """The base's own module; PEFT would leave the adapter's in its place."""
        if merge:
            raise AdapterUnusable("An adapter with modules_to_save is baked into files, not into a loaded model.")
        original: nn.Module = self.original_module
        return original


def put(base: nn.Module, saved: Mapping[str, Tensor], slot: str) -> None:
    """Give the modules that `saved` (tensor name -> values) belongs to a copy with these values, for this slot.

    Checks all before it changes any. Raises AdapterUnusable.
    """
    for name, tensor in saved.items():
        module = _original(base, name)
        found = getattr(module, name.rpartition(".")[2], None)
        if not isinstance(found, Tensor) or found.shape != tensor.shape:
            raise AdapterUnusable(
                f"{name} of the base is {None if found is None else tuple(found.shape)}, the adapter holds "
                f"{tuple(tensor.shape)}. Use the base model that the adapter was trained on."
            )
    for module_name in dict.fromkeys(name.rpartition(".")[0] for name in saved):
        wrapper = base.get_submodule(module_name)
        if isinstance(wrapper, SavedModule):
            wrapper.update(slot)
        else:
            parent, _, last = module_name.rpartition(".")
            wrapper = SavedModule(wrapper, slot)
            wrapper.set_adapter([])
            setattr(base.get_submodule(parent), last, wrapper)
    with torch.no_grad():
        for name, tensor in saved.items():
            module_name, _, last = name.rpartition(".")
            getattr(base.get_submodule(f"{module_name}.modules_to_save.{slot}"), last).copy_(tensor)


def taken(base: nn.Module, slot: str) -> dict[str, Tensor]:
    """The tensors that stand for this slot, by their name in the base."""
    found = {}
    for module_name, module in base.named_modules():
        if isinstance(module, SavedModule) and slot in module.modules_to_save:
            for last, tensor in module.modules_to_save[slot].named_parameters():
                found[f"{module_name}.{last}"] = tensor.detach()
    return found


def _original(base: nn.Module, name: str) -> nn.Module:
    module_name = name.rpartition(".")[0]
    try:
        module = base.get_submodule(module_name)
    except AttributeError as error:
        raise AdapterUnusable(f"The base has no {module_name}. Use the base the adapter was trained on.") from error
    if isinstance(module, BaseTunerLayer):
        raise AdapterUnusable(
            f"The adapter replaces {module_name}, which another adapter on this base changes by factors. The two "
            "cannot be loaded beside each other: serve one of them on an endpoint of its own."
        )
    return module.original_module if isinstance(module, SavedModule) else module
