"""Shapes of rotation in the queue: everything resolved to ids, digests and factors."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from aird.core.schemas import Schema
from aird.merge.methods.base import Method
from aird.merge.schemas import SearchSpace


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


class PromptUse(Schema):
    """Unlabelled prompts that one parent speaks for."""

    version_id: UUID
    ref: str
    artifact: str
    split: str
    limit: int | None = None


class FinishUse(Schema):
    """The finish of a merge job; `settings` are aird.training.settings_distill.DistillSettings."""

    prompts: list[PromptUse]
    settings: dict[str, Any]


class MergeWork(Schema):
    """A merge, everything resolved to ids, digests and factors."""

    base_id: UUID
    method: Method
    parents: list[ParentUse]
    scale: float
    densities: list[float] | None = None
    normalize: bool = True
    rank: int | None
    output: Literal["adapter", "full"] = "adapter"
    search: SearchSpace | None = None
    suites: list[SuiteUse] = Field(default_factory=list)
    prompts: list[PromptUse] = Field(default_factory=list, description="core_regmean: whose inputs count")
    finish: FinishUse | None = None
    statement: str
    exact: bool = False
    recipe: dict[str, Any]
    license: str
    notes: str


class MergeJob(MergeWork):
    """A merge whose result is filed as a version of this model."""

    model_id: UUID


class SearchJob(MergeWork):
    """A search that files nothing; `model` is where the recipe of a trial would file it."""

    model: str | None = None


class MeasureJob(Schema):
    """What a measurement measures: a merge that does not run."""

    key: str
    base_id: UUID
    method: Method
    parents: list[ParentUse]
    scale: float
    densities: list[float] | None
    normalize: bool
    rank: int | None


class DerivedJob(Schema):
    """A version made from one other: extracted, baked or quantised."""

    model_id: UUID
    version_id: UUID
    base_id: UUID | None
    options: dict[str, Any]
    license: str
    notes: str
    recipe: dict[str, Any]


class DenseJob(Schema):
    """A merge of whole models, by our own rules or by mergekit in its cage."""

    model_id: UUID
    engine: Literal["dense", "mergekit"]
    versions: dict[str, UUID] = Field(description="Every version the recipe names, by the ref it is named with.")
    base_id: UUID | None
    parents: list[ParentUse]
    yaml: str = Field(description="The recipe as it was written.")
    statement: str
    recipe: dict[str, Any]
    license: str
    notes: str
