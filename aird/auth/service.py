"""Make people, departments, roles and tokens; recognise who calls."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import queries, secrets
from aird.auth.errors import (
    LinkUsedUp,
    LoginFailed,
    NameTaken,
    PasswordTooWeak,
    SessionEnded,
    TokenNotValid,
)
from aird.auth.models import BrowserSession, Department, LoginLink, Membership, Person, Token, TokenKind
from aird.auth.permissions import Actor, Permission, Role, allowed
from aird.core.clock import now
from aird.core.errors import NotPermitted
from aird.core.settings import Settings

SHORTEST_PASSWORD = 12


@dataclass(frozen=True)
class Caller:
    """Who calls and how they proved it: `token` by bearer, `session` by a browser's cookie."""

    actor: Actor
    token: Token | None = None
    session: BrowserSession | None = None


def require(actor: Actor, permission: Permission, department_id: UUID | None) -> None:
    """Raise NotPermitted unless the actor may do this in the department (None: in the whole organisation)."""
    if not allowed(actor, permission, department_id):
        where = "in this department" if department_id else "for the whole organisation"
        raise NotPermitted(
            f"{actor.label} may not do this {where}: it needs the right {permission.value}. "
            "Ask an admin for a role that has it.",
            permission=permission.value,
        )


def add_department(session: Session, actor: Actor, key: str, title: str, *, sample: bool = False) -> Department:
    """A new department. Raises NameTaken."""
    require(actor, Permission.MANAGE_PEOPLE, None)
    if session.scalar(select(Department.id).where(Department.key == key)):
        raise NameTaken(f"There is a department {key!r} already.", key=key)
    department = Department(key=key, title=title, sample=sample)
    session.add(department)
    session.flush()
    audit.record(session, actor, "auth.department.added", department, title=title, sample=sample)
    return department


def set_quota(session: Session, actor: Actor, department: Department, quota_bytes: int | None) -> Department:
    """Bound what the department's models may take; what it has already stays. Raises NotPermitted."""
    require(actor, Permission.MANAGE_PEOPLE, None)
    was, department.quota_bytes = department.quota_bytes, quota_bytes
    session.flush()
    if was != quota_bytes:
        audit.record(session, actor, "auth.department.quota_set", department, was=was, quota_bytes=quota_bytes)
    return department


def add_person(
    session: Session,
    actor: Actor,
    username: str,
    display_name: str,
    *,
    password: str | None = None,
    sample: bool = False,
) -> Person:
    """A new person without any role. Raises NameTaken, PasswordTooWeak."""
    require(actor, Permission.MANAGE_PEOPLE, None)
    if session.scalar(select(Person.id).where(Person.username == username)):
        raise NameTaken(f"There is somebody called {username!r} already.", username=username)
    hashed = secrets.hash_password(_strong(password)) if password is not None else None
    person = Person(username=username, display_name=display_name, password_hash=hashed, sample=sample)
    session.add(person)
    session.flush()
    audit.record(session, actor, "auth.person.added", person, display_name=display_name)
    return person


def give_role(session: Session, actor: Actor, person: Person, role: Role, department: Department | None) -> None:
    """Let the person be `role` in the department, or in the whole organisation; nothing happens when they are."""
    require(actor, Permission.MANAGE_PEOPLE, None)
    department_id = department.id if department else None
    same = select(Membership.id).where(
        Membership.person_id == person.id,
        Membership.role == role,
        Membership.department_id == department_id if department else Membership.department_id.is_(None),
    )
    if session.scalar(same):
        return
    session.add(Membership(person_id=person.id, department_id=department_id, role=role))
    session.flush()
    audit.record(
        session, actor, "auth.role.given", person, role=role, department=department.key if department else None
    )


def change_password(session: Session, actor: Actor, person: Person, old: str, new: str) -> None:
    """Replace the person's own password. Raises LoginFailed, PasswordTooWeak."""
    if person.password_hash is not None and not secrets.password_fits(old, person.password_hash):
        raise LoginFailed("The old password is wrong.")
    person.password_hash = secrets.hash_password(_strong(new))
    audit.record(session, actor, "auth.password.changed", person)


