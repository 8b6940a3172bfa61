"""Access to weights over HTTP: asking for it, deciding, granting it to a department."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.deps import ReadSession, WriteSession
from aird.auth.errors import DepartmentNotFound
from aird.auth.models import Department, Person
from aird.catalog import access
from aird.catalog.errors import AccessDecided, AccessRequestNotFound, ModelNotFound
from aird.catalog.models import AccessRequest, Model, ModelGrant
from aird.catalog.routes_params import MODEL, Reader, model_at
from aird.catalog.schemas_access import AccessAsk, AccessDecision, AccessRequestRead, GrantRead
from aird.core.errors import NotPermitted
from aird.core.http import problems

router = APIRouter(tags=["catalog"])


@router.get(f"{MODEL}/access-requests", responses=problems(ModelNotFound))
def list_access_requests(department: str, model: str, session: ReadSession, actor: Reader) -> list[AccessRequestRead]:
    """Who asked for the weights, oldest first: everybody for who decides, one's own request for others."""
    found = model_at(session, actor, department, model)
    names = auth_queries.usernames(session)
    if access.may_decide(actor, found):
        return [_request(request, person, names) for request, person in access.requests(session, actor, found)]
    own = access.request_of(session, found, actor)
    return [_request(own, session.get_one(Person, own.person_id), names)] if own else []


@router.post(f"{MODEL}/access-requests", status_code=201, responses=problems(ModelNotFound, NotPermitted))
def ask_access(department: str, model: str, body: AccessAsk, session: WriteSession, actor: Reader) -> AccessRequestRead:
    """Ask for the weights of a model of another department."""
    request = access.ask(session, actor, model_at(session, actor, department, model), body.fields)
    return _request(request, session.get_one(Person, request.person_id), auth_queries.usernames(session))


@router.post(
    f"{MODEL}/access-requests/{{request_id}}",
    responses=problems(ModelNotFound, NotPermitted, AccessRequestNotFound, AccessDecided),
)
def decide_access(
    department: str, model: str, request_id: UUID, body: AccessDecision, session: WriteSession, actor: Reader
) -> AccessRequestRead:
    """Accept or reject a request, or put it back to pending; the owners' lead and staff may."""
    found = model_at(session, actor, department, model)
    access.require_decider(actor, found)
    request = session.get(AccessRequest, request_id)
    if request is None or request.model_id != found.id:
        raise AccessRequestNotFound(f"There is no such request for {found.name}.", id=str(request_id))
    person = session.get_one(Person, request.person_id)
    decided = access.decide(session, actor, found, person, body.state, reason=body.reason)
    return _request(decided, person, auth_queries.usernames(session))


@router.get(f"{MODEL}/grants", responses=problems(ModelNotFound))
def list_grants(department: str, model: str, session: ReadSession, actor: Reader) -> list[GrantRead]:
    """The departments whose staff may use the weights."""
    found = model_at(session, actor, department, model)
    names = auth_queries.usernames(session)
    return [_grant(grant, grantee, names) for grant, grantee in access.grants(session, actor, found)]


@router.put(f"{MODEL}/grants/{{grantee}}", responses=problems(ModelNotFound, NotPermitted, DepartmentNotFound))
def grant_access(department: str, model: str, grantee: str, session: WriteSession, actor: Reader) -> GrantRead:
    """Let a department's staff use the weights."""
    found, granted = _pair(session, actor, department, model, grantee)
    made = access.grant_department(session, actor, found, granted)
    return _grant(made, granted, auth_queries.usernames(session))


@router.delete(
    f"{MODEL}/grants/{{grantee}}", status_code=204, responses=problems(ModelNotFound, NotPermitted, DepartmentNotFound)
)
def revoke_access(department: str, model: str, grantee: str, session: WriteSession, actor: Reader) -> None:
    """End a department's grant; what it built meanwhile stays."""
    found, granted = _pair(session, actor, department, model, grantee)
    access.revoke_department(session, actor, found, granted)


def _pair(session: Session, actor: Reader, department: str, model: str, grantee: str) -> tuple[Model, Department]:
    return model_at(session, actor, department, model), auth_queries.get_department(session, grantee)


def _request(request: AccessRequest, person: Person, names: dict[UUID, str]) -> AccessRequestRead:
    return AccessRequestRead(
        id=request.id,
        person=person.username,
        state=request.state,
        fields=request.fields,
        asked_at=request.created_at,
        decided_by=names.get(request.decided_by) if request.decided_by else None,
        decided_at=request.decided_at,
        reason=request.rejection_reason,
    )


def _grant(grant: ModelGrant, department: Department, names: dict[UUID, str]) -> GrantRead:
    return GrantRead(
        department=department.key,
        granted_by=names.get(grant.granted_by) if grant.granted_by else None,
        granted_at=grant.created_at,
    )
