"""A playground without processes: two endpoints on notes of replicas, and answers that people got of them."""

from dataclasses import dataclass, field
from itertools import count

import pytest

from aird.auth import queries as auth_queries
from aird.auth.permissions import SYSTEM
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind, Version
from aird.deploy import queries, service
from aird.metering import service as metering
from aird.metering.models import Status
from aird.requests import queries as requests_queries
from aird.requests import service as requests
from aird.requests.lifecycle import RequestState
from aird.testing import World
from tests.deploy.conftest import approved, deploy
from tests.deploy.delivery.conftest import Desk

OTHER = "support/counter"


@dataclass
class Playground:
    """support/desk, served by `desk.old`, and support/counter, served by `other`."""

    desk: Desk
    other: Version = field(init=False)
    numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        world = self.desk.world
        with world.database.write() as session:
            service.create_endpoint(session, world.actor("sam"), OTHER, "Counter")
        with world.database.read() as session:
            base = catalog_queries.get_ref(session, "platform/base@1")
        self.other = approved(world, "support/c", OTHER, kind=Kind.ADAPTER, base=base)
        deploy(world, OTHER, self.other)
        self.desk.resident(self.other)

    @property
    def world(self) -> World:
        return self.desk.world

    def answer(self, version: Version, to: str = "lin", *, status: Status = Status.OK) -> str:
        """The id of an answer that a person got of the version."""
        name = OTHER if version is self.other else "support/desk"
        request_id = f"chatcmpl-{next(self.numbers):04}"
        with self.world.database.write() as session:
            metering.record_answers(
                session,
                [
                    metering.Answer(
                        request_id=request_id, department_id=queries.get_endpoint(session, name).department_id,
                        endpoint=name, unit=version.artifact, version=version.ref, token_id=None,
                        person_id=self.world.actor(to).id, prompt_tokens=1000, completion_tokens=500, status=status,
                        milliseconds=1200, ttft_milliseconds=80, finish_reason="stop",
                    )
                ],
            )  # fmt: skip
        return request_id

    def delivered(self) -> int:
        """The number of lin's request, for which support/desk was given `desk.old`."""
        lin = self.world.actor("lin")
        with self.world.database.write() as session:
            support = auth_queries.get_department(session, "support")
            request = requests.file(session, lin, support, title="Mail", need="Sort it", present=OTHER)
            request.version, request.endpoint = self.desk.old.ref, "support/desk"
            for state in (RequestState.IN_REVIEW, RequestState.APPROVED, RequestState.DELIVERED):
                requests.move(session, SYSTEM, request, state)
            return request.number

    def state(self, number: int) -> RequestState:
        with self.world.database.read() as session:
            return requests_queries.get_request(session, SYSTEM, number).state


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@pytest.fixture
def playground(desk: Desk) -> Playground:
    return Playground(desk)
