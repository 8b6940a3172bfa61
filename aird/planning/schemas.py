"""Shapes of career plans at the API and in the queue."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from aird.core.schemas import Finding, Schema
from aird.evaluation.schemas import GateLineRead
from aird.jobs.lifecycle import JobState
from aird.jobs.needs import Estimate
from aird.planning.lifecycle import PlanState, StageState
from aird.planning.models import StageKind
from aird.planning.recipe import Budget, Level


class PlanBody(Schema):
    """A plan as YAML text (`kind: Plan`)."""

    yaml: str = Field(max_length=65536)


class StageForecast(Schema):
    """What a stage would take; `shared` stages are done or under way and cost nothing. Without an `estimate` it is not
    known before what it needs is made. The plan stops at a stage while one of its findings says `stop`."""

    name: str
    kind: StageKind
    shared: bool
    estimate: Estimate | None
    findings: list[Finding]


class PlanForecast(Schema):
    """What a plan would take, without doing it: sums over the stages that are known (seconds of work, micro-units)."""

    stages: list[StageForecast]
    shared: int
    unknown: int
    seconds: float
    micro: int
    kwh: float


class AdvanceJob(Schema):
    """The job planning.advance: look at a plan's stages, start what may start."""

    plan_id: UUID


class ScoreRead(Schema):
    """What the version of a stage scored in an exam, with its 95 % interval."""

    score: float
    low: float
    high: float
    items: int


class DropRead(Schema):
    """The exam that fell furthest from its best before, which was after stage `best_in`."""

    suite: str
    was: float
    now: float
    best_in: str


class ForgettingRead(Schema):
    """Average, backward and forward transfer, worst drop of one stage's row (shares; null: nothing to compare)."""

    average: float | None
    backward: float | None
    forward: float | None
    worst: DropRead | None


class MissingRead(Schema):
    """A skill of the role that is not reached; `found` is null where the exam was not sat."""

    suite: str
    level: float
    found: float | None


class StageReport(Schema):
    """What a stage's version scored and how that was judged."""

    scores: dict[str, ScoreRead] = Field(default_factory=dict)
    gate: list[GateLineRead] = Field(default_factory=list)
    forgetting: ForgettingRead | None = None
    missing: list[MissingRead] = Field(default_factory=list)


class WorkRead(Schema):
    """The job behind a stage; `shared` when another plan started it, `plans` counts the plans that use it."""

    job: UUID
    state: JobState
    shared: bool
    plans: int
    seconds: float | None
    micro: int | None


class StageRead(Schema):
    """A stage; `findings` say what failed and what would fix it, `version` is what the stage made: null as long as it
    made nothing, and where you may not see it."""

    name: str
    title: str
    kind: StageKind
    needs: list[str]
    state: StageState
    reason: str
    findings: list[Finding]
    version: str | None
    digest: str | None
    teaches: list[str]
    budget: Budget
    work: WorkRead | None
    exam: WorkRead | None
    report: StageReport
    since: datetime
    started_at: datetime | None
    finished_at: datetime | None


class SavingRead(Schema):
    """What the plan has cost itself, and what it did not have to do again because others had (seconds, micro-units)."""

    spent_seconds: float
    spent_micro: int
    saved_seconds: float
    saved_micro: int
    shared_stages: int


class PlanRow(Schema):
    """A plan in a list."""

    name: str
    title: str
    department: str
    state: PlanState
    reason: str
    revision: int
    stages: int
    passed: int
    saving: SavingRead
    created_by: str | None
    created_at: datetime
    since: datetime


class CareerPlanRead(PlanRow):
    """A plan with its stages in order; `yaml` is null where it names models that are not in your directory."""

    yaml: str | None
    suites: list[str]
    profile: list[Level]
    missing: list[MissingRead] = Field(description="What the last stages do not reach of the role.")
    board: list[StageRead]
    finished_at: datetime | None


class TemplateRead(Schema):
    """A plan to start from."""

    name: str
    title: str
    about: str
    yaml: str
