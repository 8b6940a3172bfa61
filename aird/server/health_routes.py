"""Is it alive, is it ready, how much did it do: the addresses that machines ask."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from aird.auth.deps import CurrentSettings, ReadSession, database_of, permit, public
from aird.auth.permissions import Actor, Permission
from aird.core.errors import Unavailable
from aird.core.http import problems
from aird.core.schemas import Page, Schema
from aird.server.doctor import checks
from aird.server.metrics import house_registry

root = APIRouter(tags=["health"])
router = APIRouter(tags=["health"])


class NotReady(Unavailable):
    """The server is not ready"""


class Alive(Schema):
    """The server answers."""

    status: str


class CheckRead(Schema):
    """One line of the doctor's report: ok, warn or fail, and what to do."""

    check: str
    state: str
    detail: str
    fix: str


@root.get("/healthz")
@public
def healthz() -> Alive:
    """The process answers."""
    return Alive(status="ok")


@root.get("/readyz", responses=problems(NotReady))
@public
def readyz(session: ReadSession) -> Alive:
    """The database answers too."""
    try:
        session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        raise NotReady("The database does not answer.") from error
    return Alive(status="ready")


@root.get("/metrics", response_class=Response)
@public
def metrics(request: Request) -> Response:
    """Prometheus metrics; no names of people or prompts in them."""
    return Response(generate_latest(house_registry(database_of(request))), media_type=CONTENT_TYPE_LATEST)


@router.get("/health")
def health(settings: CurrentSettings, _actor: Annotated[Actor, permit(Permission.READ_HEALTH)]) -> Page[CheckRead]:
    """What `aird doctor` says, line by line."""
    lines = [
        CheckRead(check=each.name, state=each.state, detail=each.detail, fix=each.fix) for each in checks(settings)
    ]
    return Page(items=lines)
