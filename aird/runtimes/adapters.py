"""LoRA adapter folders, read and written by ourselves.

PEFT's own loader accepts tensors that overwrite the base model, takes pattern keys as regular expressions,
and loads files with missing tensors without a word. Here an adapter is exactly: for each named linear module
a pair A (rank x in), B (out x rank) and a scaling, so that the change of the weight is scaling * B @ A.
Anything else is refused by name. The base model named in the adapter's config is never looked at.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aird.runtimes.errors import AdapterUnusable
from aird.runtimes.tensor_file import TensorFileBroken, TensorReader, TensorWriter

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
PREFIX = "base_model.model."
MAX_CONFIG_BYTES = 1 << 20
MAX_TENSORS = 20_000
MAX_RANK = 4096

_KEY = re.compile(r"base_model\.model\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)\.lora_([AB])\.weight")
_PATTERN = re.compile(r"\^?[A-Za-z0-9_]+(?:\\?\.[A-Za-z0-9_]+)*\$?")
_MUTATING_INITS = ("pissa", "olora", "corda", "loftq", "lora_ga")
_MUST_BE_EMPTY = (
    "modules_to_save",
    "target_parameters",
    "trainable_token_indices",
    "layer_replication",
    "use_dora",
    "use_qalora",
    "lora_bias",
    "fan_in_fan_out",
    "alora_invocation_tokens",
    "megatron_config",
    "arrow_config",
    "kasa_config",
    "monteclora_config",
    "use_bdlora",
)


@dataclass(frozen=True, slots=True)
class Factors:
    """One module's change: delta weight = scaling * b @ a, with a (rank x in) and b (out x rank)."""

    a: Tensor
    b: Tensor
    scaling: float

    @property
    def rank(self) -> int:
        return self.a.shape[0]


@dataclass(frozen=True, slots=True)
class Adapter:
    """A checked adapter folder; the tensors stay in the file until `factors` asks for them."""

    folder: Path
    shapes: Mapping[str, tuple[int, int, int]]
    """module -> (out, rank, in)"""
    scalings: Mapping[str, float]

    def open(self) -> TensorReader:
        """The open weights, to be handed to `factors` by who reads many modules."""
        return TensorReader(self.folder / WEIGHTS)

    def factors(self, module: str, file: TensorReader | None = None) -> Factors:
        """Read one module's pair; refuses numbers that are not finite."""
        if file is None:
            with self.open() as opened:
                return self.factors(module, opened)
        a, b = (file.read(f"{PREFIX}{module}.lora_{side}.weight") for side in "AB")
        if not (torch.isfinite(a).all() and torch.isfinite(b).all()):
            raise AdapterUnusable(f"{module} holds NaN or infinity, so the adapter is broken. Train it again.")
        return Factors(a, b, self.scalings[module])


def read(folder: Path) -> Adapter:
    """Check an adapter folder's config and tensor list. Raises AdapterUnusable; reads no weights yet."""
    config = _read_config(folder / CONFIG)
    shapes = _read_shapes(folder / WEIGHTS)
    return Adapter(folder, shapes, {name: _scaling(config, name, shape[1]) for name, shape in shapes.items()})


def write(folder: Path, modules: Mapping[str, Factors], *, base_name: str) -> None:
    """Write a plain LoRA folder that PEFT and vLLM read; scalings become alpha = scaling * rank.

    `base_name` goes into the config for the eyes of other tools; it must not tell a path of this machine.
    """
    if not modules:
        raise AdapterUnusable("The adapter changes no module, so there is nothing to write.")
    folder.mkdir(parents=True, exist_ok=True)
    weights = [
        (f"{PREFIX}{name}.lora_{side}.weight", tensor)
        for name, m in sorted(modules.items())
        for side, tensor in (("A", m.a), ("B", m.b))
    ]
    with TensorWriter(folder / WEIGHTS, [(name, torch.float32, each.shape) for name, each in weights]) as file:
        for name, tensor in weights:
            file.add(name, tensor)
    _write_config(folder, {name: (m.rank, m.scaling * m.rank) for name, m in modules.items()}, base_name)


@contextmanager
def writing(folder: Path, shapes: Mapping[str, tuple[int, int, int]], *, base_name: str) -> Iterator["AdapterWriter"]:
    """Write a plain LoRA folder module by module, in the order of `shapes`: module -> (out, rank, in).

    Every scaling is 1. When the block ends with an error there is no weights file.
    """
    if not shapes:
        raise AdapterUnusable("The adapter changes no module, so there is nothing to write.")
    folder.mkdir(parents=True, exist_ok=True)
    announced = [
        (f"{PREFIX}{name}.lora_{side}.weight", torch.float32, shape)
        for name, (out, rank, inner) in shapes.items()
        for side, shape in (("A", (rank, inner)), ("B", (out, rank)))
    ]
    with TensorWriter(folder / WEIGHTS, announced) as file:
        yield AdapterWriter(file)
    _write_config(folder, {name: (rank, rank) for name, (_, rank, _) in shapes.items()}, base_name)


@dataclass(frozen=True, slots=True)
class AdapterWriter:
    """The weights file of `writing`."""

    file: TensorWriter

    def add(self, module: str, b: Tensor, a: Tensor) -> None:
        """Write the next module's pair, b (out x rank) and a (rank x in)."""
        self.file.add(f"{PREFIX}{module}.lora_A.weight", a)
        self.file.add(f"{PREFIX}{module}.lora_B.weight", b)


