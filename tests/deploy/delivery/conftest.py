"""A desk where one version answers and another is approved, without processes: notes of replicas and of answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from sqlalchemy import select

from aird.audit.models import AuditEntry
from aird.catalog.models import Kind, Version
from aird.core.clock import now
from aird.deploy import queries, service
from aird.deploy.delivery import queries as delivery_queries
from aird.deploy.delivery import service as delivery
from aird.deploy.delivery.conductor import Conductor
from aird.deploy.delivery.models import Rollout
from aird.deploy.delivery.schemas import RolloutStart
from aird.deploy.models import Engine, Replica
from aird.deploy.placement import ReplicaState, RuntimeKind
from aird.deploy.routing import Route
from aird.metering import service as metering
from aird.metering.models import Status
from aird.testing import World
from tests.deploy.conftest import approved, deploy

NAME = "support/desk"


@dataclass
class Desk:
    """support/desk, served by `old`; `new` is approved for it. Both are ready on one engine."""

    world: World
    url: str = ""
    old: Version = field(init=False)
    new: Version = field(init=False)

    def __post_init__(self) -> None:
        world = self.world
        with world.database.write() as session:
            service.create_endpoint(session, world.actor("sam"), NAME, "Help desk")
        base = world.version("platform/base", kind=Kind.BASE)
        self.old, self.new = (approved(world, f"support/{name}", kind=Kind.ADAPTER, base=base) for name in "ab")
        deploy(world, NAME, self.old)
        with world.database.write() as session:
            self.engine = Engine(
                base=base.artifact, runtime=RuntimeKind.HF, number=1, state=ReplicaState.READY, since=now(),
                address="unix:/nowhere",
            )  # fmt: skip
            session.add(self.engine)
        for version in (self.old, self.new):
            self.resident(version)

    def resident(self, version: Version, state: ReplicaState = ReplicaState.READY) -> None:
        """Note where the version is, as a reconciler would."""
        with self.world.database.write() as session:
            engine = session.scalars(select(Engine)).one()
            row = session.scalar(select(Replica).where(Replica.unit == version.artifact))
            if row is None:
                session.add(Replica(unit=version.artifact, engine=engine, state=state, since=now()))
            else:
                row.state, row.since = state, now()

    def start(self, *, by: str = "sam", **body: object) -> Rollout:
        """Try the new version."""
        asked = RolloutStart(**{"version": self.new.ref, "window_seconds": 0, "least": 10, **body})  # type: ignore[arg-type]
        actor = self.world.actor(by)
        with self.world.database.write() as session:
            version = self.world.reload(session, self.new)
            return delivery.start(session, actor, queries.get_endpoint(session, NAME), version, asked)

    def answers(self, version: Version, number: int, *, failed: int = 0, experiment: bool = False) -> None:
        """Note so many good and failed answers of the version."""
        with self.world.database.write() as session:
            endpoint = queries.get_endpoint(session, NAME)
            good = [Status.OK] * number + [Status.ERROR] * failed
            metering.record_answers(
                session,
                [
                    metering.Answer(
                        request_id=str(uuid4()), department_id=endpoint.department_id, endpoint=NAME,
                        unit=version.artifact, version=version.ref, token_id=None, person_id=None, prompt_tokens=5,
                        completion_tokens=7 if status is Status.OK else 0, status=status, milliseconds=120,
                        ttft_milliseconds=50, finish_reason="stop" if status is Status.OK else None,
                        experiment=experiment,
                    )
                    for status in good
                ],
            )  # fmt: skip

    def conduct(self) -> Rollout:
        """One round of the conductor, and the newest rollout after it."""
        Conductor(self.world.database, self.world.settings).conduct()
        return self.rollout()

    def rollout(self) -> Rollout:
        """The newest rollout."""
        with self.world.database.read() as session:
            return delivery_queries.rollouts(session, queries.get_endpoint(session, NAME))[0]

    def route(self) -> Route:
        """Where callers go."""
        with self.world.database.read() as session:
            [route] = queries.routes(session)
            return route

    def weights(self) -> list[int]:
        """The shares of the arms."""
        return [each.weight for each in self.route().arms]

    def events(self) -> list[str]:
        """What the audit log says of deployments and rollouts, oldest first."""
        with self.world.database.read() as session:
            found = session.scalars(select(AuditEntry.event).order_by(AuditEntry.seq))
            return [each for each in found if each.startswith("deploy.")]

    def changed(self, what: Callable[[object], None]) -> None:
        """Do something in a transaction of its own."""
        with self.world.database.write() as session:
            what(session)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)
