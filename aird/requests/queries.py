"""Read requests, with what the actor may see of them."""

import hashlib
import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission, allowed, departments_where
from aird.requests import lifecycle
from aird.requests.errors import RequestNotFound
from aird.requests.lifecycle import RequestState
from aird.requests.models import GUARDED, Request, RequestEvent, StepKind, Trial
from aird.requests.schemas import Example, RequestEventRead, RequestRead


def get_request(session: Session, actor: Actor, number: int) -> Request:
    """The request with this number that the actor may see. Raises RequestNotFound."""
    request = session.scalar(_visible(select(Request), actor).where(Request.number == number))
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
    actor: Actor,
    *,
    department: str | None = None,
    state: RequestState | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Request]:
    """Requests that the actor may see, newest first; those with a number below `before`."""
    query = _visible(select(Request), actor).order_by(Request.number.desc()).limit(limit)
    if department:
        query = query.join(Department, Department.id == Request.department_id).where(Department.key == department)
    if state:
        query = query.where(Request.state == state)
    if before is not None:
        query = query.where(Request.number < before)
    return list(session.scalars(query))


def _visible(query: Select[Request], actor: Actor) -> Select[Request]:
    """Without the drafts of departments for which the actor may not file requests."""
    everywhere, departments = departments_where(actor.grants, Permission.WRITE_REQUESTS)
    if everywhere or actor.is_system:
        return query
    return query.where(or_(Request.state != RequestState.DRAFT, Request.department_id.in_(departments)))


def may_read_words(actor: Actor, request: Request) -> bool:
    """Whether the actor may read the examples, and what versions answered to them."""
    own = allowed(actor, Permission.WRITE_REQUESTS, request.department_id)
    return own or (request.data_class not in GUARDED and request.state is not RequestState.DRAFT)


def timeline(session: Session, request: Request) -> list[RequestEvent]:
    """The steps of a request, oldest first."""
    query = select(RequestEvent).where(RequestEvent.request_id == request.id).order_by(RequestEvent.seq)
    return list(session.scalars(query))


def examples_digest(request: Request, marking: str) -> str:
    """What names these examples marked this way: a trial of others says nothing about them."""
    text = json.dumps([marking, request.examples], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def trials(session: Session, request: Request, digest: str | None = None) -> list[Trial]:
    """What versions answered to the examples, with `digest` to these very ones; the best first."""
    query = select(Trial).where(Trial.request_id == request.id).order_by(Trial.points.desc(), Trial.ref)
    return list(session.scalars(query.where(Trial.examples == digest) if digest else query))


def request_reads(session: Session, actor: Actor, found: Sequence[Request]) -> list[RequestRead]:
    """Requests as the API shows them to this actor."""
    keys = auth_queries.department_keys(session)
    names = auth_queries.usernames(session, {each.requester_id for each in found})
    steps: dict[UUID, list[RequestEventRead]] = {}
    ids = [each.id for each in found]
    query = select(RequestEvent).where(RequestEvent.request_id.in_(ids)).order_by(RequestEvent.seq)
    for step in session.scalars(query):
        steps.setdefault(step.request_id, []).append(RequestEventRead.model_validate(step))
    return [_read(actor, each, keys, names, steps.get(each.id, [])) for each in found]


def _read(
    actor: Actor, request: Request, keys: dict[UUID, str], names: dict[UUID, str], steps: list[RequestEventRead]
) -> RequestRead:
    open_words = may_read_words(actor, request)
    since = [each.at for each in steps if each.kind is StepKind.STATE]
    return RequestRead(
        id=request.id,
        number=request.number,
        title=request.title,
        need=request.need,
        examples=[Example.model_validate(each) for each in request.examples] if open_words else [],
        examples_hidden=bool(request.examples) and not open_words,
        users=request.users,
        deadline=request.deadline,
        volume_per_day=request.volume_per_day,
        languages=request.languages,
        data_class=request.data_class,
        floor=request.floor,
        budget_once_micro=request.budget_once_micro,
        budget_month_micro=request.budget_month_micro,
        present=request.present,
        today_micro=request.today_micro,
        department=keys[request.department_id],
        requester=names[request.requester_id],
        state=request.state,
        since=since[-1] if since else request.created_at,
        waits_for=lifecycle.waiting(request.state, ordered=request.work_job_id is not None),
        version=request.version,
        endpoint=request.endpoint,
        option=request.option,
        match_job=request.match_job_id,
        work_job=request.work_job_id,
        created_at=request.created_at,
        timeline=steps,
    )
