"""A LoRA adapter, checked without PEFT: its configuration, and that its tensors are just the factors it
declares.

PEFT loads adapters that overwrite the base (extra tensors), that lack half their factors, that scale by
infinity, and takes `target_modules` and the keys of `rank_pattern` for regular expressions, which may never
end. Here an adapter is plain LoRA on named linear layers: for every target module one pair A (r x in), B (out
x r), and nothing else.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from aird.catalog.intake.config import refuse_dangerous
from aird.catalog.intake.refusals import IntakeRefused, shown
from aird.catalog.intake.safetensors_header import Header, Tensor

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
MAX_RANK = 1024
MAX_ALPHA = 16_384
MAX_PATTERNS = 8192
ALL_LINEAR = "all-linear"

_key = re.compile(r"base_model\.model\.(?P<module>[A-Za-z0-9_.]+)\.lora_(?P<factor>[AB])\.weight", re.ASCII)
_module = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*", re.ASCII)
_library = re.compile(r"transformers\.models\.[a-z0-9_]+\.modeling_[a-z0-9_]+", re.ASCII)
_float_dtypes = frozenset({"F32", "F16", "BF16"})
_shape = Mapping[str, tuple[int, int]]

_read = frozenset(
    {"r", "lora_alpha", "use_rslora", "target_modules", "exclude_modules", "rank_pattern", "alpha_pattern"}
)
# What these fields may say besides nothing (null, false, empty).
_allowed: dict[str, tuple[Any, ...]] = {
    "peft_type": ("LORA",),
    "task_type": ("CAUSAL_LM",),
    "bias": ("none",),
    "init_lora_weights": (True, "gaussian", "orthogonal"),
    "megatron_core": ("megatron.core",),
    "qalora_group_size": (16,),
    "inference_mode": (True,),
}
_noted = frozenset({"base_model_name_or_path", "revision", "peft_version", "lora_dropout", "auto_mapping"})
_refused = {
    "use_dora": "DoRA rescales the base's weights, which sums of adapters cannot express. Train plain LoRA",
    "lora_bias": "a bias beside the factors is not part of plain LoRA. Train with lora_bias=False",
    "bias": "trained biases belong to the base and would overwrite it. Train with bias='none'",
    "modules_to_save": "whole modules beside the factors would overwrite the base. Train without modules_to_save",
    "trainable_token_indices": "trained token rows would overwrite the base's embedding. Train without them",
    "layer_replication": "it builds another model with copied layers, without any limit. Train on the base as it is",
    "layers_to_transform": "it hides which modules are meant. Name the modules in full in target_modules",
    "layers_pattern": "it hides which modules are meant. Name the modules in full in target_modules",
    "target_parameters": "only linear modules are taken, no bare parameters. Use target_modules",
    "init_lora_weights": "this initialisation changes the base's weights. Convert the adapter to plain LoRA first",
    "loftq_config": "LoftQ changes the base's weights. Convert the adapter to plain LoRA first",
    "fan_in_fan_out": "it is for layers with transposed weights, which the known architectures do not have",
    "peft_type": "only LoRA adapters are taken. Train a LoRA adapter",
    "task_type": "only adapters of text-writing models (CAUSAL_LM) are taken",
}


@dataclass(frozen=True)
class AdapterConfig:
    """The fields of adapter_config.json that decide what the adapter computes."""

    rank: int
    alpha: float
    use_rslora: bool
    targets: tuple[str, ...] | None
    excluded: tuple[str, ...]
    rank_pattern: Mapping[str, int]
    alpha_pattern: Mapping[str, float]

    def is_target(self, module: str) -> bool:
        """As PEFT matches lists: the whole name or its end; None means all linear modules but the head."""
        if any(_ends(module, name) for name in self.excluded):
            return False
        return module != "lm_head" if self.targets is None else any(_ends(module, name) for name in self.targets)

    def rank_of(self, module: str) -> int:
        """The first matching key of rank_pattern counts, as in PEFT."""
        return next((r for name, r in self.rank_pattern.items() if _ends(module, name)), self.rank)


def check_config(content: Mapping[str, Any]) -> AdapterConfig:
    """The checked configuration; raises IntakeRefused."""
    refuse_dangerous(content, CONFIG)
    for name, value in content.items():
        _check_field(name, value)
    if content.get("peft_type") != "LORA":
        _refuse("peft_type", "it does not say peft_type LORA. Only LoRA adapters are taken.")
    dropout = content.get("lora_dropout") or 0.0
    if not _number(dropout) or not 0 <= dropout < 1:
        _refuse("bad_value", f"lora_dropout must lie in [0, 1), not {shown(dropout)}. Correct it.")
    targets = content.get("target_modules")
    if isinstance(targets, str):
        if targets != ALL_LINEAR:
            _refuse(
                "regex",
                f"target_modules is the text '{shown(targets)}', which PEFT takes for a regular expression,"
                " and those can run for hours. Write the modules as a list of names, or 'all-linear'.",
            )
    elif not targets:
        _refuse("no_target", "target_modules names no module. List the modules the adapter changes.")
    config = AdapterConfig(
        rank=_rank(content.get("r"), "r"),
        alpha=_alpha(content.get("lora_alpha"), "lora_alpha"),
        use_rslora=content.get("use_rslora") or False,
        targets=None if isinstance(targets, str) else _names(targets, "target_modules"),
        excluded=_names(content.get("exclude_modules") or [], "exclude_modules"),
        rank_pattern={n: _rank(r, f"rank_pattern.{n}") for n, r in _pattern(content, "rank_pattern").items()},
        alpha_pattern={n: _alpha(a, f"alpha_pattern.{n}") for n, a in _pattern(content, "alpha_pattern").items()},
    )
    if type(config.use_rslora) is not bool:
        _refuse("bad_value", "use_rslora must be true or false. Correct it.")
    return config


def check_tensors(
    header: Header, config: AdapterConfig, base: _shape | None
) -> tuple[dict[str, tuple[int, int]], dict[str, int]]:
    """(out, in) and rank per module; raises IntakeRefused unless the file is the factors of `config` and no
    more.

    `base` gives the shapes of the base's linear modules; without it only the adapter itself is compared.
    """
    pairs: dict[str, dict[str, Tensor]] = {}
    for tensor in header.tensors.values():
        match = _key.fullmatch(tensor.name)
        if match is None or not config.is_target(match["module"]):
            _refuse(
                "extra_tensor",
                f"'{tensor.name}' is not a LoRA factor of a declared target module; a loader would write it"
                " over the base's own weights. Save the adapter alone.",
                WEIGHTS,
            )
        if tensor.dtype not in _float_dtypes or len(tensor.shape) != 2:
            _refuse(
                "bad_shape",
                f"'{tensor.name}' is {tensor.dtype} {list(tensor.shape)}; a factor is a matrix of F32, F16 or BF16.",
                WEIGHTS,
            )
        pairs.setdefault(match["module"], {})[match["factor"]] = tensor
    if not pairs:
        _refuse(
            "empty",
            "it contains no tensors; it would change nothing. Save the adapter after training.",
            WEIGHTS,
        )
    shapes = {module: _pair(module, pair, config) for module, pair in pairs.items()}
    _complete(shapes, config, base)
    return shapes, {module: config.rank_of(module) for module in shapes}


def _pair(module: str, pair: Mapping[str, Tensor], config: AdapterConfig) -> tuple[int, int]:
    if pair.keys() != {"A", "B"}:
        missing = ({"A", "B"} - pair.keys()).pop()
        _refuse("missing_tensor", f"'{module}' has no lora_{missing}. Save the whole adapter.", WEIGHTS)
    rank, a, b = config.rank_of(module), pair["A"].shape, pair["B"].shape
    if a[0] != rank or b[1] != rank:
        _refuse(
            "rank",
            f"'{module}' has factors {list(a)} and {list(b)}, but the configuration says rank {rank}."
            " Correct 'r' or 'rank_pattern', which decide the adapter's scale.",
            WEIGHTS,
        )
    return b[0], a[1]


def _complete(shapes: _shape, config: AdapterConfig, base: _shape | None) -> None:
    """Nothing that is declared may be missing, and nothing may differ from the base."""
    for target in config.targets or ():
        if not any(_ends(module, target) for module in shapes):
            _refuse("missing_tensor", f"there are no factors for the target module '{target}'.", WEIGHTS)
    for target in (*config.rank_pattern, *config.alpha_pattern):
        if not any(_ends(module, target) for module in shapes):
            _refuse("no_target", f"a pattern names '{target}', which the adapter does not change. Remove it.")
    if base is None:
        return
    for module, shape in shapes.items():
        if module not in base:
            _refuse("not_in_base", f"the base has no linear module '{module}'. Is this the right base?", WEIGHTS)
        if base[module] != shape:
            _refuse(
                "base_shape",
                f"'{module}' is {shape[0]} x {shape[1]} in the adapter and {base[module][0]} x"
                f" {base[module][1]} in the base. Is this the right base?",
                WEIGHTS,
            )
    for module in base:
        if config.is_target(module) and module not in shapes:
            _refuse(
                "missing_tensor",
                f"'{module}' is a target but has no factors. Save the whole adapter.",
                WEIGHTS,
            )


def _check_field(name: str, value: Any) -> None:
    if name in _read or value is None or value is False or value in ({}, []):
        return
    if name in _allowed and any(value is a or (isinstance(value, str) and value == a) for a in _allowed[name]):
        return
    if name == "qalora_group_size" and type(value) is int:
        return
    if name == "auto_mapping" and isinstance(value, dict):
        library = value.get("parent_library")
        if value.keys() <= {"base_model_class", "parent_library"} and _library.fullmatch(str(library)):
            return
    elif name in _noted and (name == "lora_dropout" or (isinstance(value, str) and len(value) <= 1000)):
        return
    if name in _refused:
        _refuse(name, f"{name} is {shown(value)}: {_refused[name]}.")
    _refuse(
        "unknown_field",
        f"the field '{shown(name)}' is {shown(value)}; aird does not know it or cannot carry it out, and it"
        " could change what the adapter computes. Remove it or train without it.",
    )


def _names(value: Any, field: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_PATTERNS:
        _refuse("bad_value", f"{field} must be a list of module names. Correct it.")
    for name in value:
        _plain(name, field)
    if len(set(value)) != len(value):
        _refuse("bad_value", f"{field} names a module twice. Keep it once.")
    return tuple(value)


def _pattern(content: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = content.get(field) or {}
    if not isinstance(value, dict) or len(value) > MAX_PATTERNS:
        _refuse("bad_value", f"{field} must map module names to numbers. Correct it.")
    for name in value:
        _plain(name, field)
    return value


def _plain(name: Any, field: str) -> None:
    if not isinstance(name, str) or len(name) > 256 or not _module.fullmatch(name):
        _refuse(
            "regex",
            f"{field} has '{shown(name)}', which is no plain module name but could be read as a regular"
            " expression. Write names such as 'q_proj' or 'model.layers.0.self_attn.q_proj'.",
        )


def _rank(value: Any, field: str) -> int:
    if type(value) is not int or not 1 <= value <= MAX_RANK:
        _refuse(
            "rank",
            f"{shown(field)} must be a whole number from 1 to {MAX_RANK}, not {shown(value)}. Correct it.",
        )
    return value


def _alpha(value: Any, field: str) -> float:
    if not _number(value) or not 0 < value <= MAX_ALPHA:
        _refuse(
            "alpha",
            f"{shown(field)} must be a number above 0 and at most {MAX_ALPHA}, not {shown(value)}; it scales"
            " the whole adapter. Correct it.",
        )
    return float(value)


def _number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return type(value) is int and abs(value) < 2**53


def _ends(module: str, name: str) -> bool:
    return module == name or module.endswith("." + name)


def _refuse(reason: str, message: str, file: str = CONFIG) -> NoReturn:
    raise IntakeRefused(message, reason=reason, file=file)
