"""Single LoRA, asymmetric, orthogonal (SLAO, https://arxiv.org/abs/2512.23017): one adapter for task after task.

Two adapters are kept, however many tasks there were: the one as it was fine-tuned last, from which the next task
starts, and the merged one, which is used. Before task i

    A_start = Q^T with QR(A_tuned^T),   B_start = B_tuned

then the task is learnt, and after it

    A_merged = A_tuned,   B_merged += (B_tuned - B_merged) / sqrt(i)

A is r x n, B is m x r; other tensors of an adapter are taken as they were tuned. Shapes and scaling stay.
"""

import math
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

WEIGHTS = "adapter_model.safetensors"


def start_tensors(tuned: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What the next task is learnt from: every A made orthonormal, its rows as near as a basis of them can be."""
    return {name: _orthonormal(tensor) if _is_a(name) else tensor for name, tensor in tuned.items()}


def merged_tensors(merged: Mapping[str, Tensor], tuned: Mapping[str, Tensor], number: int) -> dict[str, Tensor]:
    """The adapter to use after task `number` (the first one is 1). Raises ValueError where the two do not fit."""
    if number < 1 or set(merged) != set(tuned) or any(merged[name].shape != tuned[name].shape for name in tuned):
        raise ValueError("the merged and the tuned adapter must have the same modules and ranks")
    share = 1 / math.sqrt(number)
    return {
        name: torch.lerp(merged[name].float(), tensor.float(), share).to(tensor.dtype) if _is_b(name) else tensor
        for name, tensor in tuned.items()
    }


def start(tuned: Path, out: Path) -> Path:
    """The adapter in `tuned` as the next task starts from it, written to the new folder `out`."""
    return _write(tuned, start_tensors(load_file(tuned / WEIGHTS)), out)


def merge(merged: Path, tuned: Path, number: int, out: Path) -> Path:
    """The adapter to use after task `number`, written to the new folder `out`."""
    tensors = merged_tensors(load_file(merged / WEIGHTS), load_file(tuned / WEIGHTS), number)
    return _write(tuned, tensors, out)


def _orthonormal(a: Tensor) -> Tensor:
    """Rows that are orthonormal and span what the rows of `a` span; each with the sign that keeps it near its row."""
    basis, triangle = torch.linalg.qr(a.float().T)
    signs = torch.where(torch.diagonal(triangle) < 0, -1.0, 1.0)
    rows: Tensor = (basis * signs).T.contiguous().to(a.dtype)
    return rows


def _is_a(name: str) -> bool:
    return "lora_A" in name or "lora_embedding_A" in name


def _is_b(name: str) -> bool:
    return "lora_B" in name or "lora_embedding_B" in name


def _write(like: Path, tensors: Mapping[str, Tensor], out: Path) -> Path:
    shutil.copytree(like, out)
    save_file(dict(tensors), out / WEIGHTS)
    return out
