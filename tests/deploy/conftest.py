"""A stage: the real gateway and routes in a server, the reconciler, runtime processes with a fake model."""

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import openai
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.models import TokenKind
from aird.auth.permissions import SYSTEM
from aird.auth.routes import router as auth_router
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind, Version
from aird.core.db import Database
from aird.core.http import install_error_handlers
from aird.deploy import queries, service
from aird.deploy.gateway.app import Gateway
from aird.deploy.reconciler import LINGER_SECONDS, Reconciler
from aird.deploy.routes import router as deploy_router
from aird.deploy.routes_assignments import router as assignments_router
from aird.deploy.schemas import EndpointDetail, EndpointState
from aird.finetuning.app import create_facade
from aird.metering.models import UsageEntry
from aird.testing import World, test_settings

FAKE_RUNTIME = (sys.executable, str(Path(__file__).with_name("fake_runtime.py")))


def until(condition: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Wait for something that other threads or processes bring about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.02)


def move(session: Session, version: Version, *states: VersionState) -> Version:
    """The version after these moves."""
    found = catalog_queries.version_by_id(session, version.id)
    for state in states:
        catalog.move(session, SYSTEM, found, state, reason="test")
    return found


def approved(world: World, name: str, endpoint: str = "support/desk", **facts: object) -> Version:
    """A new version that was approved for the endpoint."""
    version = world.version(name, **facts)  # type: ignore[arg-type]
    with world.database.write() as session:
        found = move(session, version, VersionState.CANDIDATE, VersionState.APPROVED)
        catalog.clear(session, found, endpoint=endpoint, approval_id=uuid4())
        return found


def deploy(world: World, endpoint: str, version: Version, *, by: str = "sam") -> None:
    """Put the version on the endpoint."""
    actor = world.actor(by)
    with world.database.write() as session:
        found = catalog_queries.version_by_id(session, version.id)
        service.deploy(session, actor, queries.get_endpoint(session, endpoint), found)


def make_key(world: World, department: str) -> str:
    """The secret of a new key of the department."""
    with world.database.write() as session:
        person, owner = auth_queries.get_person(session, "lin"), auth_queries.get_department(session, department)
        return auth.create_token(session, SYSTEM, person, "app", kind=TokenKind.KEY, department=owner, days=1)[1]


@dataclass
class Stage:
    """support/desk with an adapter on platform/base, and everything that serves it."""

    world: World
    command: tuple[str, ...] = FAKE_RUNTIME
    linger: float = LINGER_SECONDS
    base: Version = field(init=False)
    port: int = 0
    clients: list[openai.OpenAI] = field(default_factory=list)

    def __post_init__(self) -> None:
        world = self.world
        self.reconciler = Reconciler(
            world.database, world.store, world.settings, command=self.command, linger=self.linger
        )
        facade = create_facade(world.settings, world.database, world.store)
        self.gateway = Gateway(world.database, world.settings, facade=facade)
        with world.database.write() as session:
            service.create_endpoint(session, world.actor("sam"), "support/desk", "Help desk")

    def adapter(self, name: str = "support/assistant") -> Version:
        """A new approved adapter."""
        return approved(self.world, name, kind=Kind.ADAPTER, base=self.base)

    def endpoint(self, name: str = "support/desk") -> EndpointDetail:
        """The endpoint as the API shows it."""
        with self.world.database.read() as session:
            return queries.endpoint_detail(session, SYSTEM, queries.get_endpoint(session, name))

    def put(self, version: Version, name: str = "support/desk") -> None:
        """Deploy and wait until this version answers."""
        deploy(self.world, name, version)
        self.reconciler.wake()
        until(lambda: self.answers(version, name), f"{version.ref} answers")

    def answers(self, version: Version, name: str = "support/desk") -> bool:
        """Whether the version is what answers on the endpoint, as wanted."""
        found = self.endpoint(name)
        return found.state is EndpointState.READY and bool(found.serving) and found.serving.version == version.ref

    def key(self, department: str = "support") -> str:
        """A key of the department."""
        return make_key(self.world, department)

    def client(self, secret: str) -> openai.OpenAI:
        """A stock client."""
        made = openai.OpenAI(base_url=f"http://127.0.0.1:{self.port}/v1", api_key=secret, max_retries=0)
        self.clients.append(made)
        return made

    def ledger(self) -> list[UsageEntry]:
        """Every entry of the answers that have ended."""
        self.gateway.meter.wait_settled()
        with self.world.database.read() as session:
            return list(session.scalars(select(UsageEntry).order_by(UsageEntry.created_at)))


def make_app(stage: Stage) -> FastAPI:
    """The parts of the application that serving needs."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI):  # type: ignore[no-untyped-def]
        yield
        await stage.gateway.close()

    app = FastAPI(lifespan=lifespan)
    app.state.settings, app.state.database = stage.world.settings, stage.world.database
    app.state.reconciler = stage.reconciler
    install_error_handlers(app)
    app.include_router(auth_router, prefix="/api/v1")
    app.include_router(deploy_router, prefix="/api/v1")
    app.include_router(assignments_router, prefix="/api/v1")
    app.mount("/v1", stage.gateway)
    return app


def serving(stage: Stage) -> Iterator[Stage]:
    """Run the stage's server and reconciler; no process of it is left at the end."""
    server = uvicorn.Server(uvicorn.Config(make_app(stage), port=0, log_level="warning", loop="asyncio"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, "the server starts")
    stage.port = server.servers[0].sockets[0].getsockname()[1]
    stage.reconciler.start()
    try:
        yield stage
    finally:
        for client in stage.clients:
            client.close()
        stage.reconciler.stop()
        server.should_exit = True
        thread.join()


@pytest.fixture
def stage(world: World) -> Iterator[Stage]:
    made = Stage(world)
    made.base = world.version("platform/base", kind=Kind.BASE)
    yield from serving(made)


@pytest.fixture(scope="module")
def shared(founded: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage for a whole module, on SQLite, with a version that answers; for tests that only ask."""
    settings = test_settings(tmp_path_factory.mktemp("stage") / "aird")
    settings.home.mkdir(parents=True)
    shutil.copy(founded, settings.home / "aird.db")
    database = Database.open(settings.db_url())
    made = Stage(World(database, settings))
    made.base = made.world.version("platform/base", kind=Kind.BASE)
    for stage in serving(made):
        stage.put(stage.adapter())
        yield stage
    database.engine.dispose()
