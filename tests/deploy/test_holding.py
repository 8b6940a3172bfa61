"""Who pays for an engine: the endpoints whose versions are ready on it, in even parts."""

import pytest
from sqlalchemy import select

from aird.catalog import queries as catalog
from aird.catalog.models import Kind
from aird.core.clock import now
from aird.deploy import holding, queries, service
from aird.deploy.models import Engine, Replica
from aird.deploy.placement import ReplicaState, RuntimeKind
from aird.jobs.models import Reservation
from aird.metering import upkeep
from aird.metering.models import EngineEntry
from aird.testing import World
from tests.deploy.conftest import approved, deploy


def test_two_versions_on_one_engine_share_its_chip_and_a_base_that_nobody_routes_to_is_nobodys(world: World):
    base = world.version("platform/base", kind=Kind.BASE)
    units = {}
    for name in ("support/desk", "finance/desk"):
        department = name.partition("/")[0]
        with world.database.write() as session:
            service.create_endpoint(session, world.actor("sam"), name, "Desk")
        version = approved(world, f"{department}/assistant", name, kind=Kind.ADAPTER, base=base)
        deploy(world, name, version)
        units[name] = version.artifact
    with world.database.write() as session:
        stored = catalog.version_by_id(session, base.id)
        engine = Engine(
            base=stored.artifact, runtime=RuntimeKind.HF, number=1, state=ReplicaState.READY, since=now(),
            address="unix:/nowhere", chip="A100",
        )  # fmt: skip
        session.add(engine)
        session.flush()
        for unit in units.values():
            session.add(Replica(unit=unit, engine=engine, state=ReplicaState.READY, since=now()))
        for name in units:
            endpoint = queries.get_endpoint(session, name)
            endpoint.serving_number = endpoint.current_number
        session.flush()
        found = holding.held(session)
        assert {(each.endpoint, each.unit, each.chip, each.share) for each in found} == {
            (name, unit, "A100", 0.5) for name, unit in units.items()
        }
        upkeep.note(session, found)
        assert {each.endpoint for each in session.scalars(select(EngineEntry))} == set(units)
        session.add(
            Reservation(
                holder=engine.id, kind="deploy.engine", title="x", department_id=world.department_id("support"),
                worker="", seats=[{"machine": "here", "flavour": "A100", "chips": [0, 1]}], memory=0, since=now(),
            )
        )  # fmt: skip
        session.flush()
        assert {each.share for each in holding.held(session)} == {1.0}  # two chips


@pytest.mark.parametrize(("chip", "booked", "pid", "share"), [
    ("A100", True, None, 1.0), ("A100", False, None, None), ("cpu", False, 7, 1.0), ("cpu", False, None, None),
])  # fmt: skip
def test_an_engine_that_is_starting_costs_its_chips_from_when_it_has_them(
    world: World, chip: str, booked: bool, pid: int | None, share: float | None
):
    base = world.version("platform/base", kind=Kind.BASE)
    with world.database.write() as session:
        service.create_endpoint(session, world.actor("sam"), "support/desk", "Desk")
    version = approved(world, "support/assistant", kind=Kind.ADAPTER, base=base)
    deploy(world, "support/desk", version)
    with world.database.write() as session:
        engine = Engine(
            base=catalog.version_by_id(session, base.id).artifact, runtime=RuntimeKind.HF, number=0, since=now(),
            state=ReplicaState.STARTING, chip=chip, pid=pid,
        )  # fmt: skip
        session.add(engine)
        session.flush()
        session.add(Replica(unit=version.artifact, engine=engine, state=ReplicaState.STARTING, since=now()))
        if booked:
            seats = [{"machine": "here", "flavour": chip, "chips": [0]}]
            session.add(
                Reservation(
                    holder=engine.id, kind="deploy.engine", title="x", department_id=world.department_id("support"),
                    worker="", seats=seats, memory=0, since=now(),
                )
            )  # fmt: skip
        session.flush()
        found = holding.held(session)
    assert [(each.endpoint, each.share) for each in found] == ([("support/desk", share)] if share else [])
