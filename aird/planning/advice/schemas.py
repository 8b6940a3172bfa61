"""Shapes of trials and offers at the API and in the queue."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from aird.core.schemas import Schema
from aird.planning.advice.facts import Way
from aird.planning.advice.options import Reach, Tier
from aird.requests.schemas import EndpointName, RequestRead


class MatchJob(Schema):
    """Which versions answer the examples of which request; `examples` is the digest of what they were then."""

    request_id: UUID
    examples: str
    versions: list[UUID]


class FollowJob(Schema):
    """A request whose work has ended."""

    request_id: UUID
    job_id: UUID


class SaidRead(Schema):
    """A sentence with its code, for translation."""

    code: str
    message: str
    params: dict[str, Any] = Field(default_factory=dict)


class TriedAnswer(Schema):
    """What a version answered to one example."""

    question: str
    wanted: str
    answer: str
    score: float


class TriedRead(Schema):
    """A version that answered the examples. `answers` is None where its owners have not opened it to the reader."""

    ref: str
    title: str
    department: str
    kind: str
    base: str
    parameters: int
    score: float
    low: float
    high: float
    items: int
    milliseconds: float
    answers: list[TriedAnswer] | None
    reasons: list[SaidRead]


class LeftOut(Schema):
    """A version that was to be tried and could not be."""

    ref: str
    reason: str


class MatchesRead(Schema):
    """What versions answered to the examples of a request, the best first.

    `state` is that of the job that tries them, `none` before it was ordered; `stale`: the examples are others since.
    """

    state: Literal["none", "queued", "running", "succeeded", "failed", "cancelled"]
    reason: str
    since: datetime | None
    job: UUID | None
    stale: bool
    examples: int
    fewest: int
    scorer: str
    floor: float
    items: list[TriedRead]
    left_out: list[LeftOut]


class SpanRead(Schema):
    """A range; `mid` is None where nothing says what is likeliest."""

    low: float
    mid: float | None
    high: float


class ExpectedScore(Schema):
    """An expected score: where it comes from, and on how many measured children it rests."""

    span: SpanRead
    basis: Literal["tried", "house", "elsewhere", "unknown"]
    children: int


class OptionWork(Schema):
    """What making it takes once; None where nobody knows."""

    seconds: SpanRead | None
    micro: int | None
    chip_seconds: float | None
    jobs: int


class OptionRunning(Schema):
    """What a month of it costs: tokens as billed, and engines that have to be held for it beside the present ones."""

    tokens_micro: int
    engine_micro: int
    micro: int
    engines: int
    busy: float


class OptionData(Schema):
    """Data to learn from."""

    ref: str
    split: str
    items: int


class OptionRead(Schema):
    """One way to answer a request.

    `why`: why it is recommended, or what it costs beside what is; `cheaper`: it reaches the floor too, and costs less
    than the recommended one in its first year.
    """

    key: str
    way: Way
    tier: Tier
    versions: list[str]
    base: str
    parameters: int
    expected: ExpectedScore
    reach: Reach
    skills: dict[str, SpanRead]
    work: OptionWork
    running: OptionRunning | None
    payback_months: float | None
    lead_hours: SpanRead | None
    data: OptionData | None
    notes: list[SaidRead]
    stops: list[SaidRead]
    over: list[Literal["budget_once", "budget_month", "deadline"]]
    why: list[SaidRead] = Field(default_factory=list)
    cheaper: bool = False


class OfferRead(Schema):
    """What is offered for a request, and what nobody knows; once one is `chosen`, as it stood `at` that moment."""

    options: list[OptionRead]
    recommended: str | None
    reason: SaidRead
    unknown: list[SaidRead]
    currency: str
    floor: float
    today_micro: int | None
    chosen: str | None
    at: datetime
    titles: dict[str, str] = Field(default_factory=dict, description="What the versions named here are called.")


class OptionChoice(Schema):
    """Which option is wanted."""

    option: str = Field(max_length=32)


class OrderBody(Schema):
    """Have the chosen option made, or its version put before a signature for `endpoint`."""

    endpoint: EndpointName | None = Field(None, description="Where a version that is there is to answer.")


class Ordered(Schema):
    """What came of an order: a job, or an approval that waits for its signature."""

    request: RequestRead
    job: UUID | None
    approval: UUID | None
