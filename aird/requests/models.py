"""What departments ask for, and what became of it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from aird.core.clock import now
from aird.core.db import Base, Record
from aird.requests.lifecycle import RequestState


class Request(Record):
    """A department's need: in words, or for one version on one endpoint. `number` counts through the organisation."""

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

    @property
    def label(self) -> str:
        """The name to show."""
        return f"request {self.number}"


class RequestEvent(Base):
    """One step of a request's timeline; `seq` counts from 1 within the request."""

    __tablename__ = "request_events"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    actor: Mapped[str] = mapped_column(String(128))
    state: Mapped[RequestState]
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(default_factory=now)
