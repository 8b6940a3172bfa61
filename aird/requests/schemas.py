"""Shapes of requests at the API."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from aird.core.schemas import LARGEST, Schema
from aird.requests.lifecycle import RequestState, Waiting
from aird.requests.models import FLOOR, DataClass, StepKind

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
Need = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
EndpointName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9._-]+$", max_length=128)]
Micro = Annotated[int, Field(ge=0, le=LARGEST // 1000)]
MAX_EXAMPLES = 50


class Example(Schema):
    """A question as it will be asked, and the answer that is wanted."""

    question: Text
    answer: Text


class RequestCreate(Schema):
    """A need in words. A draft is not sent yet; `POST .../send` does that."""

    department: str = Field(max_length=64)
    title: Title
    need: Need
    examples: list[Example] = Field(default_factory=list, max_length=MAX_EXAMPLES)
    users: int | None = Field(None, ge=1, le=10_000_000)
    deadline: date | None = None
    volume_per_day: int | None = Field(None, ge=1, le=1_000_000_000, description="Questions on an ordinary day.")
    languages: list[Language] = Field(default_factory=list, max_length=16)
    data_class: DataClass = DataClass.INTERNAL
    floor: float = Field(FLOOR, ge=0, le=1, description="The share of answers that has to be good.")
    budget_once_micro: Micro | None = Field(None, description="For making it, in micro-units.")
    budget_month_micro: Micro | None = Field(None, description="For running it a month, in micro-units.")
    present: EndpointName | None = Field(None, description="The endpoint that does the work today.")
    today_micro: Micro | None = Field(None, description="What the work costs today a month, in micro-units.")
    draft: bool = False


class RequestChange(Schema):
    """What is different from now on; only of a draft. A field that is left out stays as it is."""

    title: Title | None = None
    need: Need | None = None
    examples: list[Example] | None = Field(None, max_length=MAX_EXAMPLES)
    users: int | None = Field(None, ge=1, le=10_000_000)
    deadline: date | None = None
    volume_per_day: int | None = Field(None, ge=1, le=1_000_000_000)
    languages: list[Language] | None = Field(None, max_length=16)
    data_class: DataClass | None = None
    floor: float | None = Field(None, ge=0, le=1)
    budget_once_micro: Micro | None = None
    budget_month_micro: Micro | None = None
    present: EndpointName | None = None
    today_micro: Micro | None = None

    @model_validator(mode="after")
    def _keeps_what_must_be(self) -> Self:
        for name in ("title", "need", "examples", "languages", "data_class", "floor"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be taken away")
        return self


class Withdrawal(Schema):
    """Why a request is withdrawn, or why a delivery is not what was asked for."""

    reason: Reason


class RequestMessage(Schema):
    """Something said about a request."""

    text: Reason


class DeliveryAcceptance(Schema):
    """The delivery is what was asked for; with a remark if there is one."""

    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""


class RequestEventRead(Schema):
    """One step of a request: a state it came into, something said, or something done for it."""

    at: datetime
    actor: str
    state: RequestState
    note: str
    kind: StepKind
    data: dict[str, Any]


class RequestRead(Schema):
    """A request with its timeline. `examples` are hidden from other departments where their class says so."""

    id: UUID
    number: int
    title: str
    need: str
    examples: list[Example]
    examples_hidden: bool
    users: int | None
    deadline: date | None
    volume_per_day: int | None
    languages: list[str]
    data_class: DataClass
    floor: float
    budget_once_micro: int | None
    budget_month_micro: int | None
    present: str | None
    today_micro: int | None
    department: str
    requester: str
    state: RequestState
    since: datetime
    waits_for: Waiting
    version: str | None
    endpoint: str | None
    option: str | None
    match_job: UUID | None
    work_job: UUID | None
    created_at: datetime
    timeline: list[RequestEventRead]
