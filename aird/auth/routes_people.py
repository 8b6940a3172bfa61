"""Change people over HTTP: names, accounts, roles; and what the roles may do."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter

from aird.auth import administration, queries
from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.errors import DepartmentNotFound, LastAdmin, PersonNotFound, RoleNotHeld
from aird.auth.permissions import RIGHTS, Actor, Permission, Role
from aird.auth.schemas import PersonChange, PersonRead, RoleRights
from aird.core.errors import NotPermitted
from aird.core.http import problems

router = APIRouter(tags=["people"])

Manager = Annotated[Actor, permit(Permission.MANAGE_PEOPLE)]


@router.patch("/people/{username}", responses=problems(NotPermitted, PersonNotFound, LastAdmin))
def change_person(username: str, body: PersonChange, session: WriteSession, actor: Manager) -> PersonRead:
    """Give a person another name, close their account or open it again."""
    person = queries.get_person(session, username)
    if "display_name" in body.model_fields_set:
        administration.rename_person(session, actor, person, body.display_name)
    if body.active is not None:
        change = administration.reopen_account if body.active else administration.close_account
        change(session, actor, person)
    return queries.person_reads(session, [person])[0]


@router.delete(
    "/people/{username}/roles",
    responses=problems(NotPermitted, PersonNotFound, DepartmentNotFound, RoleNotHeld, LastAdmin),
)
def take_role(
    username: str, role: Role, session: WriteSession, actor: Manager, department: str | None = None
) -> PersonRead:
    """Take a role back; without a department the one for the whole organisation."""
    person = queries.get_person(session, username)
    where = queries.get_department(session, department) if department is not None else None
    administration.take_role(session, actor, person, role, where)
    return queries.person_reads(session, [person])[0]


@router.get("/roles")
def list_roles(
    session: ReadSession, _actor: Annotated[Actor, permit(Permission.READ_ORGANISATION)]
) -> list[RoleRights]:
    """Every role with what it may do."""
    held = Counter(role for each in queries.actors(session) for role in {grant.role for grant in each.grants})
    return [
        RoleRights(role=role, permissions=[each for each in Permission if each in RIGHTS[role]], people=held[role])
        for role in Role
    ]
