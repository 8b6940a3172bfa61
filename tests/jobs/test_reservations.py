"""Places of what is not a job: inside the quota, beside the jobs, never handed back."""

from uuid import uuid4

from fastapi.testclient import TestClient

from aird.jobs import reservations
from aird.jobs.admission import Decision
from aird.jobs.models import QuotaRow
from aird.jobs.needs import Needs, Priority
from aird.server.app import create_app
from aird.testing import World
from tests.jobs.test_quotas import WORKER, claim, offer, order, quota

CHIP = Needs(chips=1, priority=Priority.HIGH)


def book(world: World, department: str = "support", needs: Needs = CHIP, **more: object) -> Decision:
    with world.database.write() as session:
        holder = more.pop("holder", None) or uuid4()
        return reservations.book(
            session, holder, world.department_id(department), needs, kind="deploy.engine", title="an engine", **more,  # type: ignore[arg-type]
        )  # fmt: skip


def test_a_place_is_given_once_and_jobs_get_the_others_until_it_is_given_back(world: World):
    offer(world.database, chips=2)
    holder = uuid4()
    first = book(world, holder=holder)
    assert first.starts
    assert book(world, holder=holder).seats == first.seats
    order(world, "support", Needs(chips=2))
    assert claim(world) is None
    with world.database.write() as session:
        assert reservations.seats(session, holder) == first.seats
        reservations.release(session, [holder])
    assert claim(world) is not None


def test_it_stays_within_what_the_department_deserves(world: World):
    offer(world.database, chips=4)
    quota(world, "support", deserved=1)
    assert book(world).starts
    refused = book(world)
    assert not refused.starts
    assert "deserves 1 h100" in refused.reason
    assert not book(world, "finance").starts  # it deserves none


def test_the_worker_of_its_machine_may_start_anew(world: World):
    offer(world.database, chips=1)
    assert book(world).starts
    offer(world.database, chips=0)  # this one is gone
    offer(world.database, chips=1, worker="host/1:2:2")
    order(world, "support", Needs(chips=1))
    assert claim(world, worker="host/1:2:2") is None
    assert not book(world).starts


def test_what_borrows_its_place_is_asked_to_hand_it_back(world: World):
    offer(world.database, chips=1)
    quota(world, "support", deserved=1)
    order(world, "finance", Needs(chips=1))
    running = claim(world)
    assert running is not None
    with world.database.write() as session:
        running = session.merge(running)
        running.started_at = running.created_at.replace(year=2020)
    waits = book(world)
    assert not waits.starts
    assert "hand back" in waits.reason
    with world.database.read() as session:
        assert session.get_one(type(running), running.id).yield_by is not None


def test_without_a_chip_it_takes_no_slot_and_only_a_quota_of_cpu_can_stand_against_it(world: World):
    offer(world.database, chips=0, slots=1)
    plain = Needs(priority=Priority.HIGH)
    assert book(world, needs=plain).starts
    order(world, "support", Needs())
    assert claim(world) is not None
    with world.database.write() as session:
        session.add(
            QuotaRow(
                department_id=world.department_id("support"), flavour="cpu", guarantee=0, deserved=2, limit=None,
                weight=1.0,
            )
        )  # fmt: skip
    assert [book(world, needs=plain).starts for _ in range(2)] == [True, False]


def test_only_machines_that_will_do_are_taken_and_the_board_shows_who_holds_a_chip(world: World):
    offer(world.database, chips=1)
    assert not book(world, on=lambda machine: machine.worker != WORKER).starts
    assert book(world, on=lambda machine: machine.worker == WORKER).starts
    app = create_app(world.settings, world.database, world.store, reconcile=False)
    with TestClient(app, headers={"Authorization": f"Bearer {world.token('sam')}"}) as client:
        board = client.get("/api/v1/compute").json()
    [machine] = board["machines"]
    assert machine["chips"][0]["holder"]["kind"] == "deploy.engine"
    assert machine["chips"][0]["holder"]["preemptible"] is False
