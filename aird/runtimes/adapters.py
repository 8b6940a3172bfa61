"""LoRA adapter folders, read and written by ourselves.

PEFT's own loader accepts tensors that overwrite the base model, takes pattern keys as regular expressions,
and loads files with missing tensors without a word. Here an adapter is exactly: for each named linear module
a pair A (rank x in), B (out x rank) and a scaling, so that the change of the weight is scaling * B @ A.
Beside that it may have, each said in its config and whole in its file, the FEATURES:

- dora: a magnitude for each row of each changed weight (https://arxiv.org/abs/2402.09353);
- lora_bias: a bias beside each B, so that scaling * bias is added to what the module answers;
- modules_to_save: tensors that stand in the place of the base's own.

Anything else is refused by name. The base model named in the adapter's config is never looked at.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aird.runtimes.errors import AdapterUnusable
from aird.runtimes.journal import Journal
from aird.runtimes.tensor_file import TensorFileBroken, TensorReader, TensorWriter

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
PREFIX = "base_model.model."
MAX_CONFIG_BYTES = 1 << 20
MAX_TENSORS = 20_000
MAX_RANK = 4096

FEATURES = ("dora", "lora_bias", "modules_to_save")
"""What an adapter may have beside its factors."""

_SUFFIXES = {"A": "lora_A.weight", "B": "lora_B.weight", "bias": "lora_B.bias", "magnitude": "lora_magnitude_vector"}
_KEY = re.compile(r"base_model\.model\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)\.(" + "|".join(_SUFFIXES.values()) + ")")
_SAVED = re.compile(r"base_model\.model\.((?:[A-Za-z0-9_]+\.)+(?:weight|bias))")
_PATTERN = re.compile(r"\^?[A-Za-z0-9_]+(?:\\?\.[A-Za-z0-9_]+)*\$?")
_MUTATING_INITS = ("pissa", "olora", "corda", "loftq", "lora_ga")
_MUST_BE_EMPTY = (
    "target_parameters",
    "trainable_token_indices",
    "layer_replication",
    "use_qalora",
    "ensure_weight_tying",
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
    """One module's change: delta weight = scaling * b @ a, with a (rank x in) and b (out x rank).

    `magnitude` (out): with DoRA the weight plus that delta is then scaled, row by row, to these norms. `bias` (out):
    scaling * bias is added to the module's output.
    """

    a: Tensor
    b: Tensor
    scaling: float
    magnitude: Tensor | None = None
    bias: Tensor | None = None

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
    features: frozenset[str] = frozenset()
    """Those of FEATURES that it has."""
    saved: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The base's tensors that it replaces whole (modules_to_save), by their name in the base."""

    def open(self) -> TensorReader:
        """The open weights, to be handed to `factors` by who reads many modules."""
        return TensorReader(self.folder / WEIGHTS)

    def factors(self, module: str, file: TensorReader | None = None) -> Factors:
        """Read one module's pair and what belongs to it; refuses numbers that are not finite."""
        if file is None:
            with self.open() as opened:
                return self.factors(module, opened)
        return Factors(
            self._read(module, "A", file),
            self._read(module, "B", file),
            self.scalings[module],
            self._read(module, "magnitude", file) if "dora" in self.features else None,
            self._read(module, "bias", file) if "lora_bias" in self.features else None,
        )

    def saved_tensor(self, name: str, file: TensorReader | None = None) -> Tensor:
        """Read one tensor of `saved`; refuses numbers that are not finite."""
        if file is None:
            with self.open() as opened:
                return self.saved_tensor(name, opened)
        return _finite(name, file.read(f"{PREFIX}{name}"))

    def saved_rows(self, name: str, first: int, last: int, file: TensorReader) -> Tensor:
        """The rows from `first` to before `last` of one tensor of `saved`."""
        return _finite(name, file.rows(f"{PREFIX}{name}", first, last))

    def _read(self, module: str, part: str, file: TensorReader) -> Tensor:
        return _finite(f"{module}.{_SUFFIXES[part]}", file.read(f"{PREFIX}{module}.{_SUFFIXES[part]}"))


def _finite(what: str, tensor: Tensor) -> Tensor:
    if not torch.isfinite(tensor).all():
        raise AdapterUnusable(f"{what} holds NaN or infinity, so the adapter is broken. Train it again.")
    return tensor


def read(folder: Path) -> Adapter:
    """Check an adapter folder's config and tensor list. Raises AdapterUnusable; reads no weights yet."""
    config = _read_config(folder / CONFIG)
    features = _features(config)
    shapes, saved = _read_shapes(folder / WEIGHTS, features)
    _check_saved(config.get("modules_to_save") or [], shapes, saved)
    scalings = {name: _scaling(config, name, shape[1]) for name, shape in shapes.items()}
    return Adapter(folder, shapes, scalings, features, saved)


