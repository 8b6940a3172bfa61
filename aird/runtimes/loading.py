"""Load a base or full model from a local folder, and put checked adapters onto it. No network, no foreign
code.

Before transformers sees a folder it is checked for the ways in which a folder can reach outside itself: an
index that names shards elsewhere, code named by `auto_map`, an adapter that names another base.
"""

import json
import re
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils.warning import PeftWarning
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging as transformers_logging

from aird.runtimes import saved_modules
from aird.runtimes.adapters import Adapter, Factors
from aird.runtimes.dora import Dora
from aird.runtimes.edge import knows
from aird.runtimes.errors import AdapterUnusable, ModelFolderUnusable
from aird.runtimes.saved_modules import SavedModule

INDEX = "model.safetensors.index.json"
TEMPLATE = "chat_template.jinja"
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    TEMPLATE,
    "special_tokens_map.json",
)
WORDS = (*TOKENIZER_FILES, "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt")


def device_of_choice() -> torch.device:
    """The accelerator where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_network(folder: Path, *, device: torch.device, dtype: torch.dtype | None = None) -> Any:
    """The model in evaluation mode; float32 on a CPU, the file's own type elsewhere, unless `dtype` says
    more."""
    check_folder(folder)
    transformers_logging.disable_progress_bar()
    try:
        network = AutoModelForCausalLM.from_pretrained(
            str(folder),
            dtype=dtype or (torch.float32 if device.type == "cpu" else "auto"),
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelFolderUnusable(f"The model's files cannot be loaded: {error}") from error
    return network.to(device).eval()


def load_tokenizer(folder: Path, adapter: Path | None = None) -> Any:
    """The folder's own tokenizer, or as `adapter` speaks with it; it must have an end-of-sequence token.

    An adapter that brings tokenizer files or a chat template is used with them, file by file in the place of the
    base's: so it was trained, and so it was examined and approved. Without any it speaks as its base does.
    """
    own = adapter is not None and brings_words(adapter)
    with tempfile.TemporaryDirectory(prefix="aird-words-") as joined:
        if adapter is not None and own:
            for name in ("config.json", *WORDS):
                source = next((each / name for each in (adapter, folder) if (each / name).is_file()), None)
                if source is not None:
                    shutil.copyfile(source, Path(joined, name))
        place = joined if own else str(folder)
        try:
            tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=True, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise ModelFolderUnusable(f"The tokenizer cannot be loaded: {error}") from error
    if adapter is not None and own:
        tokenizer.chat_template = template(adapter) or template(folder)
    if tokenizer.eos_token_id is None:
        raise ModelFolderUnusable("The tokenizer names no end-of-sequence token, so answers would never end.")
    return tokenizer


def brings_words(adapter: Path) -> bool:
    """Whether the adapter has tokenizer files or a chat template of its own."""
    return any((adapter / name).is_file() for name in WORDS)


def template(folder: Path) -> str | dict[str, str] | None:
    """The chat template that counts: chat_template.jinja, else the one in tokenizer_config.json."""
    if (folder / TEMPLATE).is_file():
        return (folder / TEMPLATE).read_text(encoding="utf-8")
    if not (folder / "tokenizer_config.json").is_file():
        return None
    found = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8")).get("chat_template")
    return {each["name"]: each["template"] for each in found} if isinstance(found, list) else found


def check_folder(folder: Path) -> None:
    """Refuse a folder that could make the loader read outside it or run code from it."""
    config = folder / "config.json"
    if not config.is_file():
        raise ModelFolderUnusable("config.json is missing, so this is not a model folder.")
    if (folder / "adapter_config.json").exists():
        raise ModelFolderUnusable("The folder of a base model must not hold an adapter_config.json.")
    if (folder / knows.FILE).exists():
        raise ModelFolderUnusable(f"This is an edge export: nothing here but {knows.RUNTIME} reads {knows.FILE}.")
    if '"auto_map"' in config.read_text(encoding="utf-8"):
        raise ModelFolderUnusable("config.json names code to run (auto_map). Only models of known classes are loaded.")
    index = folder / INDEX
    if index.exists():
        try:
            shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, KeyError, AttributeError) as error:
            raise ModelFolderUnusable(f"{INDEX} cannot be read: {error}") from error
        for shard in shards:
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors", str(shard)):
                raise ModelFolderUnusable(f"{INDEX} names {shard!r}, which is not a plain file of this folder.")


def copy_tokenizer(source: Path, out: Path) -> None:
    """Copy the tokenizer byte for byte, so that a child's tokenizer is provably its parent's.

    Of an adapter these are the files it brings of its own, mostly none.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name in WORDS if (source / "adapter_config.json").exists() else TOKENIZER_FILES:
        if (source / name).is_file():
            (out / name).write_bytes((source / name).read_bytes())


