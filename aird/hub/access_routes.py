"""Requests for a model's weights: asked, listed, decided, and access given unasked."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.deps import ReadSession, WriteSession
from aird.auth.models import Person
from aird.catalog import access
from aird.catalog.errors import AccessRequestNotFound
from aird.catalog.models import AccessRequest, AccessState, Model
from aird.catalog.schemas_access import Fields
from aird.core.errors import BadInput
from aird.hub import revisions
from aird.hub.deps import Reader
from aird.hub.shapes import moment

router = APIRouter()
REQUESTS = "/api/models/{department}/{name}/user-access-request"


class Handling(BaseModel):
    """What is decided of whose request."""

    user: str | None = Field(None, max_length=96)
    requestId: UUID | None = None  # noqa: N815
    status: Literal["accepted", "rejected", "pending"]
    rejectionReason: str | None = Field(None, max_length=200)  # noqa: N815


class Granting(BaseModel):
    """Who is given access."""

    user: str = Field(max_length=96)


class NobodyNamed(BadInput):
    """The request names nobody"""


def _shown(request: AccessRequest, person: Person) -> dict[str, Any]:
    return {
        "user": {"user": person.username, "fullname": person.display_name, "email": None, "type": "user"},
        "requestId": str(request.id),
        "status": request.state.value,
        "timestamp": moment(request.created_at),
        "fields": request.fields,
    }


@router.get(f"{REQUESTS}/{{state}}")
def list_requests(
    department: str, name: str, state: AccessState, session: ReadSession, actor: Reader
) -> list[dict[str, Any]]:
    """Who asked and is waiting, was let in, or was not."""
    model = revisions.repo(session, actor, department, name).model
    return [_shown(request, person) for request, person in access.requests(session, actor, model, state)]


@router.post(f"{REQUESTS}/handle")
def handle(department: str, name: str, body: Handling, session: WriteSession, actor: Reader) -> dict[str, bool]:
    """Decide a request."""
    model = revisions.repo(session, actor, department, name).model
    access.require_decider(actor, model)
    person = _asker(session, model, body)
    access.decide(session, actor, model, person, AccessState(body.status), reason=body.rejectionReason or "")
    return {"success": True}


def _asker(session: Session, model: Model, body: Handling) -> Person:
    if body.user is not None:
        return auth_queries.get_person(session, body.user)
    if body.requestId is None:
        raise NobodyNamed("Name the `user` or the `requestId`.")
    query = select(Person).join(AccessRequest, AccessRequest.person_id == Person.id)
    person = session.scalar(query.where(AccessRequest.id == body.requestId, AccessRequest.model_id == model.id))
    if person is None:
        raise AccessRequestNotFound("There is no such request.")
    return person


@router.post(f"{REQUESTS}/grant")
def grant(department: str, name: str, body: Granting, session: WriteSession, actor: Reader) -> dict[str, bool]:
    """Let somebody in who has not asked."""
    model = revisions.repo(session, actor, department, name).model
    access.require_decider(actor, model)
    access.grant(session, actor, model, auth_queries.get_person(session, body.user))
    return {"success": True}


@router.post("/{department}/{name}/ask-access")
def ask_access(
    department: str,
    name: str,
    session: WriteSession,
    actor: Reader,
    fields: Annotated[Fields | None, Body()] = None,
) -> JSONResponse:
    """Ask for the weights."""
    model = revisions.repo(session, actor, department, name).model
    request = access.ask(session, actor, model, fields or {})
    return JSONResponse({"status": request.state.value, "requestId": str(request.id)})
