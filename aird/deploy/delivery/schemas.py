"""Shapes of rollouts at the API."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from aird.core.schemas import Schema
from aird.deploy.delivery.health import Signal
from aird.deploy.delivery.models import Better, RolloutKind, RolloutState
from aird.deploy.delivery.scoring import Scoring
from aird.deploy.delivery.steps import STEPS, Rules, Why
from aird.deploy.routing import WHOLE
from aird.deploy.schemas import DeploymentRead, Promotion

Thousandths = Annotated[int, Field(ge=1, le=WHOLE)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
DEFAULT = Rules()


class RolloutStart(Promotion):
    """Try an approved version beside what answers. Shares are thousandths of the traffic.

    A `canary` answers callers itself, by `steps` up to all of them. A `shadow` answers copies of `share` of the
    requests; `agreed` says how those whose questions are copied and kept for judging came to agree. Who compares the
    answers: the endpoint `judge`, or a scorer of exams, `scoring`; what they leave, and without either all, is for
    people.
    """

    kind: RolloutKind = RolloutKind.CANARY
    steps: list[Thousandths] = Field(list(STEPS), min_length=1, max_length=20)
    share: Thousandths = 100
    agreed: Words = ""
    window_seconds: float = Field(DEFAULT.window_seconds, ge=0, le=30 * 86_400)
    patience_seconds: float = Field(DEFAULT.patience_seconds, gt=0, le=90 * 86_400)
    least: int = Field(DEFAULT.least, ge=1, le=1_000_000)
    tolerance: float = Field(DEFAULT.tolerance, gt=0, le=1)
    slower: float = Field(DEFAULT.slower, ge=1, le=100)
    margin: float = Field(DEFAULT.margin, gt=0, lt=0.5)
    pairs: int = Field(DEFAULT.pairs, ge=1, le=100_000)
    automatic: bool = DEFAULT.automatic
    by_request: bool = DEFAULT.by_request
    judge: str | None = Field(None, max_length=96)
    scoring: Scoring | None = None

    @model_validator(mode="after")
    def _one_judge(self) -> Self:
        if self.judge is not None and self.scoring is not None:
            raise ValueError("name a judging endpoint or a scorer, not both")
        return self

    def rules(self) -> Rules:
        """How careful the trial is to be."""
        scoring = None if self.scoring is None else self.scoring.kept()
        return Rules(**self.model_dump(include=set(DEFAULT.kept()) - {"scoring"}), scoring=scoring)


class RolloutAdvance(Schema):
    """To the next step, or to this share of the callers."""

    weight: int | None = Field(None, ge=1, lt=WHOLE)
    reason: Words = ""


class RolloutMove(Schema):
    """One move of a rollout."""

    at: datetime
    what: str
    weight: int
    by: str
    reason: str


class SignalCount(Schema):
    """So many of so many."""

    bad: float
    total: float
    rate: float


class ReadingRead(Schema):
    """One signal of health; `factor` says how strongly the counts speak for "worse", `limit` what counted as slow."""

    signal: Signal
    baseline: SignalCount
    candidate: SignalCount
    factor: float
    excess: float
    limit: int | None
    worse: bool
    hint: bool


class PreferenceRead(Schema):
    """What the judged pairs say; `share` is the candidate's, ties halved, and lies between `low` and `high`.

    `identical` are pairs of the same answer twice. They are ties in `same`, while pairs are `waiting` for as many only
    as of the others were judged.
    """

    candidate: int
    baseline: int
    same: int
    waiting: int
    identical: int
    share: float
    low: float
    high: float
    factor: float


class ArmRead(Schema):
    """A unit's answers since the rollout began; times are 95th percentiles, in milliseconds and microseconds."""

    number: int
    weight: int
    replicas: int
    answers: int
    errors: int
    empty: int
    length: int
    ttft: int | None
    tpot: int | None


class RolloutRead(Schema):
    """A trial of a version on an endpoint."""

    number: int
    endpoint: str
    kind: RolloutKind
    state: RolloutState
    reason: str
    since: datetime
    baseline: DeploymentRead
    candidate: DeploymentRead
    steps: list[int]
    weight: int
    next: int | None
    rules: dict[str, Any]
    created_by: str | None
    created_at: datetime
    ended_at: datetime | None


class RolloutDetail(RolloutRead):
    """A trial with what is known of it now; `why` names what the verdict rests on, with `params` for its words."""

    step_since: datetime
    verdict: str
    why: Why
    params: dict[str, Any]
    arms: list[ArmRead]
    readings: list[ReadingRead]
    preference: PreferenceRead | None
    history: list[RolloutMove]


class RouteArm(Schema):
    """Where a share of an endpoint's callers goes."""

    role: Literal["baseline", "candidate", "shadow"]
    number: int
    version: str
    digest: str
    weight: int
    replicas: int


class RouteRead(Schema):
    """Where an endpoint's callers go now; without arms nowhere, and `reason` says why."""

    endpoint: str
    arms: list[RouteArm]
    by_request: bool
    rollout: int | None
    reason: str


class PairRead(Schema):
    """Two answers to one question; which is whose is not said."""

    id: UUID
    question: str
    first: str
    second: str


class PairVote(Schema):
    """Which answer is better."""

    better: Literal["first", "second", "same"]


class PairVoteRead(Schema):
    """Whose answer it was that was preferred."""

    better: Better
    first: Better
