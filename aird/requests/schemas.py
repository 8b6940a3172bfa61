"""Shapes of requests at the API."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from aird.core.schemas import Schema
from aird.requests.lifecycle import RequestState

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
Need = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]


class Example(Schema):
    """A question as it will be asked, and the answer that is wanted."""

    question: Text
    answer: Text


class RequestCreate(Schema):
    """A need in words."""

    department: str = Field(max_length=64)
    title: Title
    need: Need
    examples: list[Example] = Field(default_factory=list, max_length=50)
    users: int | None = Field(None, ge=1, le=10_000_000)
    deadline: date | None = None


class Withdrawal(Schema):
    """Why a request is withdrawn."""

    reason: Reason


class RequestEventRead(Schema):
    """One step of a request."""

    at: datetime
    actor: str
    state: RequestState
    note: str


class RequestRead(Schema):
    """A request with its timeline."""

    id: UUID
    number: int
    title: str
    need: str
    examples: list[Example]
    users: int | None
    deadline: date | None
    department: str
    requester: str
    state: RequestState
    version: str | None
    endpoint: str | None
    created_at: datetime
    timeline: list[RequestEventRead]
