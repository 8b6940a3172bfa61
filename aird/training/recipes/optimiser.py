"""AdamW, its learning-rate schedule, and one guarded update: shared by the loops of all recipes."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from aird.training.recipes.errors import DivergedLoss
from aird.training.settings import OptimiserSettings

BETAS = (0.9, 0.98)
FLOOR = 0.05
"""The rate at the end of a falling schedule, as a share of the peak."""


def adamw(network: Any, settings: OptimiserSettings) -> torch.optim.AdamW:
    """Over what is trainable; norms and biases do not decay (https://arxiv.org/abs/1711.05101)."""
    trained = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=BETAS, fused=True)


def rate_at(step: int, settings: OptimiserSettings) -> float:
    """The learning rate of a step (from 1): a linear rise, then the fall of the schedule."""
    rise = max(1, round(settings.warmup * settings.steps))
    if step <= rise:
        return settings.learning_rate * step / rise
    if settings.schedule == "constant":
        return settings.learning_rate
    way = (step - rise) / max(1, settings.steps - rise)
    fall = (1 + math.cos(math.pi * way)) / 2 if settings.schedule == "cosine" else 1 - way
    return settings.learning_rate * (FLOOR + (1 - FLOOR) * fall)


def update(optimiser: torch.optim.Optimizer, loss: Tensor, rate: float, max_norm: float) -> float:
    """Backward, clip, step. Returns the loss; raises DivergedLoss before any weight is spoilt."""
    value = checked(float(loss.detach()))
    optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    step(optimiser, rate, max_norm)
    return value


def checked(loss: float) -> float:
    """The loss, when it is finite. Raises DivergedLoss."""
    if not math.isfinite(loss):
        raise DivergedLoss(f"The loss became {loss}. Lower the learning rate or look for broken items, then retry.")
    return loss


def step(optimiser: torch.optim.Optimizer, rate: float, max_norm: float) -> None:
    """Clip the gradients that are there and update the weights. Raises DivergedLoss before any weight is spoilt."""
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    norm = float(torch.nn.utils.clip_grad_norm_(parameters, max_norm))
    if not math.isfinite(norm):
        raise DivergedLoss(f"The gradient's norm became {norm}. Lower the learning rate, then retry.")
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()


def moments(optimiser: torch.optim.AdamW, trained: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, float]]:
    """What AdamW remembers of each weight, by name, and in how many updates each took part."""
    tensors: dict[str, Tensor] = {}
    steps: dict[str, float] = {}
    for name, weight in trained.items():
        if known := optimiser.state.get(weight):
            steps[name] = float(known["step"])
            tensors |= {f"first/{name}": known["exp_avg"], f"second/{name}": known["exp_avg_sq"]}
    return tensors, steps


def restore(
    optimiser: torch.optim.AdamW,
    trained: Mapping[str, Tensor],
    tensors: Mapping[str, Tensor],
    steps: Mapping[str, float],
) -> None:
    """The opposite of `moments`."""
    for name, count in steps.items():
        weight = trained[name]
        optimiser.state[weight] = {
            "step": torch.tensor(count, dtype=torch.float32, device=weight.device),
            "exp_avg": tensors[f"first/{name}"].to(weight.device),
            "exp_avg_sq": tensors[f"second/{name}"].to(weight.device),
        }
