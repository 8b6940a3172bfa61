"""Shapes of rotation at the API and in the queue."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from aird.catalog.names import ModelName
from aird.core.schemas import Schema
from aird.merge.methods.base import Method

Scale = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class SearchBody(Schema):
    """Try several scales and keep the one with the best mean score on a split that is not the exam."""

    scales: list[Scale] = Field(min_length=1, max_length=64)
    suites: list[str] = Field(min_length=1, max_length=32)
    split: str = "dev"


class MergeBody(Schema):
    """A mergekit recipe, and where its child is filed unless the recipe says so itself."""

    yaml: str = Field(max_length=65536)
    model: ModelName | None = None
    title: str | None = Field(None, max_length=128)
    search: SearchBody | None = None
    license: str = Field("", max_length=64)
    notes: str = Field("", max_length=4000)


class PlannedParent(Schema):
    """A parent with the factor its change is multiplied by."""

    ref: str
    weight: float
    rank: int


class PlanRead(Schema):
    """What a merge would do."""

    method: str
    base: str
    parents: list[PlannedParent]
    scale: float
    rank: int
    parameters: int
    bytes: int
    exact: bool
    statement: str
    notes: list[str]


class ParentUse(Schema):
    """A parent of a merge job."""

    version_id: UUID
    weight: float


class SuiteUse(Schema):
    """A suite that a search scores its candidates on."""

    suite: str
    artifact: str
    split: str
    scorer: Literal["choice", "exact"]


class MergeJob(Schema):
    """What a merge job does, everything resolved to ids, digests and factors."""

    model_id: UUID
    base_id: UUID
    method: Method
    parents: list[ParentUse]
    scale: float
    densities: list[float] | None = None
    normalize: bool = True
    rank: int | None
    scales: list[float]
    suites: list[SuiteUse]
    statement: str
    recipe: dict[str, Any]
    license: str
    notes: str
