"""Write requests: file one, move its state, withdraw it. Every step is on its timeline and in the audit log."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission
from aird.core.db import advisory_lock
from aird.core.errors import NotPermitted
from aird.requests import lifecycle
from aird.requests.errors import RequestMoveNotAllowed
from aird.requests.lifecycle import RequestState
from aird.requests.models import Request, RequestEvent
from aird.requests.schemas import Example

NUMBER_LOCK = 0x72657173


def file(
    session: Session,
    actor: Actor,
    department: Department,
    *,
    title: str,
    need: str,
    examples: Sequence[Example] = (),
    users: int | None = None,
    deadline: date | None = None,
    version: str | None = None,
    endpoint: str | None = None,
    state: RequestState = RequestState.OPEN,
) -> Request:
    """File a request; it is a person's need, so the system itself cannot file one."""
    auth.require(actor, Permission.WRITE_REQUESTS, department.id)
    if actor.id is None:
        raise NotPermitted("A request is filed by a person, not by aird itself.")
    advisory_lock(session, NUMBER_LOCK)
    number = (session.scalar(select(func.max(Request.number))) or 0) + 1
    request = Request(
        number=number,
        department_id=department.id,
        requester_id=actor.id,
        title=title,
        need=need,
        examples=[each.model_dump() for each in examples],
        users=users,
        deadline=deadline,
        state=state,
        version=version,
        endpoint=endpoint,
    )
    session.add(request)
    session.flush()
    session.add(RequestEvent(request_id=request.id, seq=1, actor=actor.label, state=state))
    audit.record(
        session,
        actor,
        "requests.request.filed",
        request,
        department=department.key,
        title=title,
        version=version,
        endpoint=endpoint,
    )
    return request


def propose(
    session: Session, actor: Actor, request: Request, *, version: str, endpoint: str | None, alias: str | None = None
) -> Request:
    """Answer an open request with a version for an endpoint, or under an alias: it goes into review.

    Raises RequestMoveNotAllowed.
    """
    auth.require(actor, Permission.WRITE_REQUESTS, request.department_id)
    move(
        session,
        actor,
        request,
        RequestState.IN_REVIEW,
        note=f"{version} as {alias}" if alias else f"{version} for {endpoint}",
    )
    request.version, request.endpoint = version, endpoint
    return request


def withdraw(session: Session, actor: Actor, request: Request, *, reason: str) -> Request:
    """Take a request back. Raises RequestMoveNotAllowed."""
    auth.require(actor, Permission.WRITE_REQUESTS, request.department_id)
    return move(session, actor, request, RequestState.WITHDRAWN, note=reason)


def move(session: Session, actor: Actor, request: Request, new: RequestState, *, note: str = "") -> Request:
    """Move a request to another state; its rights are the caller's to check. Raises RequestMoveNotAllowed."""
    session.refresh(request, with_for_update=True)
    if not lifecycle.may_move(request.state, new):
        raise RequestMoveNotAllowed(
            f"Request {request.number} is {request.state} and cannot become {new}.", state=request.state, wanted=new
        )
    old, request.state = request.state, new
    last = session.scalar(select(func.max(RequestEvent.seq)).where(RequestEvent.request_id == request.id)) or 0
    session.add(RequestEvent(request_id=request.id, seq=last + 1, actor=actor.label, state=new, note=note))
    audit.record(session, actor, f"requests.request.{_PAST[new]}", request, reason=note, was=old)
    return request


_PAST = {
    RequestState.OPEN: "opened",
    RequestState.IN_REVIEW: "proposed",
    RequestState.APPROVED: "approved",
    RequestState.REJECTED: "rejected",
    RequestState.DELIVERED: "delivered",
    RequestState.WITHDRAWN: "withdrawn",
}
