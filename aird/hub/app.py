"""The Hub as an application of its own, to be mounted: its own routes, its own form of errors, its own limits."""

import re
from functools import cache
from uuid import uuid4

from fastapi import APIRouter, Depends, FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aird.core.db import Database
from aird.core.http import storable_text
from aird.core.settings import Settings
from aird.hub import (
    access_routes,
    account_routes,
    elsewhere,
    errors,
    file_routes,
    lfs_routes,
    model_routes,
    push_routes,
    repo_routes,
)
from aird.hub.addresses import SegmentPaths
from aird.hub.trees import GitIds, Trees
from aird.store.artifacts import Store

_request_id = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
STREAMED = (push_routes, lfs_routes)
PLAIN = (account_routes, repo_routes, access_routes, model_routes, file_routes)


def create_hub(settings: Settings, database: Database, store: Store) -> FastAPI:
    """The application on an open database and store."""
    limit = settings.max_body_bytes
    hub = FastAPI(title="aird hub", openapi_url=None, max_body_size=limit, routes=_routes(limit))
    hub.state.settings, hub.state.database, hub.state.store = settings, database, store
    hub.state.trees = Trees(store, GitIds(store))
    errors.install(hub)
    hub.add_middleware(SegmentPaths)
    hub.add_middleware(RequestIds)
    return hub


@cache
def _routes(max_body_bytes: int) -> list[BaseRoute]:
    """The Hub's routes, made once for every application of a process."""
    whole = APIRouter(max_body_size=max_body_bytes)
    for each in STREAMED:
        whole.include_router(each.router)  # a body that is streamed is not read twice: these check their own text
    for module in PLAIN:
        whole.include_router(module.router, dependencies=[Depends(storable_text)])
    whole.include_router(elsewhere.router)
    return whole.routes


class RequestIds:
    """Give every answer the id of its request, the client's own when it sent one: clients show it with errors."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _request_id.fullmatch(given) else uuid4().hex

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        await self.app(scope, receive, answer)
