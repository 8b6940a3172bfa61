"""Why can I (not): a right in a department, and what a model lets somebody do, explained over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from aird.auth import queries
from aird.auth import service as auth
from aird.auth.deps import ReadSession, permit
from aird.auth.errors import DepartmentNotFound, PersonNotFound
from aird.auth.explaining import explain
from aird.auth.models import Person
from aird.auth.permissions import Actor, Permission, Role, allowed
from aird.auth.schemas import AccessExplained, AccessLine, RoleRead
from aird.catalog import access
from aird.catalog.errors import ModelNotFound
from aird.catalog.models import Model
from aird.core.errors import NotPermitted
from aird.core.http import problems

router = APIRouter(tags=["people"])

Name = Annotated[str | None, Query(max_length=112)]


@router.get("/access/explain", responses=problems(NotPermitted, PersonNotFound, DepartmentNotFound, ModelNotFound))
def explain_access(
    session: ReadSession,
    actor: Annotated[Actor, permit(Permission.OWN_ACCOUNT)],
    permission: Permission,
    department: Name = None,
    person: Name = None,
    model: Name = None,
) -> AccessExplained:
    """Whether a person may do something in a department, and what decides it; of others only admins and auditors ask.

    With a model, its department is meant unless another is named, and what the model itself lets them do is told too.
    """
    found = queries.get_person(session, person) if person else session.get_one(Person, actor.id)
    if found.id != actor.id and not allowed(actor, Permission.READ_AUDIT, None):
        auth.require(actor, Permission.MANAGE_PEOPLE, None)
    who = queries.actor_of(session, found)
    about = access.get_model(session, actor, model) if model else None
    keys = queries.department_keys(session)
    if about is not None and department is None:
        department = keys[about.department_id]
    where = queries.get_department(session, department).id if department else None
    answer = explain(who, permission, where, active=found.active)
    return AccessExplained(
        person=found.username,
        permission=permission,
        department=department,
        allowed=answer.allowed,
        reason=answer.reason,
        given_by=[RoleRead(role=each.role, department=_key(keys, each.department_id)) for each in answer.given_by],
        elsewhere=sorted({keys[each] for each in answer.elsewhere}),
        roles_that_give=list(answer.roles_that_give),
        admins=[each.label for each in queries.actors(session) if _is_admin(each)],
        lines=[] if about is None else _lines(session, who, about, active=found.active),
    )


def _key(keys: dict[UUID, str], department_id: UUID | None) -> str | None:
    return keys[department_id] if department_id else None


def _is_admin(person: Actor) -> bool:
    return any(grant.role is Role.ADMIN and grant.department_id is None for grant in person.grants)


def _lines(session: Session, who: Actor, model: Model, *, active: bool) -> list[AccessLine]:
    sees = active and access.may_see(who, model)
    uses = active and access.may_use_weights(session, who, model)
    decides = active and sees and access.may_decide(who, model)
    return [
        AccessLine(code="see_model", allowed=sees, detail=f"The model is {model.visibility.value}."),
        AccessLine(code="use_weights", allowed=uses, detail=f"Its weights are gated: {model.gating.value}."),
        AccessLine(
            code="decide_access", allowed=decides, detail="Lead and staff of its department decide who uses it."
        ),
    ]
