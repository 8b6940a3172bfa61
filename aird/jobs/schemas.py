"""Shapes of jobs at the API."""

from datetime import datetime
from typing import Any
from uuid import UUID

from aird.core.schemas import Schema
from aird.jobs.lifecycle import FailureClass, JobState
from aird.jobs.models import EventKind
from aird.jobs.needs import Estimate, Needs


class JobError(Schema):
    """Why a job failed; `code` is stable and translatable."""

    code: str
    message: str


class SeatRead(Schema):
    """A place that a running job holds: chips of a machine by index; of the flavour `cpu`, a slot."""

    machine: str
    flavour: str
    chips: list[int]


class JobRead(Schema):
    """A job; `reason` says why it waits or how it ended, `progress` is 0..1 of the current stage.

    `position` is its place in the queue, `after` what it starts after, `code` a translatable word for why it waits;
    `peak_memory` is what it held, in bytes on each chip or of the machine; `yielding`: it was asked to hand its place
    back at its next checkpoint.
    """

    id: UUID
    kind: str
    title: str
    department: str
    state: JobState
    reason: str
    since: datetime
    attempt: int
    max_attempts: int
    cancel_requested: bool
    progress: float | None
    stage: str
    metrics: dict[str, Any]
    spec: dict[str, Any]
    result: dict[str, Any] | None
    error: JobError | None
    failure: FailureClass | None
    needs: Needs
    estimate: Estimate | None
    peak_memory: int | None
    after: list[UUID]
    position: int | None
    code: str
    seats: list[SeatRead]
    yielding: bool
    created_by: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float | None


class JobEventRead(Schema):
    """One thing that happened to a job."""

    seq: int
    at: datetime
    kind: EventKind
    data: dict[str, Any]
