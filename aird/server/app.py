"""The web application: a table of contents of routers and mounts, and nothing else.

It never loads the ML stack: models run in processes of their own (see docs/architecture.md).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from threading import Thread
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute

import aird
from aird.approval.routes import router as approval
from aird.auth.routes import router as auth
from aird.auth.routes_people import router as people
from aird.catalog.routes import router as catalog
from aird.core.db import Database
from aird.core.http import install_error_handlers, storable_text
from aird.core.settings import Settings
from aird.datasets.routes import router as datasets
from aird.datasets.routes_quality import router as datasets_quality
from aird.deploy.delivery.conductor import Conductor
from aird.deploy.delivery.routes import router as delivery
from aird.deploy.fitting.routes import router as fitting
from aird.deploy.gateway.app import Gateway
from aird.deploy.playground.routes import router as playground
from aird.deploy.reconciler import Reconciler
from aird.deploy.routes import router as deploy
from aird.deploy.routes_affected import router as affected
from aird.deploy.routes_assignments import router as assigned
from aird.deploy.routes_capture import router as capture
from aird.deploy.routes_engines import router as engines
from aird.evaluation.routes import router as evaluation
from aird.finetuning.app import create_facade
from aird.hub.app import create_hub
from aird.hub.deps import ROOT as HUB_ROOT
from aird.jobs.routes import router as jobs
from aird.jobs.routes_compute import router as compute
from aird.merge.routes import router as merge
from aird.metering.routes import router as metering
from aird.notices.routes import router as notices
from aird.planning.advice.routes import router as advice
from aird.planning.routes import router as planning
from aird.requests.routes import router as requests
from aird.server.access_routes import router as explained
from aird.server.audit_routes import router as audit
from aird.server.health_routes import root
from aird.server.health_routes import router as health
from aird.server.listening import allowed_hosts
from aird.server.sample_routes import router as sample
from aird.server.spa import mount_ui
from aird.store.artifacts import Store, open_store
from aird.training.routes import router as training

ROUTERS = (
    auth, people, explained, catalog, datasets, datasets_quality, evaluation, jobs, compute, merge, training,
    planning, requests, advice, approval, deploy, delivery, affected, assigned, engines, fitting, capture, playground,
    metering, notices, sample, audit, health,
)  # fmt: skip


def create_app(
    settings: Settings,
    database: Database,
    store: Store,
    *,
    reconcile: bool = True,
    reconciler: Reconciler | None = None,
) -> FastAPI:
    """The application on an open database and store; with `reconcile` it also keeps the endpoints' runtimes up.

    A `reconciler` that is given is at work already; the application stops it at its end.
    """
    at_work, conductor = reconciler is not None, Conductor(database, settings)
    reconciler = reconciler or Reconciler(database, store, settings)
    gateway = Gateway(database, settings, facade=create_facade(settings, database, store))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if reconcile:
            await gateway.start()
            if not at_work:
                reconciler.start()
            conductor.start()
            Thread(target=make_routes, args=(app,), name="routes", daemon=True).start()
        try:
            yield
        finally:
            await run_in_threadpool(conductor.stop)
            await gateway.close()
            await run_in_threadpool(reconciler.stop)

    app = FastAPI(
        title="aird",
        version=aird.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        max_body_size=settings.max_body_bytes,
        generate_unique_id_function=_operation_id,
        routes=_routes(settings.max_body_bytes),
    )
    app.state.settings, app.state.database, app.state.store = settings, database, store
    app.state.reconciler = reconciler
    install_error_handlers(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts(settings))
    app.state.wait_settled = gateway.meter.wait_settled
    app.mount("/v1", gateway)
    app.mount(HUB_ROOT, create_hub(settings, database, store))
    mount_ui(app)
    return app


def make_routes(app: FastAPI) -> None:
    """Have every route made: FastAPI makes each when it is first looked at, for which the first page would wait."""
    nowhere = {"type": "http", "method": "GET", "path": "/-", "root_path": "", "headers": []}
    for route in app.routes:
        route.matches(nowhere)


@cache
def _routes(max_body_bytes: int) -> list[BaseRoute]:
    """The routes of the API. FastAPI needs a second to make them: every application of a process has the same ones."""
    whole = APIRouter(max_body_size=max_body_bytes, generate_unique_id_function=_operation_id)
    for router in ROUTERS:  # each on its own: FastAPI looks twice through a router within a router
        whole.include_router(router, prefix="/api/v1", dependencies=[Depends(storable_text)])
    whole.include_router(root)
    return whole.routes


def _operation_id(route: APIRoute) -> str:
    return route.name


def openapi_document() -> dict[str, Any]:
    """The API's description, without a database or a store behind it."""
    settings = Settings()
    database = Database.open("sqlite://")
    app = create_app(settings, database, open_store(settings, database), reconcile=False)
    return app.openapi()
