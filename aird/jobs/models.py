"""Jobs and what happened to them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from aird.core import clock
from aird.core.db import Base, Record
from aird.jobs.lifecycle import FINAL, JobState

NULLABLE_JSON = JSON(none_as_null=True)


class Job(Record):
    """A piece of work that outlives the request that asked for it.

    `attempt` is the fencing token: it grows with every claim, and whoever writes for an older attempt writes nothing.
    """

    __tablename__ = "jobs"
    __table_args__ = (Index(None, "state", "queued_at"), Index(None, "created_at", "id"))

    kind: Mapped[str] = mapped_column(String(64), index=True)
    title: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))  # None: aird itself
    spec: Mapped[dict[str, Any]]
    idempotency_key: Mapped[str | None] = mapped_column(String(200), unique=True, default=None)

    state: Mapped[JobState] = mapped_column(default=JobState.QUEUED)
    reason: Mapped[str] = mapped_column(Text, default="Waits for a worker.")
    since: Mapped[datetime] = mapped_column(default_factory=clock.now)
    queued_at: Mapped[datetime] = mapped_column(default_factory=clock.now)
    not_before: Mapped[datetime | None] = mapped_column(default=None)
    started_at: Mapped[datetime | None] = mapped_column(default=None)  # of the latest attempt
    finished_at: Mapped[datetime | None] = mapped_column(default=None)

    attempt: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=3)
    worker: Mapped[str | None] = mapped_column(String(200), default=None, index=True)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    cancel_requested: Mapped[bool] = mapped_column(default=False)

    progress: Mapped[float | None] = mapped_column(default=None)  # 0..1 of the current stage
    stage: Mapped[str] = mapped_column(String(64), default="")
    metrics: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    result: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE_JSON, default=None)
    error_code: Mapped[str | None] = mapped_column(String(64), default=None)
    error_message: Mapped[str | None] = mapped_column(Text, default=None)

    event_count: Mapped[int] = mapped_column(default=0)  # the highest `seq` given out
    log_lines: Mapped[int] = mapped_column(default=0)

    @property
    def label(self) -> str:
        """The name to show."""
        return f"{self.kind}: {self.title}"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to it unless somebody asks for another try."""
        return self.state in FINAL


class EventKind(StrEnum):
    """What a job event tells."""

    STATE = "state"  # {state, reason, attempt}
    PROGRESS = "progress"  # {stage, step, total, fraction, metrics}
    LOG = "log"  # {line, stream}


class JobEvent(Base):
    """One thing that happened to a job; kept after its end, never changed."""

    __tablename__ = "job_events"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[EventKind]
    data: Mapped[dict[str, Any]]