def _strong(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD or len(set(password)) < 5:
        raise PasswordTooWeak(
            f"A password needs at least {SHORTEST_PASSWORD} characters, five of them different.",
            shortest=SHORTEST_PASSWORD,
        )
    return password


def create_token(
    session: Session,
    actor: Actor,
    person: Person,
    name: str,
    *,
    kind: TokenKind = TokenKind.USER,
    department: Department | None = None,
    days: int,
) -> tuple[Token, str]:
    """A new token and its secret, which is not kept.

    A token for somebody else needs MANAGE_PEOPLE, a key MANAGE_KEYS.
    """
    if kind is TokenKind.KEY:
        require(actor, Permission.MANAGE_KEYS, department.id if department else None)
    elif actor.id != person.id:
        require(actor, Permission.MANAGE_PEOPLE, None)
    secret = secrets.new_token(kind)
    token = Token(
        name=name,
        kind=kind,
        hash=secrets.fingerprint(secret),
        prefix=secret[: len(f"aird_{kind}_") + 4],
        person_id=person.id,
        department_id=department.id if department else None,
        expires_at=now() + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    audit.record(
        session,
        actor,
        "auth.token.created",
        token,
        kind=kind,
        person=person.username,
        department=department.key if department else None,
        expires_at=token.expires_at,
    )
    return token, secret


def revoke_token(session: Session, actor: Actor, token: Token) -> None:
    """End a token now; its owner may, who manages the department's keys may, and an admin may."""
    if actor.id != token.person_id:
        right = Permission.MANAGE_KEYS if token.kind is TokenKind.KEY else Permission.MANAGE_PEOPLE
        require(actor, right, token.department_id)
    if token.revoked_at is None:
        token.revoked_at = now()
        audit.record(session, actor, "auth.token.revoked", token)


def find_token(session: Session, secret: str) -> Token:
    """The live token with this secret. Raises TokenNotValid."""
    if not secrets.well_formed(secret):
        raise TokenNotValid("This is not an aird token. A token begins with aird_user_ or aird_key_.")
    token = session.scalar(select(Token).where(Token.hash == secrets.fingerprint(secret)))
    if token is None or token.revoked_at is not None:
        raise TokenNotValid("This token is unknown or was revoked. Create one with `aird tokens create`.")
    if token.expires_at <= now():
        raise TokenNotValid(f"This token expired on {token.expires_at:%Y-%m-%d}. Create a new one.")
    return token


def create_login_link(session: Session, actor: Actor, person: Person, *, minutes: int) -> tuple[str, datetime]:
    """A one-time code for the person and when it ends."""
    require(actor, Permission.MANAGE_PEOPLE, None)
    code = secrets.new_code()
    link = LoginLink(person_id=person.id, hash=secrets.fingerprint(code), expires_at=now() + timedelta(minutes=minutes))
    session.add(link)
    session.flush()
    audit.record(session, actor, "auth.login_link.created", person, expires_at=link.expires_at)
    return code, link.expires_at


def sign_in_by_link(session: Session, code: str, settings: Settings) -> tuple[BrowserSession, str]:
    """Use a login link up. Raises LinkUsedUp."""
    link = session.scalar(select(LoginLink).where(LoginLink.hash == secrets.fingerprint(code)).with_for_update())
    if link is None or link.used_at is not None or link.expires_at <= now():
        raise LinkUsedUp("This login link was used already or is too old. Ask for a new one.")
    link.used_at = now()
    return _sign_in(session, session.get_one(Person, link.person_id), settings, "link")


def sign_in(session: Session, username: str, password: str, settings: Settings) -> tuple[BrowserSession, str]:
    """Sign in by name and password. Raises LoginFailed, which does not say which of the two was wrong."""
    person = session.scalar(select(Person).where(Person.username == username))
    hashed = person.password_hash if person is not None and person.active else None
    if not secrets.password_fits(password, hashed) or person is None:
        raise LoginFailed("The name or the password is wrong.")
    return _sign_in(session, person, settings, "password")


def _sign_in(session: Session, person: Person, settings: Settings, how: str) -> tuple[BrowserSession, str]:
    if not person.active:
        raise LoginFailed("This account is closed.")
    cookie = secrets.new_code()
    opened = BrowserSession(
        person_id=person.id,
        hash=secrets.fingerprint(cookie),
        csrf=secrets.new_code(),
        seen_at=now(),
        expires_at=now() + timedelta(hours=settings.session_hours),
    )
    session.add(opened)
    audit.record(session, Actor(person.id, person.username), "auth.session.opened", person, how=how)
    return opened, cookie


def find_session(session: Session, cookie: str, settings: Settings) -> BrowserSession:
    """The live browser session with this cookie. Raises SessionEnded."""
    found = session.scalar(select(BrowserSession).where(BrowserSession.hash == secrets.fingerprint(cookie)))
    idle = timedelta(minutes=settings.session_idle_minutes)
    if found is None or found.expires_at <= now() or found.seen_at + idle <= now():
        raise SessionEnded("Your session has ended. Sign in again.")
    return found


def sign_out(session: Session, opened: BrowserSession) -> None:
    """End a browser session."""
    found = session.get(BrowserSession, opened.id)
    if found is not None:
        session.delete(found)


def caller_by_token(session: Session, secret: str) -> Caller:
    """Who holds this token. Raises TokenNotValid, PersonNotFound."""
    token = find_token(session, secret)
    return Caller(queries.actor_by_id(session, token.person_id), token=token)


def caller_by_cookie(session: Session, cookie: str, settings: Settings) -> Caller:
    """Who is signed in with this cookie. Raises SessionEnded, PersonNotFound."""
    opened = find_session(session, cookie, settings)
    return Caller(queries.actor_by_id(session, opened.person_id), session=opened)
