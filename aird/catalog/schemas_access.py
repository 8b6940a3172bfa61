"""Shapes of access to weights at the API."""

from datetime import datetime
from math import isfinite
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field

from aird.catalog.models import AccessState
from aird.core.schemas import Schema

MOST_FIELDS, LONGEST = 32, 2000


def _small(fields: dict[str, Any]) -> dict[str, Any]:
    if len(fields) > MOST_FIELDS or any(len(key) > 200 for key in fields):
        raise ValueError(f"at most {MOST_FIELDS} answers, each with a short name")
    for value in fields.values():
        if isinstance(value, float) and not isfinite(value):
            raise ValueError("a number is finite")
        if not isinstance(value, str | bool | int | float) or len(str(value)) > LONGEST:
            raise ValueError(f"an answer is a text of at most {LONGEST} characters, a number, or true or false")
    return fields


Fields = Annotated[dict[str, Any], AfterValidator(_small)]


class AccessAsk(Schema):
    """What is said to the owners: the answers to the questions of the model's card."""

    fields: Fields = Field(default_factory=dict)


class AccessDecision(Schema):
    """What becomes of a request; the reason is told to whoever asked."""

    state: AccessState
    reason: str = Field("", max_length=200)


class AccessRequestRead(Schema):
    """Somebody's request for the weights; `reason` is why it was rejected."""

    id: UUID
    person: str
    state: AccessState
    fields: dict[str, Any]
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str


class GrantRead(Schema):
    """A department whose staff may use the weights."""

    department: str
    granted_by: str | None
    granted_at: datetime
