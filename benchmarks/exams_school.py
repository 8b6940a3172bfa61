"""What benchmarks/exams.py examines: a small base, adapters of it, and five exams of a clinc150 folder."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

from aird.runtimes import adapters, loading
from aird.training.recipes import tokenizer as tokenizers
from aird.training.settings import TokenizerSettings

DEPARTMENTS = ("banking", "credit_cards", "travel", "utility", "work")
CHOICES = 4
RANK = 8


@dataclass(frozen=True)
class Size:
    """Of the base."""

    hidden: int = 256
    layers: int = 6
    vocabulary: int = 4096

    @property
    def modules(self) -> dict[str, tuple[int, int]]:
        """Linear modules of one layer with their (out, in)."""
        wide, inner = self.hidden, self.hidden * 8 // 3
        attention = {f"self_attn.{name}_proj": (wide, wide) for name in "qkvo"}
        return attention | {
            "mlp.gate_proj": (inner, wide),
            "mlp.up_proj": (inner, wide),
            "mlp.down_proj": (wide, inner),
        }


def questions(data: Path, department: str, split: str) -> list[dict[str, str]]:
    """Lines of {"text", "intent"}."""
    with (data / f"{department}.{split}.jsonl").open() as lines:
        return [json.loads(line) for line in lines]


def exams(data: Path, count: int) -> dict[str, list[dict[str, Any]]]:
    """One multiple-choice exam for each department, `count` items each, every intent in turn."""
    found = {}
    for department in DEPARTMENTS:
        rows = questions(data, department, "test")
        intents = sorted({row["intent"] for row in rows})
        by_intent = [[row for row in rows if row["intent"] == intent] for intent in intents]
        turns = [rows[n] for n in range(max(map(len, by_intent))) for rows in by_intent if n < len(rows)]
        found[department] = [_item(department, n, row, intents) for n, row in enumerate(turns[:count])]
    return found


def _item(department: str, number: int, row: dict[str, str], intents: list[str]) -> dict[str, Any]:
    right = intents.index(row["intent"])
    choices = sorted(intents[(right + step) % len(intents)].replace("_", " ") for step in range(CHOICES))
    return {
        "id": f"{department}-{number}",
        "messages": [{"role": "user", "content": f"What does the customer want?\n{row['text']}"}],
        "choices": choices,
        "answer": choices.index(row["intent"].replace("_", " ")),
    }


def make_base(folder: Path, data: Path, size: Size) -> Path:
    """A random base; its tokenizer is learnt from the questions."""
    folder.mkdir(parents=True)
    texts = [{"text": row["text"]} for each in DEPARTMENTS for row in questions(data, each, "train")]
    tokenizer = tokenizers.learn(TokenizerSettings(vocab_size=size.vocabulary), texts, 512)
    tokenizers.save(tokenizer, folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=size.hidden,
        intermediate_size=size.modules["mlp.up_proj"][0],
        num_hidden_layers=size.layers,
        num_attention_heads=8,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        initializer_range=0.05,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    network = LlamaForCausalLM(config)
    network.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    loading.save_network(network, folder)
    return folder


def make_adapter(folder: Path, size: Size, seed: int) -> Path:
    """A random LoRA adapter on all linear modules."""
    chance = torch.Generator().manual_seed(seed)
    found = {}
    for layer in range(size.layers):
        for name, (out, into) in size.modules.items():
            a, b = torch.randn(RANK, into, generator=chance) * 0.1, torch.randn(out, RANK, generator=chance) * 0.1
            found[f"model.layers.{layer}.{name}"] = adapters.Factors(a, b, 2.0)
    adapters.write(folder, found, base_name="base")
    return folder
