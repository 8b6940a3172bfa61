"""Shapes of the catalog at the API."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind, Relation
from aird.catalog.names import ModelName
from aird.core.schemas import Schema

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class SkillRead(Schema):
    """A score with its 95 % interval and the number of items behind it."""

    suite: str
    metric: str
    score: float
    low: float
    high: float
    items: int
    measured_at: datetime


class VersionSummary(Schema):
    """A version in a list."""

    name: str
    version: int
    ref: str
    kind: Kind
    state: VersionState
    digest: str
    bytes: int
    parameters: int
    base: str | None
    license: str
    created_at: datetime
    created_by: str | None
    skills: list[SkillRead]


class ModelCreate(Schema):
    """A new model; its department is the first half of its name."""

    name: ModelName
    title: Title
    description: str = Field("", max_length=4000)
    tags: list[Annotated[str, StringConstraints(min_length=1, max_length=64)]] = Field(
        default_factory=list, max_length=32
    )


class ModelRead(Schema):
    """A model with its latest version."""

    name: str
    department: str
    title: str
    description: str
    tags: list[str]
    versions: int
    latest: VersionSummary | None
    created_at: datetime


class FileRead(Schema):
    """One file of a version."""

    path: str
    size: int
    digest: str


class ParentRead(Schema):
    """A direct relative of a version."""

    ref: str
    relation: Relation
    weight: float | None


class TrainingRecord(Schema):
    """How a version was made."""

    job_id: UUID | None
    kind: str
    recipe: dict[str, Any]
    metrics: dict[str, Any]
    datasets: list[dict[str, Any]]
    seconds: float | None


class VersionRead(VersionSummary):
    """A version's whole file."""

    title: str
    description: str
    notes: str
    facts: dict[str, Any]
    files: list[FileRead]
    parents: list[ParentRead]
    children: list[ParentRead]
    training: TrainingRecord | None


class StateChange(Schema):
    """Why a version's state is changed."""

    reason: Reason


class RelativeRead(Schema):
    """A version on the family tree; `of` is the neighbour it was reached from."""

    ref: str
    relation: Relation
    weight: float | None
    depth: int
    of: str


class LineageRead(Schema):
    """All that a version came from and all that came from it; `cut` says that there is more than is shown."""

    ref: str
    ancestors: list[RelativeRead]
    descendants: list[RelativeRead]
    cut: bool


class SkillsRow(Schema):
    """One version's scores by suite."""

    ref: str
    kind: Kind
    state: VersionState
    cells: dict[str, SkillRead | None]


class SkillsMatrix(Schema):
    """Versions against suites."""

    suites: list[str]
    rows: list[SkillsRow]
