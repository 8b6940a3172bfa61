"""Sign in and out; people, departments, roles and tokens over HTTP."""

import time
from collections import defaultdict, deque
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from aird.auth import administration, queries, service
from aird.auth.deps import CurrentCaller, CurrentSettings, ReadSession, WriteSession, cookie_name, permit, public
from aird.auth.errors import (
    DepartmentNotFound,
    LinkUsedUp,
    LoginFailed,
    NameTaken,
    PasswordTooWeak,
    PersonNotFound,
    TokenNotFound,
    TooManyLogins,
)
from aird.auth.models import BrowserSession, Department, Person, TokenKind
from aird.auth.permissions import Actor, Permission, allowed, allowed_somewhere
from aird.auth.schemas import (
    DepartmentChange,
    DepartmentCreate,
    DepartmentRead,
    LinkLogin,
    Login,
    LoginLinkRead,
    Me,
    PasswordChange,
    PersonCreate,
    PersonRead,
    PersonSummary,
    RoleRead,
    TokenCreate,
    TokenCreated,
    TokenRead,
)
from aird.core.errors import NotAuthenticated, NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.core.settings import Settings

router = APIRouter(tags=["people"])

FAILURES, WINDOW_SECONDS = 8, 300.0
_failures: defaultdict[str, deque[float]] = defaultdict(deque)


def _slow_down(username: str) -> None:
    """Refuse more than FAILURES wrong passwords for one name within the window."""
    recent = _failures[username]
    while recent and recent[0] < time.monotonic() - WINDOW_SECONDS:
        recent.popleft()
    if len(recent) >= FAILURES:
        raise TooManyLogins("Too many wrong passwords for this name. Wait five minutes or use a login link.")


def _me(session: ReadSession, actor: Actor, opened: BrowserSession | None) -> Me:
    person = session.get_one(Person, actor.id)
    keys = queries.department_keys(session)
    own = {each.department_id for each in actor.grants if each.department_id}
    return Me(
        person=PersonSummary.model_validate(person),
        roles=queries.roles(session).get(person.id, []),
        permissions=[each for each in Permission if allowed_somewhere(actor, each)],
        everywhere=[each for each in Permission if allowed(actor, each, None)],
        in_departments={keys[id]: [each for each in Permission if allowed(actor, each, id)] for id in own},
        csrf=opened.csrf if opened else "",
    )


def _set_cookie(response: Response, settings: Settings, cookie: str) -> None:
    response.set_cookie(
        cookie_name(settings),
        cookie,
        httponly=True,
        samesite="lax",
        path="/",
        secure=settings.public_url.startswith("https://"),
    )


@router.post("/session", responses=problems(LoginFailed, TooManyLogins))
@public
def sign_in(body: Login, session: WriteSession, settings: CurrentSettings, response: Response) -> Me:
    """Sign in by name and password."""
    _slow_down(body.username)
    try:
        opened, cookie = service.sign_in(session, body.username, body.password, settings)
    except LoginFailed:
        _failures[body.username].append(time.monotonic())
        raise
    _set_cookie(response, settings, cookie)
    return _me(session, queries.actor_by_id(session, opened.person_id), opened)


@router.post("/session/link", responses=problems(LinkUsedUp))
@public
def sign_in_by_link(body: LinkLogin, session: WriteSession, settings: CurrentSettings, response: Response) -> Me:
    """Sign in by a one-time link."""
    opened, cookie = service.sign_in_by_link(session, body.code, settings)
    _set_cookie(response, settings, cookie)
    return _me(session, queries.actor_by_id(session, opened.person_id), opened)


@router.get("/session", responses=problems(NotAuthenticated))
def who_am_i(
    caller: CurrentCaller, session: ReadSession, _actor: Annotated[Actor, permit(Permission.OWN_ACCOUNT)]
) -> Me:
    """The signed-in person, their roles and rights."""
    return _me(session, caller.actor, caller.session)


@router.delete("/session", status_code=204, responses=problems(NotAuthenticated))
def sign_out(
    caller: CurrentCaller,
    session: WriteSession,
    settings: CurrentSettings,
    response: Response,
    _actor: Annotated[Actor, permit(Permission.OWN_ACCOUNT)],
) -> None:
    """End this browser's session."""
    if caller.session is not None:
        service.sign_out(session, caller.session)
    response.delete_cookie(cookie_name(settings), path="/")


@router.post("/session/password", status_code=204, responses=problems(LoginFailed, PasswordTooWeak))
def change_password(
    body: PasswordChange, session: WriteSession, actor: Annotated[Actor, permit(Permission.OWN_ACCOUNT)]
) -> None:
    """Replace one's own password."""
    service.change_password(session, actor, session.get_one(Person, actor.id), body.old, body.new)


@router.get("/departments")
def list_departments(
    session: ReadSession, _actor: Annotated[Actor, permit(Permission.READ_ORGANISATION)]
) -> Page[DepartmentRead]:
    """Every department."""
    return Page(items=[DepartmentRead.model_validate(each) for each in queries.departments(session)])


