"""Career plans, their stages, and the work that stages of several plans share."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from aird.core import clock
from aird.core.db import Record
from aird.planning.lifecycle import PlanState, StageState


class StageKind(StrEnum):
    """What a stage does."""

    TRAIN = "train"
    MERGE = "merge"
    MENTOR = "mentor"
    EXAM = "exam"


class Plan(Record):
    """A career plan as it was applied last; `document` is the plan as it is written, `turn` counts applies and
    advances by people."""

    __tablename__ = "plans"

    name: Mapped[str] = mapped_column(String(96), unique=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    title: Mapped[str] = mapped_column(String(128))
    document: Mapped[str] = mapped_column(Text)
    goals: Mapped[dict[str, Any]]  # recipe.PlanSpec without its stages, names pinned
    state: Mapped[PlanState] = mapped_column(default=PlanState.RUNNING, index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[int] = mapped_column(default=1)
    turn: Mapped[int] = mapped_column(default=1)
    since: Mapped[datetime] = mapped_column(default_factory=clock.now)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name


class Work(Record):
    """What one stage key stands for, done once into one model, by `job_id` at present; any plan may use it."""

    __tablename__ = "plan_works"
    __table_args__ = (UniqueConstraint("key", "model_id"),)

    key: Mapped[str] = mapped_column(String(64))
    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"), index=True)
    kind: Mapped[StageKind]
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"), index=True)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.id"), index=True)  # who started it, and pays
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("versions.id"), default=None)
    seconds: Mapped[float | None] = mapped_column(default=None)  # that a worker was busy with it, once it is done
    micro: Mapped[int | None] = mapped_column(default=None)  # what that costs, in micro-units of the currency


class Stage(Record):
    """One stage of one plan; `spec` has its outside names pinned, `key` says by content what it does."""

    __tablename__ = "plan_stages"
    __table_args__ = (UniqueConstraint("plan_id", "name"),)

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.id"))
    name: Mapped[str] = mapped_column(String(64))
    position: Mapped[int]  # in an order in which nothing comes before what it needs
    kind: Mapped[StageKind]
    title: Mapped[str] = mapped_column(String(128))
    needs: Mapped[list[str]]
    spec: Mapped[dict[str, Any]]
    key: Mapped[str] = mapped_column(String(64), index=True)
    rules: Mapped[dict[str, Any]]  # gate, forgetting, teaches
    state: Mapped[StageState] = mapped_column(default=StageState.WAITING)
    reason: Mapped[str] = mapped_column(Text, default="")
    findings: Mapped[list[dict[str, Any]]] = mapped_column(default_factory=list)  # what failed, and what would fix it
    work_id: Mapped[UUID | None] = mapped_column(ForeignKey("plan_works.id"), default=None, index=True)
    exam_id: Mapped[UUID | None] = mapped_column(ForeignKey("plan_works.id"), default=None, index=True)
    version_id: Mapped[UUID | None] = mapped_column(ForeignKey("versions.id"), default=None)
    report: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)  # schemas.StageReport
    since: Mapped[datetime] = mapped_column(default_factory=clock.now)
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name
