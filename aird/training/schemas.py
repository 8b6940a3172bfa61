"""Shapes of training and mentoring at the API and in the queue."""

from typing import Any
from uuid import UUID

from pydantic import Field, model_validator

from aird.core.schemas import Schema


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