@router.post("/departments", status_code=201, responses=problems(NotPermitted, NameTaken))
def add_department(
    body: DepartmentCreate, session: WriteSession, actor: Annotated[Actor, permit(Permission.MANAGE_PEOPLE)]
) -> DepartmentRead:
    """Open a department."""
    return DepartmentRead.model_validate(
        service.add_department(session, actor, body.key, body.title, sample=body.sample)
    )


@router.patch("/departments/{key}", responses=problems(NotPermitted, DepartmentNotFound))
def change_department(
    key: str,
    body: DepartmentChange,
    session: WriteSession,
    actor: Annotated[Actor, permit(Permission.MANAGE_PEOPLE)],
) -> DepartmentRead:
    """Give a department another title, or set how many bytes its models may take."""
    department = queries.get_department(session, key)
    if "title" in body.model_fields_set:
        administration.rename_department(session, actor, department, body.title)
    if "quota_bytes" in body.model_fields_set:
        service.set_quota(session, actor, department, body.quota_bytes)
    return DepartmentRead.model_validate(department)


@router.get("/people")
def list_people(
    session: ReadSession, _actor: Annotated[Actor, permit(Permission.READ_ORGANISATION)]
) -> Page[PersonRead]:
    """Everybody with their roles."""
    return Page(items=queries.person_reads(session, queries.people(session)))


def _department(session: ReadSession, key: str | None) -> Department | None:
    return queries.get_department(session, key) if key is not None else None


@router.post("/people", status_code=201, responses=problems(NotPermitted, NameTaken, PasswordTooWeak))
def add_person(
    body: PersonCreate, session: WriteSession, actor: Annotated[Actor, permit(Permission.MANAGE_PEOPLE)]
) -> PersonRead:
    """Add a person with their roles."""
    person = service.add_person(
        session, actor, body.username, body.display_name, password=body.password, sample=body.sample
    )
    for each in body.roles:
        service.give_role(session, actor, person, each.role, _department(session, each.department))
    return queries.person_reads(session, [person])[0]


@router.post("/people/{username}/roles", responses=problems(NotPermitted, PersonNotFound, DepartmentNotFound))
def give_role(
    username: str, body: RoleRead, session: WriteSession, actor: Annotated[Actor, permit(Permission.MANAGE_PEOPLE)]
) -> PersonRead:
    """Give a person a role."""
    person = queries.get_person(session, username)
    service.give_role(session, actor, person, body.role, _department(session, body.department))
    return queries.person_reads(session, [person])[0]


@router.post("/people/{username}/login-link", status_code=201, responses=problems(NotPermitted, PersonNotFound))
def create_login_link(
    username: str,
    request: Request,
    session: WriteSession,
    settings: CurrentSettings,
    actor: Annotated[Actor, permit(Permission.MANAGE_PEOPLE)],
) -> LoginLinkRead:
    """A link that signs the person in once."""
    person = queries.get_person(session, username)
    code, expires = service.create_login_link(session, actor, person, minutes=settings.login_link_minutes)
    base = settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    return LoginLinkRead(url=f"{base}/login?once={code}", expires_at=expires)


@router.get("/tokens")
def list_tokens(session: ReadSession, actor: Annotated[Actor, permit(Permission.OWN_ACCOUNT)]) -> Page[TokenRead]:
    """One's own tokens; an admin sees everybody's."""
    mine = None if allowed(actor, Permission.MANAGE_PEOPLE, None) else actor.id
    return Page(items=queries.token_reads(session, queries.tokens(session, person_id=mine)))


@router.post("/tokens", status_code=201, responses=problems(NotPermitted, PersonNotFound, DepartmentNotFound))
def create_token(
    body: TokenCreate,
    session: WriteSession,
    settings: CurrentSettings,
    actor: Annotated[Actor, permit(Permission.OWN_ACCOUNT)],
) -> TokenCreated:
    """A new token; the answer is the only place where its secret stands."""
    person = queries.get_person(session, body.person) if body.person else session.get_one(Person, actor.id)
    department = _department(session, body.department)
    if body.kind is TokenKind.KEY and department is None:
        raise DepartmentNotFound("A key belongs to a department: name it in `department`.", key=None)
    token, secret = service.create_token(
        session,
        actor,
        person,
        body.name,
        kind=body.kind,
        department=department,
        days=body.days or settings.token_days,
    )
    return TokenCreated(**queries.token_reads(session, [token])[0].model_dump(), token=secret)


@router.delete("/tokens/{token_id}", status_code=204, responses=problems(NotPermitted, TokenNotFound))
def revoke_token(
    token_id: UUID, session: WriteSession, actor: Annotated[Actor, permit(Permission.OWN_ACCOUNT)]
) -> None:
    """End a token now."""
    service.revoke_token(session, actor, queries.get_token(session, token_id))
