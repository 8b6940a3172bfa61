"""A house in which a department asks: tiny models that answer, data to learn from; jobs are done beside the browser."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aird.auth.permissions import SYSTEM
from aird.deploy import service as deploy
from aird.jobs.models import Job
from aird.planning.advice import service
from aird.requests import queries
from aird.requests import service as requests
from aird.requests.lifecycle import RequestState
from aird.testing import World
from aird.testing_ml import make_adapter, make_base
from tests.e2e.catalog_house import serve
from tests.planning.advice.conftest import Desk


def _nobody(_username: str) -> object:
    raise AssertionError("the browser calls the API here")


@dataclass
class RequestsHouse:
    """The server's address and the desk behind it."""

    desk: Desk
    url: str
    hands: ThreadPoolExecutor

    def try_versions(self) -> Job:
        """Do the waiting job that tries versions, in a thread of its own: the browser's has a loop."""
        return self.hands.submit(self.desk.work, service.MATCH_KIND).result(120)

    def deliver(self, number: int) -> None:
        """What approvers and staff do elsewhere: the request's version is signed and put on its endpoint."""
        with self.desk.world.database.write() as session:
            request = queries.get_request(session, SYSTEM, number)
            request.version, request.endpoint = "support/mail@1", "support/desk"
            for state in (RequestState.IN_REVIEW, RequestState.APPROVED, RequestState.DELIVERED):
                requests.move(session, SYSTEM, request, state)


@contextmanager
def requests_house(world: World, folder: Path) -> Iterator[RequestsHouse]:
    """Furnish the world, serve it, give it."""
    folders = {
        "base": make_base(folder / "base"),
        "mail": make_adapter(folder / "mail", seed=1, size=0.6),
        "books": make_adapter(folder / "books", seed=2, size=0.6),
    }
    desk = Desk(world, _nobody, folders)  # type: ignore[arg-type]
    desk.staff()
    desk.data()
    world.set_password("lin")
    with world.database.write() as session:
        deploy.create_endpoint(session, world.actor("sam"), "support/desk", "Desk")
    with serve(world) as url, ThreadPoolExecutor(1) as hands:
        yield RequestsHouse(desk, url, hands)