def save_network(network: Any, out: Path) -> None:
    """Write a full model: safetensors, config without machine paths, files readable by everyone."""
    refuse_quantized(network)
    transformers_logging.disable_progress_bar()
    network.save_pretrained(str(out))
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    config.pop("_name_or_path", None)
    (out / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for file in out.iterdir():
        file.chmod(0o644)


def attach(network: Any, adapter: Adapter, slot: str) -> Any:
    """Put an adapter onto the base under a PEFT name; returns the network, wrapped on the first adapter.

    Whatever the adapter has beside its factors comes with it and is in force when it is.
    """
    base = network.get_base_model() if isinstance(network, PeftModel) else network
    for module, (out, _, into) in adapter.shapes.items():
        weight = _linear(base, module).weight
        if tuple(weight.shape) != (out, into):
            raise AdapterUnusable(
                f"{module} of the base is {tuple(weight.shape)}, the adapter was made for {(out, into)}. "
                "Use the base model that the adapter was trained on."
            )
    with adapter.open() as file:
        factors = {module: adapter.factors(module, file) for module in adapter.shapes}
        saved = {name: adapter.saved_tensor(name, file) for name in adapter.saved}
    saved_modules.put(base, saved, slot)
    first = next(iter(factors.values()))
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=first.rank,
        lora_alpha=first.scaling * first.rank,
        target_modules=list(factors),
        rank_pattern={f"^{re.escape(name)}": f.rank for name, f in factors.items()},
        alpha_pattern={f"^{re.escape(name)}": f.scaling * f.rank for name, f in factors.items()},
        use_dora="dora" in adapter.features,
        lora_bias="lora_bias" in adapter.features,
    )
    network = add_slot(network, config, slot)
    base = network.get_base_model()
    with torch.no_grad():
        for module, found in factors.items():
            layer = base.get_submodule(module)
            layer.scaling[slot] = found.scaling  # as it was computed, not by way of alpha
            layer.lora_A[slot].weight.copy_(found.a)
            layer.lora_B[slot].weight.copy_(found.b)
            if found.magnitude is not None:
                layer.lora_magnitude_vector[slot].weight.copy_(found.magnitude)
                layer.lora_magnitude_vector[slot] = Dora(layer.lora_magnitude_vector[slot].weight)
            if found.bias is not None:
                layer.lora_B[slot].bias.copy_(found.bias)
    return network


def refuse_quantized(network: Any) -> None:
    """Raise AdapterUnusable for a model with eight-bit weights: it can be run, not trained or changed."""
    if getattr(network.config, "quantization_config", None) is not None:
        raise AdapterUnusable(
            "This model has weights in eight bits, which can be run but not changed. Use the version it was made from."
        )


def add_slot(network: Any, config: LoraConfig, slot: str) -> Any:
    """Add freshly initialised LoRA layers under a PEFT name, and make them the active ones."""
    refuse_quantized(network)
    with warnings.catch_warnings():
        # PEFT 0.21 asks transformers for a property by its old name.
        warnings.filterwarnings("ignore", ".*is_gradient_checkpointing.*", FutureWarning)
        # It cannot merge a bias into a layer without one; nor do we.
        warnings.filterwarnings("ignore", ".*lora_bias=True.*", PeftWarning)
        if isinstance(network, PeftModel):
            network.add_adapter(slot, config)
        else:
            network = get_peft_model(network, config, adapter_name=slot)
    network.set_adapter(slot)
    return network


def detach(network: Any, slot: str) -> dict[str, Factors]:
    """The factors that stand under a PEFT name, by module."""
    factors = {}
    for name, layer in network.get_base_model().named_modules():
        if slot in getattr(layer, "lora_A", {}):
            magnitude = layer.lora_magnitude_vector[slot].weight if slot in layer.lora_magnitude_vector else None
            bias = layer.lora_B[slot].bias
            factors[name] = Factors(
                layer.lora_A[slot].weight.detach(),
                layer.lora_B[slot].weight.detach(),
                float(layer.scaling[slot]),
                None if magnitude is None else magnitude.detach(),
                None if bias is None else bias.detach(),
            )
    return factors


def detach_saved(network: Any, slot: str) -> dict[str, Tensor]:
    """The tensors that take the place of the base's under a PEFT name (modules_to_save), by their name in the base."""
    return saved_modules.taken(network.get_base_model(), slot)


def linear_names(network: Any, wanted: list[str] | None) -> list[str]:
    """Full names of the linear modules to adapt: all but the output head, or those that end in a wanted
    name."""
    head = network.get_output_embeddings()
    linear = {name: m for name, m in network.named_modules() if isinstance(m, nn.Linear) and m is not head}
    if wanted is None:
        return list(linear)
    missing = [w for w in wanted if not any(name == w or name.endswith("." + w) for name in linear)]
    if missing:
        known = sorted({name.rpartition(".")[2] for name in linear})
        raise AdapterUnusable(f"The base has no linear modules {missing}; it has {known}. Change target_modules.")
    return [name for name in linear if any(name == w or name.endswith("." + w) for w in wanted)]


def _linear(base: Any, module: str) -> Any:
    try:
        layer = base.get_submodule(module)
    except AttributeError as error:
        raise AdapterUnusable(f"The base has no module {module}. Use the base the adapter was trained on.") from error
    layer = getattr(layer, "base_layer", layer)
    if isinstance(layer, SavedModule):
        raise AdapterUnusable(
            f"The adapter changes {module} by factors, which another adapter on this base replaces whole. The two "
            "cannot be loaded beside each other: serve one of them on an endpoint of its own."
        )
    if not isinstance(layer, nn.Linear):
        raise AdapterUnusable(f"{module} of the base is not a linear module, so LoRA cannot change it.")
    return layer
