"""Shapes of notices and of a person's desk at the API."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from aird.core.schemas import LARGEST, Schema
from aird.notices.models import Tour


class NoticeRead(Schema):
    """Something this person should hear of; `page` is the address of the page that shows it."""

    seq: int
    at: datetime
    event: str
    subject: str
    actor: str
    reason: str
    page: str | None


class DeskRead(Schema):
    """How far the person has read (`seen`, a number of the audit log), what is new since (at most 99), the tour."""

    seen: int
    unread: int
    tour: Tour


class DeskChange(Schema):
    """What changes at the desk; what is left out stays."""

    seen: Annotated[int, Field(ge=0, le=LARGEST)] | None = None
    tour: Tour | None = None


class HouseChange(Schema):
    """What one message of the stream says: which slices changed up to entry `seq`, and how many notices came."""

    seq: int
    slices: list[str]
    notices: int
