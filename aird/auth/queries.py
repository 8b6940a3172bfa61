"""Read people, departments, roles and tokens."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.auth.errors import DepartmentNotFound, PersonNotFound, TokenNotFound
from aird.auth.models import Department, Membership, Person, Token
from aird.auth.permissions import Actor, Grant
from aird.auth.schemas import PersonRead, RoleRead, TokenRead


def get_department(session: Session, key: str) -> Department:
    """The department with this key. Raises DepartmentNotFound."""
    department = session.scalar(select(Department).where(Department.key == key))
    if department is None:
        raise DepartmentNotFound(f"There is no department {key!r}. `GET /api/v1/departments` lists them.", key=key)
    return department


def departments(session: Session) -> list[Department]:
    """Every department by key."""
    return list(session.scalars(select(Department).order_by(Department.key)))


def department_keys(session: Session) -> dict[UUID, str]:
    """The key of every department by its id."""
    return {row.id: row.key for row in session.execute(select(Department.id, Department.key))}


def people(session: Session) -> list[Person]:
    """Everybody by name."""
    return list(session.scalars(select(Person).order_by(Person.username)))


def usernames(session: Session, ids: Collection[UUID] | None = None) -> dict[UUID, str]:
    """The name of everybody by id, or of these people."""
    query = select(Person.id, Person.username)
    if ids is not None:
        query = query.where(Person.id.in_(ids))
    return {row.id: row.username for row in session.execute(query)} if ids is None or ids else {}


def get_person(session: Session, username: str) -> Person:
    """The person with this name. Raises PersonNotFound."""
    person = session.scalar(select(Person).where(Person.username == username))
    if person is None:
        raise PersonNotFound(f"There is nobody called {username!r}.", username=username)
    return person


def actor_of(session: Session, person: Person) -> Actor:
    """The person with every role they hold."""
    rows = session.execute(select(Membership.role, Membership.department_id).where(Membership.person_id == person.id))
    return Actor(person.id, person.username, tuple(Grant(row.role, row.department_id) for row in rows))


def actor_by_id(session: Session, person_id: UUID) -> Actor:
    """The person with this id as an actor. Raises PersonNotFound."""
    person = session.get(Person, person_id)
    if person is None or not person.active:
        raise PersonNotFound("The person behind this no longer has an account.", id=str(person_id))
    return actor_of(session, person)


def actors(session: Session) -> list[Actor]:
    """Everybody with an account, by name, with every role they hold."""
    grants: dict[UUID, list[Grant]] = {}
    for row in session.execute(select(Membership.person_id, Membership.role, Membership.department_id)):
        grants.setdefault(row.person_id, []).append(Grant(row.role, row.department_id))
    query = select(Person.id, Person.username).where(Person.active).order_by(Person.username)
    return [Actor(row.id, row.username, tuple(grants.get(row.id, ()))) for row in session.execute(query)]


def roles(session: Session) -> dict[UUID, list[RoleRead]]:
    """Everybody's roles by person."""
    keys = department_keys(session)
    found: dict[UUID, list[RoleRead]] = {}
    for each in session.scalars(select(Membership).order_by(Membership.created_at)):
        department = keys[each.department_id] if each.department_id else None
        found.setdefault(each.person_id, []).append(RoleRead(role=each.role, department=department))
    return found


def person_reads(session: Session, found: list[Person]) -> list[PersonRead]:
    """People as the API shows them, with their roles."""
    held = roles(session)
    return [
        PersonRead(
            id=each.id,
            username=each.username,
            display_name=each.display_name,
            active=each.active,
            sample=each.sample,
            roles=held.get(each.id, []),
        )
        for each in found
    ]


def tokens(session: Session, *, person_id: UUID | None = None) -> list[Token]:
    """Tokens, newest first; of one person when `person_id` is given."""
    query = select(Token).order_by(Token.created_at.desc())
    if person_id is not None:
        query = query.where(Token.person_id == person_id)
    return list(session.scalars(query))


def get_token(session: Session, token_id: UUID) -> Token:
    """The token with this id. Raises TokenNotFound."""
    token = session.get(Token, token_id)
    if token is None:
        raise TokenNotFound("There is no such token.", id=str(token_id))
    return token


def token_reads(session: Session, found: list[Token]) -> list[TokenRead]:
    """Tokens as the API shows them."""
    keys, names = department_keys(session), usernames(session)
    return [
        TokenRead(
            id=each.id,
            name=each.name,
            kind=each.kind,
            prefix=each.prefix,
            department=keys[each.department_id] if each.department_id else None,
            person=names[each.person_id],
            created_at=each.created_at,
            expires_at=each.expires_at,
            last_used_at=each.last_used_at,
            revoked_at=each.revoked_at,
        )
        for each in found
    ]
