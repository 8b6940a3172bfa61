"""The routes of some slices on a world, and people who call them."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from aird.core.http import install_error_handlers
from aird.testing import World

Call = Callable[[str], TestClient]


def people_of(world: World, *routers: APIRouter) -> Call:
    """Gives the client of a person by name; the slices' routes lie at the root."""
    app = FastAPI(max_body_size=world.settings.max_body_bytes)
    app.state.settings, app.state.database, app.state.store = world.settings, world.database, world.store
    install_error_handlers(app)
    for router in routers:
        app.include_router(router)

    def person(username: str) -> TestClient:
        headers = {"authorization": f"Bearer {world.token(username)}"}
        return TestClient(app, headers=headers, raise_server_exceptions=False)

    return person
