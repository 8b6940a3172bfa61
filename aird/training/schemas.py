"""Shapes of training and mentoring at the API and in the queue."""

from typing import Any
from uuid import UUID

from pydantic import Field, model_validator

from aird.core.schemas import Finding, Schema
from aird.jobs.needs import Estimate, Needs


class RecipeBody(Schema):
    """A recipe, as YAML text or as the spec itself."""

    yaml: str | None = Field(None, max_length=65536)
    recipe: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "RecipeBody":
        if (self.yaml is None) == (self.recipe is None):
            raise ValueError("send either `yaml` or `recipe`")
        return self


class DatasetUse(Schema):
    """The items of a dataset version that a job reads."""

    ref: str
    artifact: str
    split: str
    limit: int | None = None


class TrainJob(Schema):
    """What a training job does, everything resolved to ids and digests."""

    model_id: UUID
    method: str
    base_id: UUID | None
    tokenizer_id: UUID | None
    datasets: list[DatasetUse]
    settings: dict[str, Any]
    recipe: dict[str, Any]
    license: str
    notes: str


class MemoryParts(Schema):
    """What the peak of memory is made of, in bytes."""

    weights: int
    gradients: int
    optimiser: int
    activations: int
    logits: int
    overhead: int = Field(description="Of the process itself: libraries, kernels, buffers.")


class TrainingEstimate(Schema):
    """What a training would take, without doing it. Nothing is ordered while a finding says `stop`."""

    model: str
    base: str | None = Field(description="What it starts from; None for a base from scratch.")
    chip: str = Field(description="What the seconds are for: `cpu`, or the flavour of a chip of this house.")
    steps: int
    items: int = Field(description="Items that are learnt from, too long ones and held-out ones left out.")
    held_out: int = Field(description="Items that are measured on instead.")
    too_long: int = Field(description="Items that are longer than max_length, as far as a sample of them tells.")
    tokens: int = Field(description="Tokens that are read over all steps, questions too.")
    epochs: float = Field(description="How many times each item is seen.")
    parameters: int = Field(description="Of the whole model that runs.")
    trainable: int = Field(description="Parameters that are trained.")
    memory: MemoryParts
    needs: Needs = Field(description="What the job would ask for.")
    estimate: Estimate
    findings: list[Finding]


class TeacherUse(Schema):
    """A teacher of a distillation job."""

    version_id: UUID
    prompts: DatasetUse


class DistillJob(Schema):
    """What a distillation job does, everything resolved to ids and digests."""

    model_id: UUID
    student_id: UUID
    teachers: list[TeacherUse]
    settings: dict[str, Any]
    recipe: dict[str, Any]
    license: str
    notes: str
