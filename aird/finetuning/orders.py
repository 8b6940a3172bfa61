"""What a client orders, in OpenAI's words, and the training that it means. Pure.

n_epochs                    how often each item is seen; `auto` is 3
batch_size                  items of an update; `auto` is 32, or all items where there are fewer
learning_rate_multiplier    times the recipe's own rate; `auto` is 1
"""

import math
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from aird.training.settings import LORA_RATE

EPOCHS, BATCH = 3, 32
Auto = Literal["auto"]


class Part(BaseModel):
    """A part of a request; unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Hyperparameters(Part):
    """How to learn."""

    n_epochs: Auto | Annotated[int, Field(ge=1, le=1000)] = "auto"
    batch_size: Auto | Annotated[int, Field(ge=1, le=4096)] = "auto"
    learning_rate_multiplier: Auto | Annotated[float, Field(gt=0, le=1000)] = "auto"


class Supervised(Part):
    """Settings of the supervised method."""

    hyperparameters: Hyperparameters = Field(default_factory=Hyperparameters)


class Method(Part):
    """How the model learns: from given answers."""

    type: Literal["supervised"]
    supervised: Supervised | None = None


class Order(Part):
    """A fine-tuning job. `validation_file` and `integrations` are taken as null alone."""

    model: str = Field(min_length=1, max_length=128)
    training_file: str = Field(max_length=64)
    validation_file: None = None
    hyperparameters: Hyperparameters | None = None
    method: Method | None = None
    suffix: str | None = Field(None, min_length=1, max_length=64)
    seed: int | None = Field(None, ge=0, lt=2**31)
    metadata: dict[str, Annotated[str, Field(max_length=512)]] | None = Field(None, max_length=16)
    integrations: None = None

    @model_validator(mode="after")
    def _one_place(self) -> "Order":
        if self.hyperparameters is not None and self.method is not None:
            raise ValueError("send `method` or the older `hyperparameters`, not both")
        return self

    @property
    def how(self) -> Hyperparameters:
        """The settings, wherever they stand."""
        if self.method is not None and self.method.supervised is not None:
            return self.method.supervised.hyperparameters
        return self.hyperparameters or Hyperparameters()


@dataclass(frozen=True)
class Learning:
    """What the settings come to for so many items."""

    epochs: int
    batch: int
    multiplier: float
    steps: int

    def settings(self, seed: int) -> dict[str, Any]:
        """For the recipe of a training."""
        rate = min(LORA_RATE * self.multiplier, 1.0)
        return {"steps": self.steps, "batch_size": self.batch, "learning_rate": rate, "seed": seed}

    def shown(self) -> dict[str, Any]:
        """As clients see it."""
        return {
            "n_epochs": self.epochs,
            "batch_size": self.batch,
            "learning_rate_multiplier": self.multiplier,
        }


def learning(how: Hyperparameters, items: int) -> Learning:
    """The numbers behind `auto`, and how many updates they make."""
    epochs = EPOCHS if how.n_epochs == "auto" else how.n_epochs
    batch = min(BATCH, items) if how.batch_size == "auto" else how.batch_size
    multiplier = 1.0 if how.learning_rate_multiplier == "auto" else how.learning_rate_multiplier
    return Learning(epochs, batch, multiplier, max(math.ceil(epochs * items / batch), 1))


def slug(text: str, longest: int = 48) -> str:
    """The text as a part of a name: small letters, digits and single hyphens."""
    found = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:longest].strip("-")
    return found or "file"
