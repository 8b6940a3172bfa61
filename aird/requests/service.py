"""Write requests: file one, move its state, talk about it. Every step is on its timeline and in the audit log."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission
from aird.core.db import advisory_lock
from aird.core.errors import NotPermitted
from aird.requests import lifecycle
from aird.requests.errors import RequestMoveNotAllowed, RequestSent
from aird.requests.lifecycle import RequestState
from aird.requests.models import Request, RequestEvent, StepKind
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
    state: RequestState = RequestState.OPEN,
    **details: Any,
) -> Request:
    """File a request; it is a person's need, so the system itself cannot file one. `details` are columns of it."""
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
        state=state,
        **details,
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
        version=request.version,
        endpoint=request.endpoint,
    )
    return request


def change(session: Session, actor: Actor, request: Request, changed: dict[str, Any]) -> Request:
    """Write a draft on. Raises RequestSent."""
    auth.require(actor, Permission.WRITE_REQUESTS, request.department_id)
    hold(session, request)
    if request.state is not RequestState.DRAFT:
        raise RequestSent(
            f"Request {request.number} is {request.state}: it was sent as it is. Say what is different in its "
            "conversation, or withdraw it and file another one.",
            state=request.state,
        )
    for name, value in changed.items():
        setattr(request, name, value)
    audit.record(session, actor, "requests.request.changed", request, fields=sorted(changed))
    return request


def send(session: Session, actor: Actor, request: Request) -> Request:
    """Send a draft to the ML staff. Raises RequestMoveNotAllowed."""
    auth.require(actor, Permission.WRITE_REQUESTS, request.department_id)
    return move(session, actor, request, RequestState.OPEN)


def say(session: Session, actor: Actor, request: Request, text: str) -> RequestEvent:
    """Add to the request's conversation."""
    auth.require(actor, Permission.WRITE_REQUESTS, request.department_id)
    hold(session, request)
    step = _step(session, actor, request, StepKind.MESSAGE, text)
    audit.record(session, actor, "requests.request.said", request, text=text)
    return step


def note(session: Session, actor: Actor, request: Request, text: str, **data: Any) -> RequestEvent:
    """Put what was done for the request on its timeline; `data` is what the pages make links of."""
    hold(session, request)
    return _step(session, actor, request, StepKind.WORK, text, data)


def accept(
    session: Session, actor: Actor, request: Request, *, note: str = "", tried: dict[str, Any] | None = None
) -> Request:
    """The department has tried what was delivered, and keeps it; `tried` says what people preferred meanwhile.

    Raises RequestMoveNotAllowed.
    """
    auth.require(actor, Permission.WRITE_REQUESTS, request.department_id)
    return move(session, actor, request, RequestState.ACCEPTED, note=note, data={"tried": tried} if tried else None)


def give_back(session: Session, actor: Actor, request: Request, *, reason: str) -> Request:
    """What was delivered is not what was asked for: back to the ML staff. Raises RequestMoveNotAllowed."""
    auth.require(actor, Permission.WRITE_REQUESTS, request.department_id)
    found = move(session, actor, request, RequestState.BUILDING, note=reason)
    found.work_job_id = None
    return found


def delivered(session: Session, actor: Actor, *, version: str, endpoint: str) -> None:
    """This version answers on this endpoint now: signed requests for just that are delivered."""
    query = select(Request).where(
        Request.state == RequestState.APPROVED, Request.version == version, Request.endpoint == endpoint
    )
    for request in session.scalars(query.order_by(Request.number)).all():
        move(session, actor, request, RequestState.DELIVERED, note=f"{version} on {endpoint}")


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


def move(
    session: Session,
    actor: Actor,
    request: Request,
    new: RequestState,
    *,
    note: str = "",
    data: dict[str, Any] | None = None,
) -> Request:
    """Move a request to another state; its rights are the caller's to check. Raises RequestMoveNotAllowed."""
    hold(session, request)
    if not lifecycle.may_move(request.state, new):
        raise RequestMoveNotAllowed(
            f"Request {request.number} is {request.state} and cannot become {new}.", state=request.state, wanted=new
        )
    old, request.state = request.state, new
    _step(session, actor, request, StepKind.STATE, note, data)
    audit.record(session, actor, f"requests.request.{_PAST[new]}", request, reason=note, was=old, **(data or {}))
    return request


def hold(session: Session, request: Request) -> None:
    """The request as it is now, nobody else's until this transaction ends; what was changed here before stays."""
    session.flush()
    session.refresh(request, with_for_update=True)


def _step(
    session: Session, actor: Actor, request: Request, kind: StepKind, text: str, data: dict[str, Any] | None = None
) -> RequestEvent:
    last = session.scalar(select(func.max(RequestEvent.seq)).where(RequestEvent.request_id == request.id)) or 0
    step = RequestEvent(
        request_id=request.id, seq=last + 1, actor=actor.label, state=request.state, note=text, kind=kind,
        data=data or {},
    )  # fmt: skip
    session.add(step)
    session.flush()
    return step


_PAST = {
    RequestState.DRAFT: "drafted",
    RequestState.OPEN: "opened",
    RequestState.BUILDING: "chosen",
    RequestState.ACCEPTED: "accepted",
    RequestState.IN_REVIEW: "proposed",
    RequestState.APPROVED: "approved",
    RequestState.REJECTED: "rejected",
    RequestState.DELIVERED: "delivered",
    RequestState.WITHDRAWN: "withdrawn",
}
