"""The facade as an application of its own, to which the gateway hands /v1/files and /v1/fine_tuning."""

from functools import cache

from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import BaseRoute

from aird.core.db import Database
from aird.core.http import storable_text
from aird.core.settings import Settings
from aird.finetuning import errors, routes, routes_files
from aird.store.artifacts import Store


def create_facade(settings: Settings, database: Database, store: Store) -> FastAPI:
    """The application on an open database and store; its paths begin below /v1."""
    limit = settings.max_body_bytes
    app = FastAPI(title="aird fine-tuning", openapi_url=None, max_body_size=limit, routes=_routes(limit))
    app.state.settings, app.state.database, app.state.store = settings, database, store
    errors.install(app)
    return app


@cache
def _routes(max_body_bytes: int) -> list[BaseRoute]:
    """The facade's routes, made once for every application of a process."""
    whole = APIRouter(max_body_size=max_body_bytes)
    whole.include_router(routes_files.router)  # an upload is streamed and not read twice: it checks its own text
    whole.include_router(routes.router, dependencies=[Depends(storable_text)])
    return whole.routes
