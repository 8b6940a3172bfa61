"""adapter_model.safetensors, held against the adapter's configuration and its base.

PEFT loads adapters that overwrite the base (extra tensors) and that lack half their factors. Here every tensor must be
one that the configuration declares: for each target module the pair A (r x in), B (out x r), with DoRA its magnitudes
(out), with lora_bias its bias (out); and each tensor of the modules to save, in the shape that the base has.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from aird.catalog.intake.adapter import WEIGHTS, AdapterConfig, ends
from aird.catalog.intake.refusals import IntakeRefused
from aird.catalog.intake.safetensors_header import Header, Tensor

Shape = tuple[int, ...]

_parts = {"A": "lora_A.weight", "B": "lora_B.weight", "bias": "lora_B.bias", "magnitude": "lora_magnitude_vector"}
_names = {suffix: part for part, suffix in _parts.items()}
_key = re.compile(rf"base_model\.model\.(?P<module>[A-Za-z0-9_.]+)\.(?P<part>{'|'.join(_names)})", re.ASCII)
_saved = re.compile(r"base_model\.model\.(?P<tensor>(?P<module>[A-Za-z0-9_.]+)\.(weight|bias))", re.ASCII)
_float_dtypes = frozenset({"F32", "F16", "BF16"})


@dataclass(frozen=True)
class AdapterTensors:
    """What the file holds: (out, in) and rank of each changed module; the tensors that replace the base's, by name."""

    shapes: Mapping[str, tuple[int, int]]
    ranks: Mapping[str, int]
    saved: Mapping[str, Shape]


def check_tensors(
    header: Header,
    config: AdapterConfig,
    base: Mapping[str, tuple[int, int]] | None,
    tensors: Mapping[str, Shape] | None = None,
) -> AdapterTensors:
    """Raises IntakeRefused unless the file is exactly what `config` declares.

    `base` gives the shapes of the base's linear modules and `tensors` those of all its tensors; without them only the
    adapter itself is compared.
    """
    parts: dict[str, dict[str, Tensor]] = {}
    saved: dict[str, Shape] = {}
    for tensor in header.tensors.values():
        match, whole = _key.fullmatch(tensor.name), _saved.fullmatch(tensor.name)
        if match is not None and config.is_target(match["module"]) and _declared(_names[match["part"]], config):
            parts.setdefault(match["module"], {})[_names[match["part"]]] = tensor
        elif "lora_" not in tensor.name and whole is not None and config.is_saved(whole["module"]):
            saved[whole["tensor"]] = tensor.shape
        else:
            _refuse(
                "extra_tensor",
                f"'{tensor.name}' is not a LoRA factor of a declared target module, nor of a module named in"
                " modules_to_save; a loader would write it over the base's own weights. Save the adapter alone"
                " (save_pretrained with save_embedding_layers=False).",
            )
        if tensor.dtype not in _float_dtypes:
            _refuse("bad_shape", f"'{tensor.name}' is {tensor.dtype}; a factor is F32, F16 or BF16. Save it as one.")
    if not parts:
        _refuse("empty", "it contains no factors; it would change nothing. Save the adapter after training.")
    shapes = {module: _module(module, found, config) for module, found in parts.items()}
    _complete(shapes, config, base)
    _complete_saved(saved, config, tensors)
    for name in saved:
        if (module := name.rpartition(".")[0]) in shapes:
            _refuse("modules_to_save", f"'{module}' is saved whole and has factors as well. Train it in one way.")
    return AdapterTensors(shapes, {module: config.rank_of(module) for module in shapes}, saved)


def _declared(part: str, config: AdapterConfig) -> bool:
    return {"bias": config.lora_bias, "magnitude": config.use_dora}.get(part, True)


def _module(module: str, parts: Mapping[str, Tensor], config: AdapterConfig) -> tuple[int, int]:
    for part, suffix in _parts.items():
        if _declared(part, config) and part not in parts:
            _refuse("missing_tensor", f"'{module}' has no {suffix.removesuffix('.weight')}. Save the whole adapter.")
    rank, a, b = config.rank_of(module), parts["A"].shape, parts["B"].shape
    for tensor in (parts["A"], parts["B"]):
        if len(tensor.shape) != 2:
            _refuse("bad_shape", f"'{tensor.name}' is {list(tensor.shape)}; a factor is a matrix. Save it as one.")
    if a[0] != rank or b[1] != rank:
        _refuse(
            "rank",
            f"'{module}' has factors {list(a)} and {list(b)}, but the configuration says rank {rank}."
            " Correct 'r' or 'rank_pattern', which decide the adapter's scale.",
        )
    for part in ("bias", "magnitude"):
        if part in parts and parts[part].shape != b[:1]:
            _refuse(
                "bad_shape",
                f"'{parts[part].name}' is {list(parts[part].shape)}, but the module has {b[0]} outputs, each with one"
                " number. Save the whole adapter.",
            )
    return b[0], a[1]


def _complete(
    shapes: Mapping[str, tuple[int, int]], config: AdapterConfig, base: Mapping[str, tuple[int, int]] | None
) -> None:
    """No factors that are declared may be missing, and none may differ from the base."""
    for target in config.targets or ():
        # PEFT writes 'all-linear' out, with the modules in it that are excluded or saved whole.
        if config.is_target(target) and not any(ends(module, target) for module in shapes):
            _refuse("missing_tensor", f"there are no factors for the target module '{target}'.")
    for target in (*config.rank_pattern, *config.alpha_pattern):
        if not any(ends(module, target) for module in shapes):
            _refuse(
                "no_target",
                f"a pattern names '{target}', which the adapter does not change. Remove it.",
                "adapter_config.json",
            )
    if base is None:
        return
    for module, shape in shapes.items():
        if module not in base:
            _refuse("not_in_base", f"the base has no linear module '{module}'. Is this the right base?")
        if base[module] != shape:
            _refuse(
                "base_shape",
                f"'{module}' is {shape[0]} x {shape[1]} in the adapter and {base[module][0]} x"
                f" {base[module][1]} in the base. Is this the right base?",
            )
    for module in base:
        if config.is_target(module) and module not in shapes:
            _refuse("missing_tensor", f"'{module}' is a target but has no factors. Save the whole adapter.")


def _complete_saved(saved: Mapping[str, Shape], config: AdapterConfig, base: Mapping[str, Shape] | None) -> None:
    """Every tensor of the modules to save must be there, in the shape that the base has."""
    modules = {name.rpartition(".")[0] for name in saved}
    for wanted in config.saved:
        if not any(module.endswith(wanted) for module in modules):
            _refuse(
                "missing_tensor",
                f"modules_to_save names '{wanted}', of which there is no tensor. Name modules that have weights of"
                " their own, such as lm_head, and save the adapter whole.",
            )
    if base is None:
        return
    for name, shape in saved.items():
        if name not in base:
            _refuse("not_in_base", f"the base has no '{name}', which the adapter would replace. Is it the right base?")
        if base[name] != shape:
            _refuse(
                "base_shape",
                f"'{name}' is {list(shape)} in the adapter and {list(base[name])} in the base. Is this the right base?",
            )
    for name in base:
        if config.saved and config.is_saved(name.rpartition(".")[0]) and name not in saved:
            _refuse("missing_tensor", f"'{name}' belongs to modules_to_save but is not there. Save the whole adapter.")


def _refuse(reason: str, message: str, file: str = WEIGHTS) -> NoReturn:
    raise IntakeRefused(message, reason=reason, file=file)
