"""Two endpoints that really answer, by processes with a fake model; a request whose delivery waits to be tried."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aird.auth import queries as auth_queries
from aird.auth.permissions import SYSTEM
from aird.catalog.models import Kind, Version
from aird.deploy import queries, service
from aird.deploy.placement import EndpointState
from aird.deploy.reconciler import Reconciler
from aird.metering import budgets
from aird.metering.models import BudgetKind, OnSpent
from aird.requests import service as requests
from aird.requests.lifecycle import RequestState
from aird.requests.schemas import Example
from aird.testing import World
from tests.deploy.conftest import FAKE_RUNTIME, approved, deploy, until
from tests.e2e.catalog_house import serve

PRESENT = "support/counter"
DELIVERED = "support/desk"
QUESTION = "Is this short?"


@dataclass
class PlaygroundHouse:
    """The server's address; `mail` answers at the delivered endpoint, `books` at the present one."""

    world: World
    url: str
    mail: Version
    books: Version


@contextmanager
def playground_house(world: World) -> Iterator[PlaygroundHouse]:
    """Furnish the world, start its engines, serve it, give it."""
    with world.database.write() as session:
        for name, title in ((DELIVERED, "Help desk"), (PRESENT, "Counter")):
            service.create_endpoint(session, world.actor("sam"), name, title)
    base = world.version("platform/base", kind=Kind.BASE)
    found = {}
    for name, endpoint in (("support/mail", DELIVERED), ("support/books", PRESENT)):
        found[endpoint] = approved(world, name, endpoint, kind=Kind.ADAPTER, base=base)
        deploy(world, endpoint, found[endpoint])
    _ask(world, found[DELIVERED])
    for username in ("lin", "omar", "noor"):
        world.set_password(username)
    reconciler = Reconciler(world.database, world.store, world.settings, command=FAKE_RUNTIME)
    reconciler.start()
    try:
        for name in (DELIVERED, PRESENT):
            until(lambda name=name: _answers(world, name), f"{name} answers", 60)  # type: ignore[misc]
        with serve(world) as url:
            yield PlaygroundHouse(world, url, found[DELIVERED], found[PRESENT])
    finally:
        reconciler.stop()


def _ask(world: World, version: Version) -> None:
    """Request 1 of the support department, delivered; and a budget for the endpoint."""
    lin, ada = world.actor("lin"), world.actor("ada")
    with world.database.write() as session:
        support = auth_queries.get_department(session, "support")
        examples = [Example(question=QUESTION, answer="yes")]
        request = requests.file(
            session, lin, support, title="Sort the mail", need="Sort it", examples=examples, present=PRESENT
        )
        request.version, request.endpoint = version.ref, DELIVERED
        for state in (RequestState.IN_REVIEW, RequestState.APPROVED, RequestState.DELIVERED):
            requests.move(session, SYSTEM, request, state)
        terms = {"limit_micro": 40_000_000, "alert_percent": 80, "on_spent": OnSpent.REJECT}
        budgets.set_budget(session, ada, BudgetKind.ENDPOINT, DELIVERED, **terms)  # type: ignore[arg-type]


def _answers(world: World, name: str) -> bool:
    with world.database.read() as session:
        found = queries.endpoint_detail(session, SYSTEM, queries.get_endpoint(session, name))
    return found.state is EndpointState.READY