def write(
    folder: Path, modules: Mapping[str, Factors], *, base_name: str, saved: Mapping[str, Tensor] | None = None
) -> None:
    """Write a LoRA folder that PEFT reads (plain ones vLLM reads, too); scalings become alpha = scaling * rank.

    `base_name` goes into the config for the eyes of other tools; it must not tell a path of this machine. `saved` are
    tensors that replace the base's. Magnitudes and biases must be there for all modules or for none.
    """
    if not modules:
        raise AdapterUnusable("The adapter changes no module, so there is nothing to write.")
    folder.mkdir(parents=True, exist_ok=True)
    weights = [
        (f"{PREFIX}{name}.{_SUFFIXES[part]}", tensor)
        for name, m in sorted(modules.items())
        for part, tensor in (("A", m.a), ("B", m.b), ("magnitude", m.magnitude), ("bias", m.bias))
        if tensor is not None
    ] + [(f"{PREFIX}{name}", tensor) for name, tensor in sorted((saved or {}).items())]
    with TensorWriter(folder / WEIGHTS, [(name, torch.float32, each.shape) for name, each in weights]) as file:
        for name, tensor in weights:
            file.add(name, tensor)
    first = next(iter(modules.values()))
    _write_config(
        folder,
        {name: (m.rank, m.scaling * m.rank) for name, m in modules.items()},
        base_name,
        dora=first.magnitude is not None,
        biases=first.bias is not None,
        saved=list(saved or {}),
    )


@contextmanager
def writing(
    folder: Path,
    shapes: Mapping[str, tuple[int, int, int]],
    *,
    base_name: str,
    biases: bool = False,
    saved: Mapping[str, tuple[int, ...]] | None = None,
    journal: Journal | None = None,
) -> Iterator["AdapterWriter"]:
    """Write a LoRA folder module by module, in the order of `shapes`: module -> (out, rank, in).

    With `biases` each module has one (lora_bias); the tensors of `saved` (modules_to_save) follow, in their order.
    Every scaling is 1. When the block ends with an error there is no weights file; with a `journal` there is what was
    whole at the last checkpoint of `file`, and the next writer goes on behind it.
    """
    if not shapes:
        raise AdapterUnusable("The adapter changes no module, so there is nothing to write.")
    folder.mkdir(parents=True, exist_ok=True)
    announced: list[tuple[str, torch.dtype, Sequence[int]]] = []
    for name, (out, rank, inner) in shapes.items():
        parts = {"A": (rank, inner), "B": (out, rank)} | ({"bias": (out,)} if biases else {})
        announced += [(f"{PREFIX}{name}.{_SUFFIXES[part]}", torch.float32, shape) for part, shape in parts.items()]
    announced += [(f"{PREFIX}{name}", torch.float32, shape) for name, shape in (saved or {}).items()]
    with TensorWriter(folder / WEIGHTS, announced, journal) as file:
        yield AdapterWriter(file)
    ranks = {name: (rank, float(rank)) for name, (_, rank, _) in shapes.items()}
    _write_config(folder, ranks, base_name, biases=biases, saved=list(saved or {}))


@dataclass(frozen=True, slots=True)
class AdapterWriter:
    """The weights file of `writing`."""

    file: TensorWriter

    def add(self, module: str, b: Tensor, a: Tensor, bias: Tensor | None = None) -> None:
        """Write the next module's pair, b (out x rank) and a (rank x in), and its bias (out) where it was announced."""
        self.file.add(f"{PREFIX}{module}.lora_A.weight", a)
        self.file.add(f"{PREFIX}{module}.lora_B.weight", b)
        if bias is not None:
            self.file.add(f"{PREFIX}{module}.lora_B.bias", bias)

    def add_saved(self, name: str, tensor: Tensor) -> None:
        """Write the next tensor that stands in the place of the base's."""
        self.file.add(f"{PREFIX}{name}", tensor)


