"""What a route may ask for: a session that is one transaction, and a caller who may do what the route does.

`permit(...)` declares the right a route needs. A route without it, and without `public`, fails the tests: deny by
default. The department is checked by the service, which knows the subject.
"""

import hmac
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from aird.auth import service
from aird.auth.errors import ForgedRequest
from aird.auth.models import BrowserSession, Token, TokenKind
from aird.auth.permissions import Actor, Permission, allowed_somewhere
from aird.auth.service import Caller
from aird.core.clock import now
from aird.core.db import Database
from aird.core.errors import NotAuthenticated, NotPermitted
from aird.core.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE, SECURE_COOKIE = "aird_session", "__Host-aird_session"
SEEN_EVERY = timedelta(minutes=1)


def settings_of(request: Request) -> Settings:
    """The settings the application was made with."""
    found: Settings = request.app.state.settings
    return found


def database_of(request: Request) -> Database:
    """The database the application was made with."""
    found: Database = request.app.state.database
    return found


def write_session(request: Request) -> Iterator[Session]:
    """One request is one transaction: committed before the reply, or rolled back."""
    with database_of(request).write() as session:
        yield session


def read_session(request: Request) -> Iterator[Session]:
    """A session for reading only."""
    with database_of(request).read() as session:
        yield session


# scope="function": with FastAPI's default scope a failing commit would still have answered 200.
WriteSession = Annotated[Session, Depends(write_session, scope="function")]
ReadSession = Annotated[Session, Depends(read_session, scope="function")]
CurrentSettings = Annotated[Settings, Depends(settings_of)]


def cookie_name(settings: Settings) -> str:
    """The session cookie's name; behind https it is bound to this host by its prefix."""
    return SECURE_COOKIE if settings.public_url.startswith("https://") else COOKIE


def identify(request: Request) -> Caller:
    """Who calls. Raises NotAuthenticated when nobody does, ForgedRequest when a page of another site does."""
    settings, database = settings_of(request), database_of(request)
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme:
        if scheme.lower() != "bearer":
            raise NotAuthenticated("The Authorization header must read `Bearer <token>`.")
        with database.read() as session:
            caller = service.caller_by_token(session, secret.strip())
        _touch(database, caller)
        return caller
    cookie = request.cookies.get(cookie_name(settings))
    if not cookie:
        raise NotAuthenticated("Sign in, or send a token as `Authorization: Bearer <token>`.")
    with database.read() as session:
        caller = service.caller_by_cookie(session, cookie, settings)
    if request.method not in SAFE_METHODS:
        _refuse_forgery(request, caller)
    _touch(database, caller)
    return caller


def _refuse_forgery(request: Request, caller: Caller) -> None:
    expected = caller.session.csrf if caller.session else ""
    given = request.headers.get("x-csrf-token", "")
    cross_site = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if cross_site or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ForgedRequest("The X-CSRF-Token header is missing or wrong. Reload the page and try again.")


def _touch(database: Database, caller: Caller) -> None:
    """Note the use of a session or token, at most once a minute; a full disk must not keep anybody from reading."""
    subject = caller.session or caller.token
    seen = caller.session.seen_at if caller.session else caller.token.last_used_at if caller.token else None
    if subject is None or (seen is not None and now() - seen < SEEN_EVERY):
        return
    with suppress(OperationalError), database.write() as session:
        if isinstance(subject, BrowserSession):
            found = session.get(BrowserSession, subject.id)
            if found is not None:
                found.seen_at = now()
        else:
            session.get_one(Token, subject.id).last_used_at = now()


def current_caller(request: Request) -> Caller:
    """The caller of an ordinary route; a department's key opens none of them."""
    caller = identify(request)
    if caller.token is not None and caller.token.kind is TokenKind.KEY:
        raise NotPermitted("This key opens its department's chat endpoints only. Use a token of kind `user`.")
    return caller


CurrentCaller = Annotated[Caller, Depends(current_caller)]


def permit(permission: Permission) -> Any:
    """A dependency that gives the Actor, who has `permission` in at least one department."""

    def check(caller: CurrentCaller) -> Actor:
        if not allowed_somewhere(caller.actor, permission):
            raise NotPermitted(
                f"This needs the right {permission.value}, which none of your roles has. Ask an admin.",
                permission=permission.value,
            )
        return caller.actor

    check.permission = permission  # type: ignore[attr-defined]
    return Depends(check)


def public(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a route that anybody may call."""
    endpoint.public = True  # type: ignore[attr-defined]
    return endpoint
