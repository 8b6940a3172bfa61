"""Jobs, what they wait for, what happened to them; the machines that run them and the quotas they run under."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from aird.core import clock
from aird.core.db import Base, Record
from aird.jobs.lifecycle import FINAL, FailureClass, JobState
from aird.jobs.needs import Estimate, Needs, Priority

NULLABLE_JSON = JSON(none_as_null=True)
QUEUE = ("state", "waits_for", "department_id", "priority", "shape", "kind", "queued_at", "not_before")
"""What is asked of waiting jobs: the index answers it without their rows."""


class Job(Record):
    """A piece of work that outlives the request that asked for it.

    `attempt` is the fencing token: it grows with every claim, and whoever writes for an older attempt writes nothing.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "state", "queued_at"),
        Index(None, "created_at", "id"),
        Index(
            "ix_jobs_queue",
            "state",
            "waits_for",
            "department_id",
            "priority",
            "shape",
            "kind",
            "queued_at",
            "not_before",
        ),
    )

    kind: Mapped[str] = mapped_column(String(64), index=True)
    title: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))  # None: aird itself
    spec: Mapped[dict[str, Any]]
    idempotency_key: Mapped[str | None] = mapped_column(String(200), unique=True, default=None)

    chips: Mapped[int] = mapped_column(default=0)  # see aird.jobs.needs.Needs, here and in the next five
    flavours: Mapped[list[str]] = mapped_column(default_factory=list)
    memory: Mapped[int] = mapped_column(default=0)
    nodes: Mapped[int] = mapped_column(default=1)
    priority: Mapped[int] = mapped_column(default=Priority.NORMAL)
    preemptible: Mapped[bool] = mapped_column(default=True)
    shape: Mapped[str] = mapped_column(String(200), default_factory=lambda: Needs().shape)  # equal needs, equal shape
    estimate: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE_JSON, default=None)
    waits_for: Mapped[int] = mapped_column(default=0)  # jobs that have to end before this one may start

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
    yields: Mapped[bool] = mapped_column(default=False)  # its task looks at `should_yield`
    yield_by: Mapped[datetime | None] = mapped_column(default=None)  # asked to hand its place back by then

    flavour: Mapped[str | None] = mapped_column(String(64), default=None)  # what the running attempt holds
    held: Mapped[int] = mapped_column(default=0)  # how much of it
    seats: Mapped[list[dict[str, Any]] | None] = mapped_column(NULLABLE_JSON, default=None)  # and where
    verdict: Mapped[str] = mapped_column(String(32), default="")  # the code of the latest decision about it
    failure: Mapped[FailureClass | None] = mapped_column(default=None)  # how its latest attempt to fail did

    progress: Mapped[float | None] = mapped_column(default=None)  # 0..1 of the current stage
    stage: Mapped[str] = mapped_column(String(64), default="")
    metrics: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    peak_memory: Mapped[int | None] = mapped_column(default=None)  # bytes on each chip or of the machine, as it ran
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
    def needs(self) -> Needs:
        """What it asks for."""
        return Needs(
            chips=self.chips, flavours=self.flavours, memory=self.memory, nodes=self.nodes,
            priority=Priority(self.priority), preemptible=self.preemptible,
        )  # fmt: skip

    @property
    def expected(self) -> Estimate | None:
        """What it was expected to take."""
        return Estimate.model_validate(self.estimate) if self.estimate is not None else None

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


class JobDependency(Base):
    """A job that starts only when another one has ended: well, or with `any_end` however."""

    __tablename__ = "job_dependencies"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    needs_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"), primary_key=True, index=True)
    any_end: Mapped[bool]


class AdmissionVerdict(StrEnum):
    """What admission decided about a job."""

    ADMITTED = "admitted"  # it starts
    WAITS = "waits"  # it does not, for this reason
    PREEMPTED = "preempted"  # it was asked to hand its place back


class JobDecision(Record):
    """One decision about a job with its reason and the numbers behind it; kept, never changed."""

    __tablename__ = "job_decisions"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"), index=True)
    at: Mapped[datetime]
    verdict: Mapped[AdmissionVerdict]
    reason: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]]


class Machine(Record):
    """What one worker offers: a machine of its own, or a node of its cluster. Known on after it has gone."""

    __tablename__ = "machines"
    __table_args__ = (UniqueConstraint("worker", "name"),)

    worker: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    executor: Mapped[str] = mapped_column(String(32))
    slots: Mapped[int]  # jobs without chips at a time
    memory: Mapped[int]  # bytes; 0: not known
    chips: Mapped[list[dict[str, Any]]]  # {flavour, index, memory}
    seen_at: Mapped[datetime]
    alive_until: Mapped[datetime] = mapped_column(index=True)  # before seen_at: its worker offers it no more


class QuotaRow(Record):
    """How much of a flavour a department may count on and take; see aird.jobs.admission.Quota."""

    __tablename__ = "quotas"
    __table_args__ = (UniqueConstraint("department_id", "flavour"),)

    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"))
    flavour: Mapped[str] = mapped_column(String(64))
    guarantee: Mapped[int]
    deserved: Mapped[int]
    limit: Mapped[int | None]
    weight: Mapped[float]

    @property
    def label(self) -> str:
        """The name to show."""
        return self.flavour


class Reservation(Record):
    """Places held by something that is not a job, such as a serving engine; it is never asked to hand them back."""

    __tablename__ = "reservations"

    holder: Mapped[UUID] = mapped_column(unique=True)  # whatever holds them
    kind: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    worker: Mapped[str] = mapped_column(String(200))
    seats: Mapped[list[dict[str, Any]]]
    memory: Mapped[int]  # bytes on each chip, or of the machine
    since: Mapped[datetime]
