"""What an endpoint keeps of what is said on it, over HTTP: switch it on and off, look at it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from aird.auth import service as auth
from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.permissions import Actor, Permission, allowed
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page, Schema
from aird.datasets import exchanges
from aird.datasets.errors import DatasetExists
from aird.datasets.feedback import dataset_name
from aird.datasets.models import Exchange
from aird.deploy import capturing, queries
from aird.deploy.capturing import MOST_DAYS, NotToldHow
from aird.deploy.errors import EndpointNotFound
from aird.deploy.models import Endpoint
from aird.deploy.routes import Manager, Reader

router = APIRouter(tags=["endpoints"])

CAPTURE = "/endpoints/{department}/{name}/capture"


class CaptureChange(Schema):
    """For how many days exchanges are kept from now on (null: none are), and how those who ask were told.

    What is kept already goes when it was said it would; `erase` takes it away at once.
    """

    days: int | None = Field(ge=1, le=MOST_DAYS)
    agreed: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""
    erase: bool = False


class CaptureRead(Schema):
    """What an endpoint keeps; `dataset` is where it can be frozen, `readable` whether you may read the words."""

    days: int | None
    agreed: str
    kept: int
    dataset: str
    readable: bool


class ExchangeRead(Schema):
    """A question and its answer without personal data; `masked` counts what was taken out, by kind."""

    id: UUID
    completion_id: str
    version: str
    messages: list[dict[str, Any]]
    answer: str
    masked: dict[str, int]
    created_at: datetime
    expires_at: datetime


@router.get(CAPTURE, responses=problems(EndpointNotFound))
def read_capture(department: str, name: str, session: ReadSession, actor: Reader) -> CaptureRead:
    """What the endpoint keeps."""
    return _read(session, actor, queries.get_endpoint(session, f"{department}/{name}"))


@router.put(CAPTURE, responses=problems(NotPermitted, EndpointNotFound, NotToldHow, DatasetExists))
def change_capture(
    department: str, name: str, body: CaptureChange, session: WriteSession, actor: Manager
) -> CaptureRead:
    """Keep exchanges from now on, for another time, or no longer."""
    endpoint = queries.get_endpoint(session, f"{department}/{name}")
    endpoint = capturing.switch(session, actor, endpoint, days=body.days, agreed=body.agreed, erase=body.erase)
    return _read(session, actor, endpoint)


@router.get("/endpoints/{department}/{name}/exchanges", responses=problems(NotPermitted, EndpointNotFound))
def list_exchanges(
    department: str,
    name: str,
    session: ReadSession,
    actor: Annotated[Actor, permit(Permission.GIVE_FEEDBACK)],
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[ExchangeRead]:
    """What is kept of the endpoint, newest first."""
    endpoint = queries.get_endpoint(session, f"{department}/{name}")
    auth.require(actor, Permission.GIVE_FEEDBACK, endpoint.department_id)
    found = exchanges.listed(session, endpoint.name, after=cursor, limit=limit + 1)
    following = str(found[limit - 1].id) if len(found) > limit else None
    return Page(items=[_exchange(each) for each in found[:limit]], next=following)


def _read(session: ReadSession, actor: Actor, endpoint: Endpoint) -> CaptureRead:
    return CaptureRead(
        days=endpoint.capture_days,
        agreed=endpoint.capture_note,
        kept=exchanges.count(session, endpoint.name),
        dataset=dataset_name(endpoint.name),
        readable=allowed(actor, Permission.GIVE_FEEDBACK, endpoint.department_id),
    )


def _exchange(exchange: Exchange) -> ExchangeRead:
    return ExchangeRead(
        id=exchange.id,
        completion_id=exchange.completion_id,
        version=exchange.version,
        messages=exchange.messages,
        answer=exchange.answer,
        masked=exchange.masked,
        created_at=exchange.created_at,
        expires_at=exchange.expires_at,
    )
