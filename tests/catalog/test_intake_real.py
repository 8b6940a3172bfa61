"""What transformers and PEFT themselves write must pass the door, for every architecture that is let in."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    LlamaConfig,
    MistralConfig,
    Qwen2Config,
    Qwen3Config,
)

from aird.catalog.intake.inspection import INDEX, base_facts, inspect, weight_index

SIZES = {
    **{"vocab_size": 64, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2},
    **{"num_attention_heads": 4, "num_key_value_heads": 2, "pad_token_id": 0},
}
MODELS: list[tuple[Any, dict[str, Any]]] = [
    (LlamaConfig, {}),
    (LlamaConfig, {"attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True}),
    (MistralConfig, {"head_dim": 8}),
    (Qwen2Config, {"tie_word_embeddings": True}),
    (Qwen3Config, {"attention_bias": True}),
    (Gemma2Config, {"head_dim": 8}),
]
ADAPTERS = [
    LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM"),
    LoraConfig(r=4, target_modules=["q_proj", "down_proj"], use_rslora=True, rank_pattern={"q_proj": 2}),
    LoraConfig(r=2, target_modules=["v_proj"], exclude_modules=["model.layers.0.self_attn.v_proj"]),
]


def save(config: Any, changes: dict[str, Any], base_folder: Path, **saving: Any) -> Any:
    """Replace the weights in `base_folder` by a new random model's."""
    model = AutoModelForCausalLM.from_config(config(**SIZES, **changes))
    (base_folder / "model.safetensors").unlink()
    model.save_pretrained(base_folder, **saving)
    return model


@pytest.mark.parametrize(("config", "changes"), MODELS)
def test_a_model_as_transformers_writes_it_is_taken(config: Any, changes: dict[str, Any], base_folder: Path) -> None:
    model = save(config, changes, base_folder, max_shard_size="10KB")
    intake = inspect(base_folder, base=None)
    assert intake.parameters == sum(weights.numel() for weights in model.parameters())
    linear = {n: m.weight.shape for n, m in model.named_modules() if isinstance(m, torch.nn.Linear)}
    if model.config.tie_word_embeddings:
        del linear["lm_head"]
    assert intake.shapes == linear
    index = weight_index(base_folder)
    assert index is not None
    assert index["weight_map"] == json.loads((base_folder / INDEX).read_text())["weight_map"]


# PEFT 0.21 reads an attribute that transformers 5.23 has renamed.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
@pytest.mark.parametrize("lora", ADAPTERS, ids=range(len(ADAPTERS)))
def test_an_adapter_as_peft_writes_it_is_taken(lora: LoraConfig, base_folder: Path, tmp_path: Path) -> None:
    model = get_peft_model(save(LlamaConfig, {}, base_folder), lora)
    model.save_pretrained(tmp_path / "peft")
    intake = inspect(tmp_path / "peft", base=base_facts(base_folder))
    assert intake.parameters == model.get_nb_trainable_parameters()[0]
    assert intake.kind == "adapter"
