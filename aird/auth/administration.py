"""Change who is who: other names, roles taken back, accounts closed and opened again."""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service
from aird.auth.errors import LastAdmin, RoleNotHeld
from aird.auth.models import BrowserSession, Department, Membership, Person, Token, TokenKind
from aird.auth.permissions import Actor, Permission, Role
from aird.core.clock import now
from aird.core.db import advisory_lock

LOCK = 0x61646D73
"""Two admins who close each other's accounts at once must not both succeed."""


def rename_department(session: Session, actor: Actor, department: Department, title: str) -> Department:
    """Give the department another title; its key, which is part of names, stays. Raises NotPermitted."""
    service.require(actor, Permission.MANAGE_PEOPLE, None)
    was, department.title = department.title, title
    if was != title:
        audit.record(session, actor, "auth.department.renamed", department, was=was, title=title)
    return department


def rename_person(session: Session, actor: Actor, person: Person, display_name: str) -> Person:
    """Give the person another name to show; the user name stays. Raises NotPermitted."""
    service.require(actor, Permission.MANAGE_PEOPLE, None)
    was, person.display_name = person.display_name, display_name
    if was != display_name:
        audit.record(session, actor, "auth.person.renamed", person, was=was, display_name=display_name)
    return person


def close_account(session: Session, actor: Actor, person: Person) -> Person:
    """From now on the person can do nothing: sessions end, tokens are revoked. Keys of departments go on.

    Raises NotPermitted, LastAdmin.
    """
    service.require(actor, Permission.MANAGE_PEOPLE, None)
    advisory_lock(session, LOCK)
    if not person.active:
        return person
    _require_another_admin(session, person)
    person.active = False
    session.execute(delete(BrowserSession).where(BrowserSession.person_id == person.id))
    session.execute(
        update(Token)
        .where(Token.person_id == person.id, Token.kind == TokenKind.USER, Token.revoked_at.is_(None))
        .values(revoked_at=now())
    )
    audit.record(session, actor, "auth.person.closed", person)
    return person


def reopen_account(session: Session, actor: Actor, person: Person) -> Person:
    """Let the person sign in again, with the roles they had; tokens stay revoked. Raises NotPermitted."""
    service.require(actor, Permission.MANAGE_PEOPLE, None)
    if not person.active:
        person.active = True
        audit.record(session, actor, "auth.person.reopened", person)
    return person


def take_role(session: Session, actor: Actor, person: Person, role: Role, department: Department | None) -> None:
    """Take a role back. Raises NotPermitted, RoleNotHeld, LastAdmin."""
    service.require(actor, Permission.MANAGE_PEOPLE, None)
    advisory_lock(session, LOCK)
    where = Membership.department_id == department.id if department else Membership.department_id.is_(None)
    held = session.scalar(select(Membership).where(Membership.person_id == person.id, Membership.role == role, where))
    if held is None:
        place = department.key if department else "the whole organisation"
        raise RoleNotHeld(f"{person.username} is not {role} in {place}.", username=person.username, role=role)
    if role is Role.ADMIN and department is None and person.active:
        _require_another_admin(session, person)
    session.delete(held)
    session.flush()
    audit.record(
        session, actor, "auth.role.taken", person, role=role, department=department.key if department else None
    )


def _require_another_admin(session: Session, person: Person) -> None:
    """Raise LastAdmin when nobody else could let people in."""
    admins = select(Membership.person_id).join(Person, Person.id == Membership.person_id)
    admins = admins.where(Membership.role == Role.ADMIN, Membership.department_id.is_(None), Person.active)
    found = set(session.scalars(admins))
    if found == {person.id}:
        raise LastAdmin(
            f"{person.username} is the only admin. Make somebody else an admin of the whole organisation first.",
            username=person.username,
        )
