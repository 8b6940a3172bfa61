"""Tiny random models for tests, made on the spot: a Llama of two layers with its tokenizer, and LoRA
adapters.

They ship with the product so that the tests of every slice, and of those who build on aird, use real files.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

from aird.runtimes import adapters, loading
from aird.training.recipes import tokenizer as tokenizers
from aird.training.settings import TokenizerSettings

TEXTS = (
    "Which invoice is still open?",
    "Please book a flight to Paris for two.",
    "How do I reset my password?",
    "科目6102餐费，发票S31。",
    "请问我的年假还有几天？",
    "The account 6102 is for meals, the account 6103 for travel.",
)
LAYERS = 2
HIDDEN = 32
MODULES = {
    "self_attn.q_proj": (HIDDEN, HIDDEN),
    "self_attn.k_proj": (HIDDEN // 2, HIDDEN),
    "self_attn.v_proj": (HIDDEN // 2, HIDDEN),
    "self_attn.o_proj": (HIDDEN, HIDDEN),
    "mlp.gate_proj": (48, HIDDEN),
    "mlp.up_proj": (48, HIDDEN),
    "mlp.down_proj": (HIDDEN, 48),
}
"""Linear modules of one layer of the tiny model, with their (out, in)."""


def make_base(
    folder: Path,
    *,
    seed: int = 0,
    texts: Sequence[str] = TEXTS,
    max_positions: int = 128,
    vocabulary: int = 0,
    endless: bool = False,
    tied: bool = True,
    biases: bool = False,
) -> Path:
    """A full model folder: random Llama (hidden 32, 2 layers), byte-level BPE tokenizer, chat template.

    `vocabulary` gives the model more logits than the tokenizer has tokens, as padded models have; an `endless` one
    never chooses to end its answer by itself. Its head shares the embedding's weights where it is `tied`; with `biases`
    every linear module of its layers has one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizers.learn(TokenizerSettings(vocab_size=384), [{"text": t} for t in texts], max_positions)
    tokenizers.save(tokenizer, folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=max(vocabulary, len(tokenizer)),
        hidden_size=HIDDEN,
        intermediate_size=48,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=max_positions,
        tie_word_embeddings=tied,
        attention_bias=biases,
        mlp_bias=biases,
        initializer_range=0.2,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    network = LlamaForCausalLM(config)
    network.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    if endless:  # a logit of exactly 0, below the largest of the others
        with torch.no_grad():
            network.get_output_embeddings().weight[tokenizer.eos_token_id] = 0.0
    loading.save_network(network, folder)
    return folder


def make_adapter(
    folder: Path,
    *,
    seed: int = 0,
    rank: int = 4,
    alpha: float = 8,
    size: float = 0.1,
    modules: Sequence[str] = tuple(MODULES),
    base_name: str = "tiny",
) -> Path:
    """A random LoRA adapter for the tiny model, on `modules` of every layer; `size` is the spread of its
    factors."""
    random = torch.Generator().manual_seed(seed)

    def factors(module: str) -> adapters.Factors:
        out, into = MODULES[module]
        a = torch.randn(rank, into, generator=random) * size
        return adapters.Factors(a, torch.randn(out, rank, generator=random) * size, alpha / rank)

    names = {f"model.layers.{layer}.{module}": factors(module) for layer in range(LAYERS) for module in modules}
    adapters.write(folder, names, base_name=base_name)
    return folder
