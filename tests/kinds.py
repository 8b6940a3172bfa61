"""Adapters of every kind that PEFT makes and aird takes, made and answered by PEFT itself."""

from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from torch import Tensor

from aird.runtimes import loading

PEFT_WARNS = (
    ".*is_gradient_checkpointing.*:FutureWarning",
    ".*lora_bias=True.*",
    ".*tensor.s. have invalid shape.*",  # of biases, which are no matrices
    ".*ensure_weight_tying.*",
    ".*eva.*",
)
"""What PEFT has to say while it makes and loads these."""
CPU = torch.device("cpu")
IDS = torch.arange(11)[None] * 7 % 200
TWO = ["q_proj", "down_proj"]
PATTERNS: dict[str, Any] = {
    "rank_pattern": {"layers.1.self_attn.q_proj": 2, "down_proj": 3},
    "alpha_pattern": {"layers.0.mlp.down_proj": 9, "q_proj": 1},
}
PLAIN: dict[str, dict[str, Any]] = {
    "plain": {},
    "rslora": {"use_rslora": True},
    "rank_pattern": {"rank_pattern": PATTERNS["rank_pattern"]},
    "alpha_pattern": {"alpha_pattern": PATTERNS["alpha_pattern"]},
    "rslora_patterns": {"use_rslora": True, **PATTERNS},
    "mixed_targets": {"target_modules": ["layers.0.self_attn.v_proj", "o_proj", "layers.1.mlp.up_proj"]},
    "all_linear": {"target_modules": "all-linear", "exclude_modules": ["k_proj"]},
    "bf16": {},
    "f16": {"r": 3},
    "gaussian": {"init_lora_weights": "gaussian"},
    "orthogonal": {"init_lora_weights": "orthogonal"},
    "eva": {"init_lora_weights": "eva"},
    "mica": {"init_lora_weights": "mica"},
}
"""Kinds whose change is a product of two factors in each module."""
SUMMED: dict[str, dict[str, Any]] = {
    "lora_bias": {"lora_bias": True},
    "lora_bias_rslora_patterns": {"lora_bias": True, "use_rslora": True, **PATTERNS},
    "head": {"modules_to_save": ["lm_head"]},
    "embedding": {"modules_to_save": ["embed_tokens"]},
    "head_and_embedding": {"modules_to_save": ["lm_head", "embed_tokens"]},
    "norms": {"modules_to_save": ["norm"]},
    "linear_saved": {"modules_to_save": ["layers.1.mlp.up_proj"], "target_modules": "all-linear"},
    "lora_bias_and_head": {"lora_bias": True, "modules_to_save": ["lm_head"], "alpha_pattern": {"q_proj": 5}},
}
"""Kinds with something beside the factors that adds up exactly."""
DORA: dict[str, dict[str, Any]] = {
    "dora": {"use_dora": True},
    "dora_rslora_patterns": {"use_dora": True, "use_rslora": True, **PATTERNS},
    "dora_and_head": {"use_dora": True, "modules_to_save": ["lm_head"]},
}
KINDS = PLAIN | SUMMED | DORA


def make(kind: str, base: Path, folder: Path, *, seed: int = 0, **fields: Any) -> Path:
    """Have PEFT write an adapter of this kind, with random values in everything that it trains."""
    told = {"r": 4, "lora_alpha": 6, "target_modules": TWO, "init_lora_weights": True, "task_type": "CAUSAL_LM"}
    torch.manual_seed(seed)
    network = get_peft_model(loading.load_network(base, device=CPU), LoraConfig(**told | KINDS[kind] | fields))
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, values in network.named_parameters():
            if "lora_" in name or "modules_to_save" in name:
                values.add_(torch.randn(values.shape, generator=random) * 0.2)
    network.save_pretrained(str(folder))
    dtype = {"bf16": torch.bfloat16, "f16": torch.float16}.get(kind)
    if dtype is not None:
        file = folder / "adapter_model.safetensors"
        save_file({name: tensor.to(dtype) for name, tensor in load_file(file).items()}, file, {"format": "pt"})
    return folder


def peft(base: Path, folder: Path, dtype: torch.dtype = torch.float32) -> Tensor:
    """What PEFT itself answers with this adapter: logits."""
    network = loading.load_network(base, device=CPU, dtype=dtype)
    with torch.no_grad():
        logits: Tensor = PeftModel.from_pretrained(network, str(folder)).eval()(input_ids=IDS).logits
    return logits


def peft_weights(base: Path, folder: Path) -> dict[str, Tensor]:
    """Every tensor of the whole model that PEFT makes of base and adapter, worked out in float64."""
    network = PeftModel.from_pretrained(loading.load_network(base, device=CPU), str(folder)).double()
    merged = network.merge_and_unload()
    return {name: tensor.detach() for name, tensor in merged.state_dict().items()}
