"""Requests over HTTP.

What versions answer to a request, and what is offered, is in aird.planning.advice.routes; how a delivery is tried and
accepted in aird.deploy.playground.routes.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from aird.auth import queries as auth_queries
from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import Actor, Permission
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.requests import queries, service
from aird.requests.errors import RequestMoveNotAllowed, RequestNotFound, RequestSent
from aird.requests.lifecycle import RequestState
from aird.requests.schemas import (
    RequestChange,
    RequestCreate,
    RequestMessage,
    RequestRead,
    Withdrawal,
)

router = APIRouter(tags=["requests"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Reader = Annotated[Actor, permit(Permission.READ_REQUESTS)]
Writer = Annotated[Actor, permit(Permission.WRITE_REQUESTS)]
MOVES = problems(NotPermitted, RequestNotFound, RequestMoveNotAllowed)


@router.get("/requests")
def list_requests(
    session: ReadSession,
    actor: Reader,
    department: Annotated[str | None, Query(max_length=64)] = None,
    state: RequestState | None = None,
    cursor: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[RequestRead]:
    """Requests, newest first."""
    found = queries.requests(session, actor, department=department, state=state, before=cursor, limit=limit + 1)
    following = str(found[limit - 1].number) if len(found) > limit else None
    return Page(items=queries.request_reads(session, actor, found[:limit]), next=following)


@router.get("/requests/{number}", responses=problems(RequestNotFound))
def get_request(number: Number, session: ReadSession, actor: Reader) -> RequestRead:
    """One request with its timeline."""
    return queries.request_reads(session, actor, [queries.get_request(session, actor, number)])[0]


@router.post("/requests", status_code=201, responses=problems(NotPermitted, DepartmentNotFound))
def file_request(body: RequestCreate, session: WriteSession, actor: Writer) -> RequestRead:
    """Say in words what a department needs; as a draft, or sent at once."""
    department = auth_queries.get_department(session, body.department)
    given = {name: getattr(body, name) for name in type(body).model_fields if name not in ("department", "draft")}
    state = RequestState.DRAFT if body.draft else RequestState.OPEN
    request = service.file(session, actor, department, state=state, **given)
    return queries.request_reads(session, actor, [request])[0]


@router.patch("/requests/{number}", responses=problems(NotPermitted, RequestNotFound, RequestSent))
def change_request(number: Number, body: RequestChange, session: WriteSession, actor: Writer) -> RequestRead:
    """Write a draft on."""
    request = queries.get_request(session, actor, number)
    changed = {name: getattr(body, name) for name in body.model_fields_set}
    if "examples" in changed:
        changed["examples"] = [each.model_dump() for each in changed["examples"]]
    service.change(session, actor, request, changed)
    return queries.request_reads(session, actor, [request])[0]


@router.post("/requests/{number}/withdraw", responses=MOVES)
def withdraw_request(number: Number, body: Withdrawal, session: WriteSession, actor: Writer) -> RequestRead:
    """Take a request back."""
    request = queries.get_request(session, actor, number)
    service.withdraw(session, actor, request, reason=body.reason)
    return queries.request_reads(session, actor, [request])[0]


@router.post("/requests/{number}/messages", responses=problems(NotPermitted, RequestNotFound))
def say_about_request(number: Number, body: RequestMessage, session: WriteSession, actor: Writer) -> RequestRead:
    """Say something in the request's conversation."""
    request = queries.get_request(session, actor, number)
    service.say(session, actor, request, body.text)
    return queries.request_reads(session, actor, [request])[0]


@router.post("/requests/{number}/give-back", responses=MOVES)
def give_back_delivery(number: Number, body: Withdrawal, session: WriteSession, actor: Writer) -> RequestRead:
    """What was delivered is not what was asked for: back to the ML staff."""
    request = queries.get_request(session, actor, number)
    service.give_back(session, actor, request, reason=body.reason)
    return queries.request_reads(session, actor, [request])[0]
