"""Who may reach what through the gateway: callers and routes, read in threads and remembered for a second."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request

from aird.auth import deps
from aird.auth.errors import TokenNotValid
from aird.auth.models import TokenKind
from aird.auth.permissions import Permission, allowed
from aird.auth.service import Caller
from aird.core.db import Database
from aird.core.errors import AirdError, NotFound, NotPermitted
from aird.core.settings import Settings
from aird.deploy import queries
from aird.deploy.errors import EndpointNotReady, ModelNotServed
from aird.deploy.gateway.keys import Keys
from aird.deploy.gateway.reply import Scope
from aird.deploy.routing import Arm, Route

Result = TypeVar("Result")

FRESH_SECONDS = 1.0
"""How long a revoked key or a suspended version may still be let through."""
FRESHER_SECONDS = 0.1
"""How old the routes may be by which a name is refused: what was deployed a moment ago is there at once."""
MOST_CALLERS = 10_000


@dataclass(frozen=True)
class State:
    """What aird.auth.deps reads from an application."""

    settings: Settings
    database: Database


class Access:
    """Callers and routes, at most a second old."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.state = State(settings, database)
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="gateway")
        self._keys = Keys(database, self._pool)
        self._callers: dict[bytes, tuple[float, Caller | AirdError]] = {}
        self._routes: dict[str, Route] = {}
        self._routes_at = float("-inf")
        self._reading = asyncio.Lock()

    async def off_loop(self, function: Callable[[], Result]) -> Result:
        """Run something that waits for the database in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    async def caller(self, scope: Scope) -> Caller:
        """Who calls, by bearer token or by the browser's session. Raises what deps.identify does."""
        for name, value in scope["headers"]:
            if name == b"authorization":
                return await self._keys.caller(value, lambda: _identify(Request({**scope, "app": self})))
        request = Request({**scope, "app": self})
        headers = [request.headers.get(name, "") for name in _IDENTIFYING]
        safe = request.method in deps.SAFE_METHODS
        key = hashlib.sha256(repr((safe, headers)).encode()).digest()
        moment, found = self._callers.get(key, (0.0, None))
        if found is None or time.monotonic() - moment > FRESH_SECONDS:
            found = await self.off_loop(lambda: _identify(request))
            if len(self._callers) >= MOST_CALLERS:
                self._callers.clear()
            self._callers[key] = time.monotonic(), found
        if isinstance(found, AirdError):
            raise found
        return found

    async def routes(self, within: float = FRESH_SECONDS) -> dict[str, Route]:
        """Every endpoint's route by its name, read no more than so many seconds ago."""
        if self._older(within):
            async with self._reading:
                if self._older(within):
                    self._routes = await self.off_loop(lambda: _read_routes(self.state.database))
                    self._routes_at = time.monotonic()
        return self._routes

    def _older(self, seconds: float) -> bool:
        return time.monotonic() - self._routes_at > seconds

    async def route(self, caller: Caller, name: str) -> Route:
        """The route of an endpoint. Raises ModelNotServed, NotPermitted, EndpointNotReady."""
        route = (await self.routes()).get(name)
        if route is None or not route.arms:
            route = (await self.routes(FRESHER_SECONDS)).get(name)
        if route is None:
            raise ModelNotServed(
                f"There is no endpoint {name[:96]!r}. GET /v1/models lists those you may use.", param="model"
            )
        if not may_use(caller, route):
            raise NotPermitted(
                f"{name} belongs to the department {route.department}, which your key or role does not open.",
                param="model",
            )
        if not route.arms:
            raise EndpointNotReady(f"{name} does not answer right now. {route.reason}", param="model")
        return route

    async def pinned(self, caller: Caller, model: str) -> tuple[Route, Arm]:
        """The route and the arm of one version: `department/endpoint@digest` or the version's own name.

        Raises ModelNotServed.
        """
        found = _pinned(await self.routes(), caller, model) or _pinned(
            await self.routes(FRESHER_SECONDS), caller, model
        )
        if found is None:
            raise ModelNotServed(
                f"{model[:120]!r} answers on no endpoint that you may use. A version answers once it is approved and "
                "deployed; GET /v1/models lists the endpoints.",
                param="model",
            )
        return found


_IDENTIFYING = ("authorization", "cookie", "x-csrf-token", "sec-fetch-site")
"""The headers that aird.auth.deps.identify decides by."""


def may_use(caller: Caller, route: Route) -> bool:
    """A key opens its own department's endpoints, a person those of the departments they hold a role in."""
    if caller.token is not None and caller.token.kind is TokenKind.KEY:
        return caller.token.department_id == route.department_id
    return allowed(caller.actor, Permission.USE_ENDPOINTS, route.department_id)


def _pinned(routes: dict[str, Route], caller: Caller, model: str) -> tuple[Route, Arm] | None:
    name, _, version = model.partition("@")
    for route in routes.values():
        for arm in route.arms:
            by_digest = route.name == name and arm.unit.removeprefix("sha256:").startswith(version)
            if ((by_digest and len(version) >= 6) or arm.version == model) and may_use(caller, route):
                return route, arm
    return None


def _identify(request: Request) -> Caller | AirdError:
    try:
        return deps.identify(request)
    except NotFound as error:  # the token is live, its owner is gone
        return TokenNotValid(error.message)
    except AirdError as error:
        return error


def _read_routes(database: Database) -> dict[str, Route]:
    with database.read() as session:
        return {each.name: each for each in queries.routes(session)}
