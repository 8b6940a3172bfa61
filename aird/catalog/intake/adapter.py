"""adapter_config.json of a LoRA adapter, checked without PEFT.

PEFT takes `target_modules` and the keys of `rank_pattern` for regular expressions, which may never end, scales by
infinity, and forgets that some initialisations have taken a part out of the base's own weights. Here an adapter is
LoRA on named linear layers of the base as it is. Beside the factors it may have DoRA's magnitudes, a bias beside
each B, and whole modules in the place of the base's: `AdapterConfig.features`. adapter_tensors.py holds the weights
against it.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from aird.catalog.intake.config import refuse_dangerous
from aird.catalog.intake.refusals import IntakeRefused, shown

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
MAX_RANK = 1024
MAX_ALPHA = 16_384
MAX_PATTERNS = 8192
ALL_LINEAR = "all-linear"

_module = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*", re.ASCII)
_library = re.compile(r"transformers\.models\.[a-z0-9_]+\.modeling_[a-z0-9_]+", re.ASCII)

_read = frozenset(
    {
        *("r", "lora_alpha", "use_rslora", "target_modules", "exclude_modules", "rank_pattern", "alpha_pattern"),
        *("use_dora", "lora_bias", "modules_to_save"),
    }
)
_CONVERT = (
    "Save it as plain LoRA on the real base, as PEFT does it: model.save_pretrained('init') before the training, and"
    " after it model.save_pretrained('out', path_initial_model_for_weight_conversion='init'); upload 'out'"
)
_WHOLE = (
    "PEFT cannot turn that back. Merge the adapter into the base it was trained on (merge_and_unload), upload the whole"
    " model as a version of the real base, and have the difference made into an adapter: aird extract"
)
# Initialisations that take a part out of the base's weights, by how their names begin, and what undoes that.
_mutating = {
    "pissa": ("PiSSA", _CONVERT),
    "corda": ("CorDA", _CONVERT),
    "olora": ("OLoRA", _CONVERT),
    "lora_ga": ("LoRA-GA", _CONVERT),
    "loftq": ("LoftQ", _WHOLE),
}
# Settings of initialisations, which say nothing about what the adapter computes; PEFT keeps them when it converts.
_settings = {
    "eva_config": {"rho", "tau", "use_label_mask", "label_mask_value", "whiten", "adjust_scaling_factors"},
    "corda_config": {
        *("cache_file", "covariance_file", "corda_method", "verbose"),
        *("use_float16_for_covariance", "prune_temporary_fields"),
    },
    "lora_ga_config": {"direction", "scale", "stable_gamma"},
}
# What these fields may say besides nothing (null, false, empty).
_allowed: dict[str, tuple[Any, ...]] = {
    "peft_type": ("LORA",),
    "task_type": ("CAUSAL_LM",),
    "bias": ("none",),
    # Those that leave the base's weights alone (peft 0.21: `LoraLayer.update_layer`).
    "init_lora_weights": (True, "gaussian", "orthogonal", "eva", "mica"),
    "megatron_core": ("megatron.core",),
    "qalora_group_size": (16,),
    "inference_mode": (True,),
}
_noted = frozenset({"base_model_name_or_path", "revision", "peft_version", "lora_dropout", "auto_mapping"})
_refused = {
    "bias": "trained biases belong to the base and would overwrite it. Train with bias='none'",
    "trainable_token_indices": "trained token rows would overwrite the base's embedding. Train without them",
    "layer_replication": "it builds another model with copied layers, without any limit. Train on the base as it is",
    "layers_to_transform": "it hides which modules are meant. Name the modules in full in target_modules",
    "layers_pattern": "it hides which modules are meant. Name the modules in full in target_modules",
    "target_parameters": "only linear modules are taken, no bare parameters. Use target_modules",
    "init_lora_weights": "aird does not know this initialisation, which may have changed the base's own weights. Train"
    " with init_lora_weights=True",
    "loftq_config": "LoftQ has put a quantised base in the place of the real one. " + _WHOLE,
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
    use_dora: bool = False
    lora_bias: bool = False
    saved: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        """What it has beside its factors; a plain adapter has none of it."""
        found = {"dora": self.use_dora, "lora_bias": self.lora_bias, "modules_to_save": bool(self.saved)}
        return tuple(name for name, there in found.items() if there)

    def is_target(self, module: str) -> bool:
        """As PEFT matches lists: the whole name or its end; None means all linear modules but the head."""
        if any(ends(module, name) for name in self.excluded):
            return False
        if any(ends(module, name) or f".{name}." in f".{module}" for name in self.saved):
            return False
        return module != "lm_head" if self.targets is None else any(ends(module, name) for name in self.targets)

    def is_saved(self, module: str) -> bool:
        """As PEFT matches modules_to_save: by the end of the name, within a word as well."""
        return module.endswith(self.saved)

    def rank_of(self, module: str) -> int:
        """The first matching key of rank_pattern counts, as in PEFT."""
        return next((r for name, r in self.rank_pattern.items() if ends(module, name)), self.rank)


def check_config(content: Mapping[str, Any]) -> AdapterConfig:
    """The checked configuration; raises IntakeRefused."""
    refuse_dangerous(content, CONFIG)
    _check_init(content)
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
        use_dora=content.get("use_dora") or False,
        lora_bias=content.get("lora_bias") or False,
        saved=_names(content.get("modules_to_save") or [], "modules_to_save"),
    )
    for name in ("use_rslora", "use_dora", "lora_bias"):
        if type(getattr(config, name)) is not bool:
            _refuse("bad_value", f"{name} must be true or false. Correct it.")
    if config.use_dora and config.lora_bias:
        _refuse("lora_bias", "lora_bias and use_dora exclude each other. Train with one of them.")
    return config


def _check_init(content: Mapping[str, Any]) -> None:
    """Refuse initialisations that changed the base's own weights, by name."""
    init = content.get("init_lora_weights")
    for begin, (name, fix) in _mutating.items():
        if isinstance(init, str) and init.lower().startswith(begin):
            patterns = content.get("use_rslora") and (content.get("rank_pattern") or content.get("alpha_pattern"))
            _refuse(
                "init_lora_weights",
                f"init_lora_weights is {shown(init)}: {name} takes a part out of the base's own weights before the"
                f" training, so the adapter fits that changed base alone. {_WHOLE if patterns else fix}.",
            )


def _are_settings(name: str, value: Any) -> bool:
    return isinstance(value, dict) and all(
        key in _settings[name]
        and (each is None or isinstance(each, bool) or _number(each) or (isinstance(each, str) and len(each) <= 1000))
        for key, each in value.items()
    )


def _check_field(name: str, value: Any) -> None:
    if name in _read or value is None or value is False or value in ({}, []):
        return
    if name in _settings and _are_settings(name, value):
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


def ends(module: str, name: str) -> bool:
    """Whether `name` is the module's or the end of it, at a dot."""
    return module == name or module.endswith("." + name)


def _refuse(reason: str, message: str, file: str = CONFIG) -> NoReturn:
    raise IntakeRefused(message, reason=reason, file=file)