def _write_config(folder: Path, modules: Mapping[str, tuple[int, float]], base_name: str) -> None:
    """`modules`: (rank, alpha) of each."""
    rank, alpha = next(iter(modules.values()))
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_name,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "lora_alpha": _number(alpha),
        "lora_dropout": 0.0,
        "modules_to_save": None,
        "r": rank,
        "rank_pattern": {name: own for name, (own, _) in modules.items() if own != rank},
        "alpha_pattern": {name: _number(own) for name, (_, own) in modules.items() if own != alpha},
        "target_modules": _targets(list(modules)),
        "use_dora": False,
        "use_rslora": False,
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for name in (WEIGHTS, CONFIG):
        (folder / name).chmod(0o644)


def _targets(modules: list[str]) -> list[str]:
    """Short names where every layer has the same ones, else full names (a short name would then add
    modules)."""
    layers: dict[str, set[str]] = {}
    for module in modules:
        layer, _, name = module.rpartition(".")
        layers.setdefault(name, set()).add(re.sub(r"\.\D+$", "", layer))
    regular = len({frozenset(where) for where in layers.values()}) == 1
    return sorted(layers) if regular else sorted(modules)


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value


def _read_config(path: Path) -> dict[str, Any]:
    if not path.is_file() or path.stat().st_size > MAX_CONFIG_BYTES:
        raise AdapterUnusable(f"{CONFIG} is missing or larger than {MAX_CONFIG_BYTES} bytes.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise AdapterUnusable(f"{CONFIG} is not JSON: {error}") from error
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        raise AdapterUnusable(f"{CONFIG} does not describe a LoRA adapter; only peft_type LORA can be used.")
    for field in _MUST_BE_EMPTY:
        if config.get(field):
            raise AdapterUnusable(
                f"The adapter uses {field}, which a pair of low-rank factors cannot hold. Train a plain "
                "LoRA without it."
            )
    if config.get("bias", "none") != "none":
        raise AdapterUnusable("The adapter trains biases (bias is not 'none'). Train a plain LoRA without them.")
    init = str(config.get("init_lora_weights", True)).lower()
    if init.startswith(_MUTATING_INITS):
        raise AdapterUnusable(
            f"The adapter was initialised with {init}, which changes the base model's own weights. "
            "Convert it to a plain LoRA on the original base first."
        )
    for field in ("rank_pattern", "alpha_pattern"):
        keys = config.get(field) or {}
        if not isinstance(keys, dict) or not all(_PATTERN.fullmatch(str(key)) for key in keys):
            raise AdapterUnusable(f"{field} in {CONFIG} must map plain module names to numbers.")
    return config


def _read_shapes(path: Path) -> dict[str, tuple[int, int, int]]:
    if not path.is_file():
        raise AdapterUnusable(f"{WEIGHTS} is missing; other weight formats are not accepted.")
    sides: dict[str, dict[str, list[int]]] = {}
    try:
        with TensorReader(path) as file:
            if len(file.places) > MAX_TENSORS:
                raise AdapterUnusable(f"{WEIGHTS} holds more than {MAX_TENSORS} tensors.")
            for key, place in file.places.items():
                match = _KEY.fullmatch(key)
                if match is None:
                    raise AdapterUnusable(
                        f"{WEIGHTS} holds {key!r}, which is not a LoRA factor of a linear module and could "
                        "overwrite the base model. Save the adapter's factors only."
                    )
                sides.setdefault(match[1], {})[match[2]] = list(place.shape)
    except (TensorFileBroken, OSError) as error:
        raise AdapterUnusable(f"{WEIGHTS} cannot be read: {error}") from error
    shapes = {}
    for module, pair in sorted(sides.items()):
        a, b = pair.get("A"), pair.get("B")
        if a is None or b is None or len(a) != 2 or len(b) != 2 or a[0] != b[1] or not 0 < a[0] <= MAX_RANK:
            raise AdapterUnusable(f"{module} needs A (rank x in) and B (out x rank) of one rank up to {MAX_RANK}.")
        shapes[module] = (b[0], a[0], a[1])
    if not shapes:
        raise AdapterUnusable(f"{WEIGHTS} holds no tensors, so the adapter changes nothing. Train it again.")
    return shapes


def _scaling(config: dict[str, Any], module: str, rank: int) -> float:
    """alpha / r, or alpha / sqrt(r) for rsLoRA (https://arxiv.org/abs/2312.03732); patterns override per
    module."""
    expected = _by_pattern(config, "rank_pattern", module, config.get("r"))
    if expected != rank:
        raise AdapterUnusable(f"{module} has rank {rank}, but {CONFIG} says {expected}. The folder is mixed up.")
    alpha = _by_pattern(config, "alpha_pattern", module, config.get("lora_alpha"))
    if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not math.isfinite(alpha):
        raise AdapterUnusable(f"lora_alpha of {module} is {alpha!r}; it must be a finite number.")
    return alpha / math.sqrt(rank) if config.get("use_rslora") else alpha / rank


def _by_pattern(config: dict[str, Any], field: str, module: str, default: Any) -> Any:
    """The first pattern whose name is the module's or the end of it, in the order of the file, as PEFT does
    it."""
    for key, value in (config.get(field) or {}).items():
        name = key.replace("\\.", ".").rstrip("$")
        if module == name.lstrip("^") or (not name.startswith("^") and module.endswith("." + name)):
            return value
    return default
