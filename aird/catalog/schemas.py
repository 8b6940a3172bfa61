"""Shapes of the catalog at the API."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Gating, Kind, Relation, Visibility
from aird.catalog.names import ModelName
from aird.core.schemas import Schema

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=64)]
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
    """A version in a list; `title` is that of its model."""

    name: str
    title: str
    version: int
    ref: str
    kind: Kind
    state: VersionState
    digest: str
    bytes: int
    parameters: int
    base: str | None
    license: str
    aliases: list[str]
    created_at: datetime
    created_by: str | None
    skills: list[SkillRead]


class ModelCreate(Schema):
    """A new model; its department is the first half of its name."""

    name: ModelName
    title: Title
    description: str = Field("", max_length=4000)
    tags: list[Tag] = Field(default_factory=list, max_length=32)


class ModelChange(Schema):
    """What is to be different about a model; what is left out stays."""

    title: Title | None = None
    description: str | None = Field(None, max_length=4000)
    tags: list[Tag] | None = Field(None, max_length=32)
    visibility: Visibility | None = None
    gating: Gating | None = None


class ModelMove(Schema):
    """A model's new name; the old one goes on leading to it."""

    name: ModelName


class ModelRead(Schema):
    """A model with its latest version; `aliases` gives the number of the version that each points at."""

    name: str
    department: str
    title: str
    description: str
    tags: list[str]
    visibility: Visibility
    gating: Gating
    versions: int
    latest: VersionSummary | None
    aliases: dict[str, int]
    created_at: datetime
    updated_at: datetime


class CommitRead(Schema):
    """One state of a model's files; `ref` is the version it is, None while it is not whole."""

    sha: str
    title: str
    message: str
    author: str | None
    at: datetime
    digest: str
    ref: str | None


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


class CostRead(Schema):
    """What something cost: seconds of a chip, an estimate of the floating point operations, watt hours."""

    chip_seconds: float
    flop: float
    watt_hours: float


class ComputeRead(Schema):
    """A version's own cost and that of its whole descent, each ancestor counted once.

    `ratio_to_base` is the chip time spent after the base over the base's; None when the base's is not known.
    """

    own: CostRead
    lineage: CostRead
    ratio_to_base: float | None


class TwinRead(Schema):
    """An adapter of the same base that changes its weights in nearly the same direction."""

    ref: str
    cosine: float


class DifferenceRead(Schema):
    """A part that is not as in the model the version was made from, by the digests of both sides.

    `what` is for example `chat_template` or `tokenizer`; a side that has no such part has no digest.
    """

    what: str
    file: str
    against: str | None
    base: str | None
    own: str | None


class VersionRead(VersionSummary):
    """A version's whole file."""

    description: str
    notes: str
    facts: dict[str, Any]
    files: list[FileRead]
    parents: list[ParentRead]
    children: list[ParentRead]
    training: TrainingRecord | None
    card: dict[str, Any]
    restrictions: list[str]
    commit: str | None
    compute: ComputeRead
    successor: str | None
    differences: list[DifferenceRead]
    twins: list[TwinRead]
    hidden_relatives: int
    may_use_weights: bool = Field(description="Whether the reader may have its files; the card is for everybody.")


class StateChange(Schema):
    """Why a version's state is changed."""

    reason: Reason


class RetirementOrder(Schema):
    """Why a version is retired, and which one takes over."""

    reason: Reason
    successor: Annotated[str, StringConstraints(min_length=3, max_length=160)] | None = None


class SkillsRow(Schema):
    """One version's scores by suite."""

    ref: str
    title: str
    kind: Kind
    state: VersionState
    cells: dict[str, SkillRead | None]


class SkillsMatrix(Schema):
    """A page of versions against suites; `next` is the cursor of the page that follows."""

    suites: list[str]
    rows: list[SkillsRow]
    next: str | None = None
