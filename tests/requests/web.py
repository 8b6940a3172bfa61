"""The routes of some slices on a world, and people who call them."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from starlette.routing import BaseRoute

from aird.core.http import install_error_handlers
from aird.testing import World

Call = Callable[[str], TestClient]
MADE: dict[tuple[int, ...], list[BaseRoute]] = {}


def routes_of(limit: int, routers: tuple[APIRouter, ...]) -> list[BaseRoute]:
    """The routes of these slices, made once: FastAPI needs some hundredths of a second for each."""
    key = (limit, *map(id, routers))
    if key not in MADE:
        whole = APIRouter(max_body_size=limit)
        for router in routers:
            whole.include_router(router)
        MADE[key] = whole.routes
    return MADE[key]


def people_of(world: World, *routers: APIRouter) -> Call:
    """Gives the client of a person by name; the slices' routes lie at the root."""
    limit = world.settings.max_body_bytes
    app = FastAPI(max_body_size=limit, routes=routes_of(limit, routers))
    app.state.settings, app.state.database, app.state.store = world.settings, world.database, world.store
    install_error_handlers(app)

    def person(username: str) -> TestClient:
        headers = {"authorization": f"Bearer {world.token(username)}"}
        return TestClient(app, headers=headers, raise_server_exceptions=False)

    return person
