"""Shapes of the playground at the API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from aird.core.schemas import LARGEST, Schema
from aird.metering.models import Status

AnswerId = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Choice(Schema):
    """Somebody who can be asked: `model` is the name that a request to the gateway takes.

    `role` is `endpoint` (whoever answers there now; while something is on trial, either), or, while something is on
    trial, `baseline` and `candidate` for one of the two alone.
    """

    model: str
    endpoint: str
    title: str
    department: str
    role: Literal["endpoint", "baseline", "candidate"]
    version: str
    digest: str


class Choices(Schema):
    """Everybody who answers now and may be asked by you."""

    items: list[Choice]


class AnswerRead(Schema):
    """What an answer took, as the ledger and so the bill has it. Times in milliseconds, `cost_micro` in micro-units.

    The time of an answer counts from the moment the gateway had the question until its last token.
    """

    id: str
    at: datetime
    endpoint: str
    version: str
    digest: str
    status: Status
    prompt_tokens: int
    cached_tokens: int | None
    completion_tokens: int
    milliseconds: int
    ttft_milliseconds: int | None
    cost_micro: int
    currency: str


class VoteCreate(Schema):
    """Which of two or three answers to one question is the best; without `better` none is.

    `blind`: whoever votes did not see who had answered. `request`: the number of a request whose delivery is tried.
    """

    answers: list[AnswerId] = Field(min_length=2, max_length=3)
    better: AnswerId | None = None
    blind: bool = False
    request: int | None = Field(None, ge=1, le=LARGEST)


class StandingRead(Schema):
    """How a version stands against another over all votes of people: `won`, `lost`, `same` are counts.

    `share` is its share of the preferences with ties halved, within `low` and `high` at 95 % however often one looks.
    """

    version: str
    against: str
    won: int
    lost: int
    same: int
    share: float
    low: float
    high: float


class VoteRead(Schema):
    """What the vote came to: the answers with their names and costs, and how their versions stand now."""

    answers: list[AnswerRead]
    standings: list[StandingRead]


class RequestVotes(Schema):
    """What people preferred when they tried what a request was given.

    `verdict` is about `version` against everything it was compared with: `preferred` or `worse` where that is clear,
    `open` where it is not yet, `none` without a vote. With `worse` an acceptance needs its reason.
    """

    version: str | None
    people: int
    blind: int
    won: int
    lost: int
    same: int
    share: float
    low: float
    high: float
    verdict: Literal["none", "open", "preferred", "worse"]
    against: list[StandingRead]
