"""Requests over HTTP."""

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
from aird.requests.errors import RequestMoveNotAllowed, RequestNotFound
from aird.requests.lifecycle import RequestState
from aird.requests.schemas import RequestCreate, RequestRead, Withdrawal

router = APIRouter(tags=["requests"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/requests")
def list_requests(
    session: ReadSession,
    _actor: Annotated[Actor, permit(Permission.READ_REQUESTS)],
    department: Annotated[str | None, Query(max_length=64)] = None,
    state: RequestState | None = None,
    cursor: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[RequestRead]:
    """Requests, newest first."""
    found = queries.requests(session, department=department, state=state, before=cursor, limit=limit + 1)
    following = str(found[limit - 1].number) if len(found) > limit else None
    return Page(items=queries.request_reads(session, found[:limit]), next=following)


@router.get("/requests/{number}", responses=problems(RequestNotFound))
def get_request(
    number: Number, session: ReadSession, _actor: Annotated[Actor, permit(Permission.READ_REQUESTS)]
) -> RequestRead:
    """One request with its timeline."""
    return queries.request_reads(session, [queries.get_request(session, number)])[0]


@router.post("/requests", status_code=201, responses=problems(NotPermitted, DepartmentNotFound))
def file_request(
    body: RequestCreate, session: WriteSession, actor: Annotated[Actor, permit(Permission.WRITE_REQUESTS)]
) -> RequestRead:
    """Say in words what a department needs."""
    department = auth_queries.get_department(session, body.department)
    request = service.file(
        session,
        actor,
        department,
        title=body.title,
        need=body.need,
        examples=body.examples,
        users=body.users,
        deadline=body.deadline,
    )
    session.flush()
    return queries.request_reads(session, [request])[0]


@router.post("/requests/{number}/withdraw", responses=problems(NotPermitted, RequestNotFound, RequestMoveNotAllowed))
def withdraw_request(
    number: Number,
    body: Withdrawal,
    session: WriteSession,
    actor: Annotated[Actor, permit(Permission.WRITE_REQUESTS)],
) -> RequestRead:
    """Take a request back."""
    request = service.withdraw(session, actor, queries.get_request(session, number), reason=body.reason)
    session.flush()
    return queries.request_reads(session, [request])[0]
