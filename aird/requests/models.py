"""What departments ask for, which versions were tried on their examples, and what became of it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from aird.core.clock import now
from aird.core.db import Base, Record
from aird.requests.lifecycle import RequestState

NULLABLE_JSON = JSON(none_as_null=True)
FLOOR = 0.8
"""The share of the examples that has to be answered well where nobody says otherwise."""


class DataClass(StrEnum):
    """How the words that are asked and answered have to be kept."""

    PUBLIC = "public"  # anybody may read them
    INTERNAL = "internal"  # everybody in the house may
    CONFIDENTIAL = "confidential"  # the department and who works for it may
    PERSONAL = "personal"  # as confidential, and they are about people


GUARDED = frozenset({DataClass.CONFIDENTIAL, DataClass.PERSONAL})
"""Classes whose examples other departments do not read."""


class Request(Record):
    """A department's need: in words, or for one version on one endpoint. `number` counts through the organisation.

    Money is in micro-units. `present` is the endpoint that does the work today, `today_micro` what it costs a month;
    `offer` is the advice as it stood when `option`, the key of one of its options, was chosen.
    """

    __tablename__ = "requests"

    number: Mapped[int] = mapped_column(unique=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    requester_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    need: Mapped[str] = mapped_column(Text)
    examples: Mapped[list[dict[str, Any]]] = mapped_column(default_factory=list)
    users: Mapped[int | None] = mapped_column(default=None)
    deadline: Mapped[date | None] = mapped_column(default=None)
    state: Mapped[RequestState] = mapped_column(default=RequestState.OPEN, index=True)
    version: Mapped[str | None] = mapped_column(String(128), default=None)
    endpoint: Mapped[str | None] = mapped_column(String(128), default=None)

    volume_per_day: Mapped[int | None] = mapped_column(default=None)
    languages: Mapped[list[str]] = mapped_column(default_factory=list, server_default="[]")
    data_class: Mapped[DataClass] = mapped_column(default=DataClass.INTERNAL, server_default="internal")
    floor: Mapped[float] = mapped_column(default=FLOOR, server_default="0.8")
    budget_once_micro: Mapped[int | None] = mapped_column(default=None)
    budget_month_micro: Mapped[int | None] = mapped_column(default=None)
    present: Mapped[str | None] = mapped_column(String(128), default=None)
    today_micro: Mapped[int | None] = mapped_column(default=None)
    match_job_id: Mapped[UUID | None] = mapped_column(ForeignKey("jobs.id"), default=None)
    option: Mapped[str | None] = mapped_column(String(32), default=None)
    offer: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE_JSON, default=None)
    work_job_id: Mapped[UUID | None] = mapped_column(ForeignKey("jobs.id"), index=True, default=None)

    @property
    def label(self) -> str:
        """The name to show."""
        return f"request {self.number}"


class StepKind(StrEnum):
    """What a line of a request's timeline is."""

    STATE = "state"  # the request came into `state`
    MESSAGE = "message"  # somebody says something
    WORK = "work"  # something was done for it: matched, ordered, made; `data` says what


class RequestEvent(Base):
    """One step of a request's timeline; `seq` counts from 1 within the request."""

    __tablename__ = "request_events"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    actor: Mapped[str] = mapped_column(String(128))
    state: Mapped[RequestState]
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(default_factory=now)
    kind: Mapped[StepKind] = mapped_column(default=StepKind.STATE, server_default="state")
    data: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, server_default="{}")


class Trial(Record):
    """A version answered the examples of a request: `points` of `items`, each answer in `answers`.

    `examples` is the digest of the examples and of how they were marked: a trial of other examples is an old one.
    `prompt_tokens` and `completion_tokens` are means per answer; `milliseconds` is what one answer took on average.
    """

    __tablename__ = "request_trials"
    __table_args__ = (UniqueConstraint("request_id", "version_id", "examples"),)

    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"))
    version_id: Mapped[UUID]
    ref: Mapped[str] = mapped_column(String(128))
    examples: Mapped[str] = mapped_column(String(64))
    items: Mapped[int]
    points: Mapped[float]
    prompt_tokens: Mapped[float]
    completion_tokens: Mapped[float]
    milliseconds: Mapped[float]
    answers: Mapped[list[dict[str, Any]]]
