"""Small but whole uploads, as transformers and PEFT write them: a base of two layers, an adapter for it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 64,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 4,
    "max_position_embeddings": 128,
    "rms_norm_eps": 1e-6,
    "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
    "tie_word_embeddings": True,
    "dtype": "float32",
    "transformers_version": "5.23.0",
}
TOKENIZER = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [
        {"id": 0, "content": "<|end|>", "special": True}
        | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    ],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Prepend", "prepend": "_"}]},
    "pre_tokenizer": {
        "type": "Split",
        "pattern": {"Regex": r"(?i:'s|'t)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|\s+(?!\S)|\s+"},
        "behavior": "Isolated",
        "invert": False,
    },
    "post_processor": None,
    "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    "model": {
        "type": "BPE",
        "vocab": {"<|end|>": 0, **{chr(97 + n): n + 1 for n in range(26)}},
        "merges": [],
    },
}
ADAPTER = {
    **{
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": 4,
        "lora_alpha": 8,
        "lora_dropout": 0.05,
        "bias": "none",
    },
    **{"target_modules": ["q_proj", "v_proj"], "rank_pattern": {}, "alpha_pattern": {}, "use_rslora": False},
    **{
        "base_model_name_or_path": "/models/base",
        "inference_mode": True,
        "peft_version": "0.21.2",
        "revision": None,
    },
    **{
        "modules_to_save": None,
        "use_dora": False,
        "lora_bias": False,
        "layer_replication": None,
        "loftq_config": {},
    },
    **{
        "megatron_core": "megatron.core",
        "init_lora_weights": True,
        "auto_mapping": None,
        "qalora_group_size": 16,
    },
}
Tensors = dict[str, "np.ndarray[Any, Any]"]


def write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def random_tensors(shapes: dict[str, tuple[int, ...]]) -> Tensors:
    random = np.random.default_rng(0)
    return {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def write_base(folder: Path) -> Path:
    """A base of two layers that passes the whole intake."""
    folder.mkdir(parents=True)
    write_json(folder / "config.json", CONFIG)
    write_json(folder / "generation_config.json", {"eos_token_id": 0, "transformers_version": "5.23.0"})
    write_json(folder / "tokenizer.json", TOKENIZER)
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "TokenizersBackend", "eos_token": "<|end|>"})
    (folder / "chat_template.jinja").write_text("{% for m in messages %}{{ m.content }}{% endfor %}")
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (64, 16), "model.norm.weight": (16,)}
    for layer in ("model.layers.0.", "model.layers.1."):
        shapes |= {f"{layer}self_attn.{p}_proj.weight": (16, 16) for p in "qo"}
        shapes |= {f"{layer}self_attn.{p}_proj.weight": (8, 16) for p in "kv"}
        shapes |= {f"{layer}mlp.{p}_proj.weight": (24, 16) for p in ("gate", "up")}
        shapes |= {f"{layer}mlp.down_proj.weight": (16, 24)}
        shapes |= {f"{layer}{p}_layernorm.weight": (16,) for p in ("input", "post_attention")}
    save_file(random_tensors(shapes), folder / "model.safetensors")
    return folder


def write_adapter(folder: Path) -> Path:
    """An adapter for that base which passes as well."""
    folder.mkdir(parents=True)
    write_json(folder / "adapter_config.json", ADAPTER)
    (folder / "README.md").write_text("# An adapter\n")
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in (0, 1):
        for name, out in (("q", 16), ("v", 8)):
            prefix = f"base_model.model.model.layers.{layer}.self_attn.{name}_proj"
            shapes |= {f"{prefix}.lora_A.weight": (4, 16), f"{prefix}.lora_B.weight": (out, 4)}
    save_file(random_tensors(shapes), folder / "adapter_model.safetensors")
    return folder


@pytest.fixture
def base_folder(tmp_path: Path) -> Path:
    return write_base(tmp_path / "base")


@pytest.fixture
def adapter_folder(tmp_path: Path) -> Path:
    return write_adapter(tmp_path / "adapter")


@pytest.fixture
def edit() -> Callable[..., None]:
    """Set fields of a JSON file; `drop` names fields to leave out."""

    def edit(path: Path, drop: tuple[str, ...] = (), **changes: Any) -> None:
        content = json.loads(path.read_text(encoding="utf-8")) | changes
        write_json(path, {key: value for key, value in content.items() if key not in drop})

    return edit


@pytest.fixture
def edit_tensors() -> Callable[[Path, Callable[[Tensors], object]], None]:
    """Change the tensors of a safetensors file in place."""

    def edit_tensors(path: Path, change: Callable[[Tensors], object]) -> None:
        tensors = load_file(path)
        change(tensors)
        save_file(tensors, path)

    return edit_tensors
