"""Rollouts: a version that is tried on an endpoint beside the one that answers there, and pairs of answers of both."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from aird.core.db import Record

NULLABLE_JSON = JSON(none_as_null=True)


class RolloutKind(StrEnum):
    """What the candidate does."""

    CANARY = "canary"  # answers a share of the callers; decides health
    SHADOW = "shadow"  # answers copies that reach nobody; decides quality


class RolloutState(StrEnum):
    """How it stands. The first two are open: the candidate is loaded and has its share."""

    RUNNING = "running"
    INCONCLUSIVE = "inconclusive"  # the figures do not decide it; a person does
    PASSED = "passed"  # a canary's candidate is what the endpoint serves now
    FAILED = "failed"  # taken back, by the figures or by a person
    CANCELLED = "cancelled"  # something else was done with the endpoint


OPEN = (RolloutState.RUNNING, RolloutState.INCONCLUSIVE)


class Rollout(Record):
    """One trial of a candidate beside the baseline. `steps` and `weight` are thousandths of the traffic."""

    __tablename__ = "rollouts"
    __table_args__ = (UniqueConstraint("endpoint_id", "number"),)

    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("endpoints.id"))
    number: Mapped[int]
    kind: Mapped[RolloutKind]
    baseline_number: Mapped[int]
    candidate_number: Mapped[int]
    steps: Mapped[list[int]] = mapped_column(JSON)
    weight: Mapped[int]
    step_since: Mapped[datetime]
    since: Mapped[datetime]
    rules: Mapped[dict[str, Any]]  # aird.deploy.delivery.steps.Rules
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    state: Mapped[RolloutState] = mapped_column(default=RolloutState.RUNNING, index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    figures: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)  # what the last move was made from
    history: Mapped[list[dict[str, Any]]] = mapped_column(default_factory=list)  # every move: weight, state, who, why
    ended_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def is_open(self) -> bool:
        """Whether the candidate still has its share."""
        return self.state in OPEN


class Better(StrEnum):
    """Which of two answers was preferred."""

    BASELINE = "baseline"
    CANDIDATE = "candidate"
    SAME = "same"


class JudgeKind(StrEnum):
    """Who compared the answers."""

    NOBODY = "nobody"  # they are the same, letter by letter
    PERSON = "person"
    ENDPOINT = "endpoint"  # a model of the house
    SCORER = "scorer"  # of exams


class Pair(Record):
    """Two answers to one question. `swapped` says that the candidate's is shown first; the texts go after a while."""

    __tablename__ = "rollout_pairs"
    __table_args__ = (UniqueConstraint("rollout_id", "request_id"),)

    rollout_id: Mapped[UUID] = mapped_column(ForeignKey("rollouts.id"))
    request_id: Mapped[str] = mapped_column(String(64))
    swapped: Mapped[bool]
    question: Mapped[str | None] = mapped_column(Text)
    baseline: Mapped[str | None] = mapped_column(Text)
    candidate: Mapped[str | None] = mapped_column(Text)
    better: Mapped[Better | None] = mapped_column(default=None)
    judged_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    judge: Mapped[JudgeKind | None] = mapped_column(default=None)
    judged_at: Mapped[datetime | None] = mapped_column(default=None)
    form: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE_JSON, default=None)  # JSON Schema that was asked for
