"""Read requests."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.models import Department
from aird.requests.errors import RequestNotFound
from aird.requests.lifecycle import RequestState
from aird.requests.models import Request, RequestEvent
from aird.requests.schemas import Example, RequestEventRead, RequestRead


def get_request(session: Session, number: int) -> Request:
    """The request with this number. Raises RequestNotFound."""
    request = session.scalar(select(Request).where(Request.number == number))
    if request is None:
        raise RequestNotFound(f"There is no request {number}.", number=number)
    return request


def request_by_id(session: Session, request_id: UUID) -> Request:
    """The request with this id. Raises RequestNotFound."""
    request = session.get(Request, request_id)
    if request is None:
        raise RequestNotFound("There is no such request.", id=str(request_id))
    return request


def requests(
    session: Session,
    *,
    department: str | None = None,
    state: RequestState | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Request]:
    """Requests, newest first; those with a number below `before`."""
    query = select(Request).order_by(Request.number.desc()).limit(limit)
    if department:
        query = query.join(Department, Department.id == Request.department_id).where(Department.key == department)
    if state:
        query = query.where(Request.state == state)
    if before is not None:
        query = query.where(Request.number < before)
    return list(session.scalars(query))


def timeline(session: Session, request: Request) -> list[RequestEvent]:
    """The steps of a request, oldest first."""
    query = select(RequestEvent).where(RequestEvent.request_id == request.id).order_by(RequestEvent.seq)
    return list(session.scalars(query))


def request_reads(session: Session, found: Sequence[Request]) -> list[RequestRead]:
    """Requests as the API shows them."""
    keys, names = auth_queries.department_keys(session), auth_queries.usernames(session)
    steps: dict[UUID, list[RequestEventRead]] = {}
    ids = [each.id for each in found]
    query = select(RequestEvent).where(RequestEvent.request_id.in_(ids)).order_by(RequestEvent.seq)
    for step in session.scalars(query):
        steps.setdefault(step.request_id, []).append(RequestEventRead.model_validate(step))
    return [
        RequestRead(
            id=each.id,
            number=each.number,
            title=each.title,
            need=each.need,
            examples=[Example.model_validate(example) for example in each.examples],
            users=each.users,
            deadline=each.deadline,
            department=keys[each.department_id],
            requester=names[each.requester_id],
            state=each.state,
            version=each.version,
            endpoint=each.endpoint,
            created_at=each.created_at,
            timeline=steps.get(each.id, []),
        )
        for each in found
    ]
