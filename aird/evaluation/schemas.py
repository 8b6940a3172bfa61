"""Shapes of exams and gates at the API and in the queue."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from aird.catalog.names import ModelName, VersionRef
from aird.core.schemas import Schema
from aird.datasets.splits import SPLIT_PATTERN
from aird.evaluation.gates import Measure, Reason
from aird.evaluation.models import Scorer

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
SplitName = Annotated[str, StringConstraints(pattern=SPLIT_PATTERN)]
Ref = Annotated[str, StringConstraints(min_length=3, max_length=112)]
GateName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]


class SuiteCreate(Schema):
    """A new exam; its department is the first half of its name."""

    name: ModelName
    title: Title
    dataset: Ref
    split: SplitName = "exam"
    scorer: Scorer = Scorer.CHOICE


class SuiteRead(Schema):
    """An exam; `dataset` is the exact version its items come from."""

    name: str
    department: str
    title: str
    dataset: str
    split: str
    scorer: Scorer
    metric: str
    items: int
    created_at: datetime


class GateRule(Schema):
    """At least `at_least` in the suite: a share, or for `relative` a multiple of the reference's score."""

    suite: ModelName
    at_least: float = Field(ge=0, le=10, allow_inf_nan=False)
    measure: Measure = Measure.SCORE
    reference: Ref | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.measure is not Measure.RELATIVE and self.at_least > 1:
            raise ValueError("a share cannot be above 1; only a relative rule may ask for more")
        if (self.reference is None) is (self.measure is Measure.RELATIVE):
            raise ValueError("a relative rule needs a reference version, and only a relative rule has one")
        if self.reference is not None:
            VersionRef.parse(self.reference)
        return self


class GateCreate(Schema):
    """What a version must reach before it may serve this department."""

    name: GateName
    department: str = Field(max_length=64)
    rules: list[GateRule] = Field(min_length=1, max_length=64)


class GateChange(Schema):
    """The rules that a gate has from now on."""

    rules: list[GateRule] = Field(min_length=1, max_length=64)
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class GateRuleRead(Schema):
    """A rule of a gate; a reference in a model that is not in your directory is left out."""

    suite: str
    at_least: float
    measure: Measure
    reference: str | None


class GateRead(Schema):
    """A gate."""

    id: UUID
    name: str
    department: str
    rules: list[GateRuleRead]
    created_at: datetime


class GateLineRead(Schema):
    """One rule against what was found; `low` and `high` bound the score (relative: in multiples of the reference)."""

    gate: str
    suite: str
    measure: Measure
    reference: str | None
    wanted: float
    found: float | None
    low: float | None
    high: float | None
    items: int
    passed: bool
    reason: Reason


class GateReportRead(Schema):
    """Every rule of a department's gates; passed when no line failed."""

    passed: bool
    lines: list[GateLineRead]


class EvaluationSpec(Schema):
    """The job evaluation.run: every version sits every suite; `split` replaces the suites' own."""

    versions: list[UUID] = Field(min_length=1, max_length=500)
    suites: list[UUID] = Field(min_length=1, max_length=500)
    split: SplitName | None = None


class EvaluationCreate(Schema):
    """Which versions sit which suites (null: all there are)."""

    versions: list[Ref] = Field(min_length=1, max_length=500)
    suites: list[ModelName] | None = Field(None, min_length=1, max_length=500)
    split: SplitName | None = None


class RunRead(Schema):
    """What a version scored in a suite; `outcomes` is the artifact with its answer to each item."""

    id: UUID
    version: str
    suite: str
    split: str
    job_id: UUID
    metric: str
    items: int
    correct: int
    score: float
    low: float
    high: float
    outcomes: str
    at: datetime
