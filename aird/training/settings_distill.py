"""The settings of a distillation: what a request may ask for, with units and bounds. Free of any ML import."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, model_validator

from aird.training.settings import (
    BatchSize,
    LearningRate,
    LoraSettings,
    OptimiserSettings,
    Settings,
    Steps,
)

Divergence = Literal["forward_kl", "reverse_kl", "jsd"]


def mixing(loss: Divergence, beta: float) -> float:
    """The beta of the generalised Jensen-Shannon divergence that a loss is."""
    return {"forward_kl": 0.0, "reverse_kl": 1.0, "jsd": beta}[loss]


def shared_room(items: Sequence[int], room: int) -> list[int]:
    """Of so many items of each teacher those there is room for: all where they fit, else of each subject as many as of
    the others, and of one with few all."""
    if sum(items) <= room:
        return list(items)
    found: dict[int, int] = {}
    for number in sorted(range(len(items)), key=lambda i: items[i]):
        found[number] = min(items[number], -(-room // (len(items) - len(found))))
        room -= found[number]
    return [found[number] for number in range(len(items))]


class OnPolicySettings(Settings):
    """A last stage: the student answers, its teachers score every token of what it said.

    https://arxiv.org/abs/2306.13649; worth its price where answers are long and written, not chosen.
    """

    steps: Steps = Field(default=50, description="Updates of the weights.")
    batch_size: BatchSize = Field(default=16, description="Answers per update.")
    learning_rate: LearningRate = Field(default=5e-4, description="Peak learning rate of this stage.")
    max_new_tokens: int = Field(default=64, ge=1, le=8192, description="Longest answer of the student, in tokens.")
    temperature: float = Field(default=1.0, gt=0, le=20, description="At which the student picks its tokens.")
    loss: Divergence = Field(default="reverse_kl", description="As of the main stage.")
    beta: float = Field(default=0.5, gt=0, lt=1, description="As of the main stage.")

    @property
    def mixing(self) -> float:
        """The beta of the generalised Jensen-Shannon divergence that the loss is."""
        return mixing(self.loss, self.beta)


class DistillSettings(OptimiserSettings):
    """Learn from the answers and probabilities of one or more teacher versions."""

    learning_rate: LearningRate = Field(default=2e-3, description="Peak learning rate.")
    steps: Steps = Field(default=240, description="Updates of the weights.")
    student: Literal["adapter", "full"] = Field(
        default="adapter",
        description="Train an adapter on the shared base, or all weights of a smaller model.",
    )
    answers: Literal["generate", "given", "text"] = Field(
        default="generate",
        description="Each teacher answers its prompts itself, or scores the answers given; `text`: the student learns "
        "the words of the teacher's answers alone, which needs no common tokenizer.",
    )
    loss: Divergence = Field(
        default="forward_kl",
        description="How far the student is from the teacher: cover all it says, its likeliest alone, or between.",
    )
    beta: float = Field(default=0.5, gt=0, lt=1, description="jsd: near 0 like forward_kl, near 1 like reverse_kl.")
    temperature: float = Field(default=1.0, gt=0, le=20, description="Softens the probabilities of both sides.")
    ce_weight: float = Field(default=0.0, ge=0, le=10, description="Weight of the loss on given answers, where any.")
    max_new_tokens: int = Field(default=64, ge=1, le=8192, description="Longest answer of a teacher, in tokens.")
    signal: Literal["auto", "whole", "top", "sampled"] = Field(
        default="auto",
        description="What is kept of a teacher's probabilities at each token: all of them, the likeliest and the sum "
        "of the rest, or tokens drawn from them (forward_kl only). auto: all of a small vocabulary, else `top`.",
    )
    top: int = Field(default=64, ge=1, le=1024, description="How many of the likeliest tokens are kept.")
    draws: int = Field(
        default=50, ge=1, le=1000, description="How many tokens are drawn (https://arxiv.org/abs/2503.16870)."
    )
    cache: bool = Field(default=True, description="Use what a teacher said before to the same prompts, and keep it.")
    on_policy: OnPolicySettings | None = Field(default=None, description="A last stage on the student's own answers.")
    lora: LoraSettings = Field(default=LoraSettings(), description="Shape of a new adapter, if none to start from.")

    @property
    def mixing(self) -> float:
        """The beta of the generalised Jensen-Shannon divergence that the loss is."""
        return mixing(self.loss, self.beta)

    def shares(self, items: Sequence[int]) -> list[int]:
        """How many of each teacher's items are spoken to: as many as the steps have room for."""
        return shared_room(items, self.steps * self.batch_size)

    @model_validator(mode="after")
    def _parts_fit(self) -> "DistillSettings":
        if self.signal == "sampled" and self.loss != "forward_kl":
            raise ValueError("drawn tokens tell the forward divergence alone: use loss forward_kl, or signal top")
        if self.answers == "text" and self.on_policy is not None:
            raise ValueError("scoring the student's own answers compares probabilities, which answers `text` does not")
        return self
