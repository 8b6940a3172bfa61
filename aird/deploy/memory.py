"""How much memory an engine will take, before it is started. Pure, from the files' sizes and the model's config.

Sums: weights as the safetensors headers say; KV cache 2 * layers * KV heads * head size * bytes * tokens; LoRA slots
sum over target modules of rank * (in + out) * bytes (S-LoRA, https://arxiv.org/abs/2311.03285, keeps the same).
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from typing import Any

GIB = 2**30
DTYPE_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
    "F8_E4M3": 1, "F8_E5M2": 1,
}  # fmt: skip
"""Of the types in a safetensors header."""


@dataclass(frozen=True)
class Bytes:
    """What an engine is expected to take, in bytes."""

    weights: int
    kv: int = 0
    lora: int = 0
    overhead: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv + self.lora + self.overhead

    def on_each(self, chips: int) -> int:
        """What one of so many chips holds: layers, cache and adapters are split, the process is not."""
        split = self.weights + self.kv + self.lora
        return -(-split // max(chips, 1)) + self.overhead

    def as_dict(self) -> dict[str, int]:
        """As it is kept."""
        return {**asdict(self), "total": self.total}

    def __str__(self) -> str:
        parts = (("weights", self.weights), ("KV cache", self.kv), ("adapters", self.lora), ("the rest", self.overhead))
        return f"{gib(self.total)} ({', '.join(f'{name} {gib(size)}' for name, size in parts if size)})"


def gib(size: int) -> str:
    """Bytes to read."""
    return f"{size / GIB:.1f} GiB" if size >= GIB / 10 else f"{size / 2**20:.0f} MiB"


def parameters(folder: Path) -> dict[str, tuple[str, int]]:
    """(type, number of elements) of every tensor in the folder's safetensors files."""
    found: dict[str, tuple[str, int]] = {}
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as source:
            (length,) = struct.unpack("<Q", source.read(8))
            header = json.loads(source.read(min(length, 100 * 2**20)))
        for name, tensor in header.items():
            if name != "__metadata__":
                found[name] = (tensor["dtype"], prod(tensor["shape"]))
    return found


def weight_bytes(tensors: Mapping[str, tuple[str, int]], *, float_bytes: int | None = None) -> int:
    """What the weights take when floats are held in `float_bytes` each; None: as they are kept."""
    total = 0
    for dtype, number in tensors.values():
        is_float = dtype in ("F64", "F32", "F16", "BF16")
        total += number * (float_bytes if is_float and float_bytes else DTYPE_BYTES.get(dtype, 4))
    return total


def kv_bytes_per_token(config: Mapping[str, Any], *, element_bytes: int) -> int:
    """Of the KV cache; multi-head, grouped and multi-query attention alike."""
    text = config.get("text_config") or config
    heads = int(text.get("num_attention_heads") or text.get("n_head") or 1)
    layers = int(text.get("num_hidden_layers") or text.get("n_layer") or 1)
    hidden = int(text.get("hidden_size") or text.get("n_embd") or heads)
    size = int(text.get("head_dim") or hidden // heads)
    return 2 * layers * int(text.get("num_key_value_heads") or heads) * size * element_bytes


def lora_bytes(config: Mapping[str, Any], *, rank: int, slots: int, element_bytes: int) -> int:
    """`slots` adapters of this rank on every linear module of every layer."""
    text = config.get("text_config") or config
    heads = int(text.get("num_attention_heads") or text.get("n_head") or 1)
    hidden = int(text.get("hidden_size") or text.get("n_embd") or heads)
    wide = int(text.get("intermediate_size") or 4 * hidden)
    size = int(text.get("head_dim") or hidden // heads)
    query, key = heads * size, int(text.get("num_key_value_heads") or heads) * size
    ends = 2 * (hidden + query) + 2 * (hidden + key) + 3 * (hidden + wide)
    return int(text.get("num_hidden_layers") or text.get("n_layer") or 1) * rank * ends * slots * element_bytes


def read_config(folder: Path, name: str = "config.json") -> dict[str, Any]:
    """What a model's folder says of itself; empty when it says nothing."""
    path = folder / name
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return found