def _write_config(
    folder: Path,
    modules: Mapping[str, tuple[int, float]],
    base_name: str,
    *,
    dora: bool = False,
    biases: bool = False,
    saved: Sequence[str] = (),
) -> None:
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
        "modules_to_save": sorted({name.rpartition(".")[0] for name in saved}) or None,
        "r": rank,
        "rank_pattern": {name: own for name, (own, _) in modules.items() if own != rank},
        "alpha_pattern": {name: _number(own) for name, (_, own) in modules.items() if own != alpha},
        "target_modules": _targets(list(modules)),
        "use_dora": dora,
        "use_rslora": False,
        **({"lora_bias": True} if biases else {}),
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
    for name in _MUST_BE_EMPTY:
        if config.get(name):
            raise AdapterUnusable(
                f"The adapter uses {name}, which a pair of low-rank factors cannot hold. Train a plain LoRA without it."
            )
    if config.get("bias", "none") != "none":
        raise AdapterUnusable("The adapter trains biases (bias is not 'none'). Train a plain LoRA without them.")
    init = str(config.get("init_lora_weights", True)).lower()
    if init.startswith(_MUTATING_INITS):
        raise AdapterUnusable(
            f"The adapter was initialised with {init}, which changes the base model's own weights. "
            "Convert it to a plain LoRA on the original base first."
        )
    for name in ("rank_pattern", "alpha_pattern"):
        keys = config.get(name) or {}
        if not isinstance(keys, dict) or not all(_PATTERN.fullmatch(str(key)) for key in keys):
            raise AdapterUnusable(f"{name} in {CONFIG} must map plain module names to numbers.")
    return config


def _features(config: Mapping[str, Any]) -> frozenset[str]:
    flags = {"dora": "use_dora", "lora_bias": "lora_bias", "modules_to_save": "modules_to_save"}
    found = frozenset(name for name in FEATURES if config.get(flags[name]))
    if {"dora", "lora_bias"} <= found:
        raise AdapterUnusable("use_dora and lora_bias exclude each other. Train with one of them.")
    return found


def _read_shapes(
    path: Path, features: frozenset[str]
) -> tuple[dict[str, tuple[int, int, int]], dict[str, tuple[int, ...]]]:
    """(module -> (out, rank, in), saved tensor -> shape)"""
    if not path.is_file():
        raise AdapterUnusable(f"{WEIGHTS} is missing; other weight formats are not accepted.")
    parts: dict[str, dict[str, tuple[int, ...]]] = {}
    saved: dict[str, tuple[int, ...]] = {}
    try:
        with TensorReader(path) as file:
            if len(file.places) > MAX_TENSORS:
                raise AdapterUnusable(f"{WEIGHTS} holds more than {MAX_TENSORS} tensors.")
            for key, place in file.places.items():
                if match := _KEY.fullmatch(key):
                    parts.setdefault(match[1], {})[match[2]] = place.shape
                elif "modules_to_save" in features and (match := _SAVED.fullmatch(key)) and "lora_" not in key:
                    saved[match[1]] = place.shape
                else:
                    raise AdapterUnusable(
                        f"{WEIGHTS} holds {key!r}, which is not a LoRA factor of a linear module and could "
                        "overwrite the base model. Save the adapter's factors only."
                    )
    except (TensorFileBroken, OSError) as error:
        raise AdapterUnusable(f"{WEIGHTS} cannot be read: {error}") from error
    shapes = {module: _shape(module, found, features) for module, found in sorted(parts.items())}
    if not shapes:
        raise AdapterUnusable(f"{WEIGHTS} holds no tensors, so the adapter changes nothing. Train it again.")
    return shapes, saved


def _shape(module: str, parts: Mapping[str, tuple[int, ...]], features: frozenset[str]) -> tuple[int, int, int]:
    a, b = parts.get(_SUFFIXES["A"], ()), parts.get(_SUFFIXES["B"], ())
    if len(a) != 2 or len(b) != 2 or a[0] != b[1] or not 0 < a[0] <= MAX_RANK:
        raise AdapterUnusable(f"{module} needs A (rank x in) and B (out x rank) of one rank up to {MAX_RANK}.")
    for feature, part in (("dora", "magnitude"), ("lora_bias", "bias")):
        found = parts.get(_SUFFIXES[part])
        if found != (b[:1] if feature in features else None):
            says = f"one of {b[0]} numbers" if feature in features else "none"
            raise AdapterUnusable(
                f"{module} has the {part} {found}, but by {CONFIG} it has {says}. The folder is mixed up."
            )
    return b[0], a[0], a[1]


def _check_saved(names: Any, shapes: Mapping[str, Any], saved: Mapping[str, Any]) -> None:
    """As PEFT matches modules_to_save: a module whose name ends in one of them."""
    if not isinstance(names, list) or not all(_PATTERN.fullmatch(str(name)) for name in names):
        raise AdapterUnusable(f"modules_to_save in {CONFIG} must be a list of plain module names.")
    modules = {name.rpartition(".")[0] for name in saved}
    strange = next((each for each in sorted(modules) if not each.endswith(tuple(names)) or each in shapes), None)
    if strange is not None:
        raise AdapterUnusable(
            f"{WEIGHTS} holds {strange} whole, but modules_to_save does not name it, or it has factors as well. "
            "It would overwrite the base model. Save the adapter anew."
        )
    for name in names:
        if not any(each.endswith(name) for each in modules):
            raise AdapterUnusable(f"modules_to_save names {name!r}, but {WEIGHTS} does not hold it. Save it whole.")


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
