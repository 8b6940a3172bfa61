"""Shapes of the compute board: machines, who holds what, who waits and why, quotas."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field, model_validator

from aird.core.schemas import Schema
from aird.jobs.models import AdmissionVerdict
from aird.jobs.needs import Flavour

MOST = 10**6


class QuotaEdit(Schema):
    """What a department may count on of one flavour, in chips (of `cpu`, in jobs at a time)."""

    guarantee: int = Field(default=0, ge=0, le=MOST, description="Kept free for it, never lent.")
    deserved: int = Field(default=0, ge=0, le=MOST, description="Its share: lent while idle, taken back when it asks.")
    limit: int | None = Field(default=None, ge=0, le=MOST, description="Never more than this; null: what is free.")
    weight: float = Field(default=1.0, gt=0, le=MOST, description="Its part of what nobody deserves.")

    @model_validator(mode="after")
    def _in_order(self) -> "QuotaEdit":
        if self.guarantee > self.deserved:
            raise ValueError("the guarantee is part of what is deserved: it cannot be larger")
        if self.limit is not None and self.limit < self.deserved:
            raise ValueError("the limit cannot be smaller than what is deserved")
        return self


class QuotaRead(QuotaEdit):
    """A quota and how much of it is used."""

    department: str
    flavour: Flavour
    held: int
    borrowed: int
    waiting: int = Field(description="Jobs of the department that wait for this flavour.")


class Holder(Schema):
    """A running job that holds a place; without `id` where the reader may not see the job."""

    id: UUID | None
    title: str
    kind: str
    department: str
    priority: int
    preemptible: bool
    since: datetime | None
    leaving: bool


class ChipRead(Schema):
    """One chip and who holds it."""

    index: int
    flavour: str
    memory: int
    holder: Holder | None


class MachineRead(Schema):
    """What a worker offers; of `slots`, jobs without chips at a time, `slot_holders` are taken."""

    name: str
    worker: str
    executor: str
    alive: bool
    seen_at: datetime
    memory: int
    slots: int
    chips: list[ChipRead]
    slot_holders: list[Holder]


class FlavourRead(Schema):
    """A kind of chip over all machines that are there; `cpu` are slots."""

    flavour: str
    capacity: int
    free: int
    guaranteed: int
    deserved: int


class WaitingRead(Schema):
    """The first of a department's equal jobs that wait: `alike` are all of them, `position` is its place."""

    position: int
    id: UUID | None
    title: str
    kind: str
    department: str
    chips: int
    nodes: int
    memory: int
    flavours: list[str]
    priority: int
    queued_at: datetime
    alike: int
    code: str
    reason: str
    numbers: dict[str, Any]


class ComputeBoard(Schema):
    """The compute board at one moment."""

    machines: list[MachineRead]
    flavours: list[FlavourRead]
    waiting: list[WaitingRead]
    waiting_jobs: int = Field(description="Jobs that could start if there were room.")
    blocked_jobs: int = Field(description="Jobs that wait for other jobs, or for a time.")
    quotas: list[QuotaRead]


class DecisionRead(Schema):
    """One decision of admission about a job; `data.code` is stable and translatable."""

    at: datetime
    verdict: AdmissionVerdict
    reason: str
    data: dict[str, Any]


class CloneOrder(Schema):
    """A job like an earlier one."""

    title: str | None = Field(default=None, min_length=1, max_length=200)
