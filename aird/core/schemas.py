"""Shapes that every slice's API shapes are made of."""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

Item = TypeVar("Item")

LARGEST = 2**63 - 1
"""The largest number that both databases keep."""


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time is out of range in UTC") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time that a caller gives: with its zone, kept in UTC."""


class Schema(BaseModel):
    """A shape that crosses the API: unknown fields are refused, objects are read by attribute."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Page(Schema, Generic[Item]):
    """One page of a list; `next` is the cursor of the following page, None on the last."""

    items: list[Item]
    next: str | None = None


class Finding(Schema):
    """One line of the check before a run. `code` names it for translation; `stop` blocks the order."""

    level: Literal["ok", "note", "warning", "stop"]
    code: str
    message: str
    params: dict[str, Any] = Field(default_factory=dict)


class Problem(BaseModel):
    """An error as RFC 9457 problem+json, with a stable `code` to branch on and translate by."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    params: dict[str, object] = {}
