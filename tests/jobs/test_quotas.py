"""Quotas and machines on the database: what claims respect, what the board shows, what a refusal says."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from aird.audit import queries as audit
from aird.core.db import Database
from aird.jobs import decisions, estimates, leases, machines, service
from aird.jobs.admission import Rules
from aird.jobs.errors import NoRoom
from aird.jobs.machines import Chip, Offer
from aird.jobs.models import Job, JobDecision, QuotaRow
from aird.jobs.needs import Estimate, Needs, Priority
from aird.jobs.queue import Terms
from aird.metering import service as metering
from aird.server.app import create_app
from aird.testing import World
from tests.jobs.sample_tasks import Echo

WORKER = "host/1:1:1"


def offer(database: Database, chips: int = 4, slots: int = 2, memory: int = 0, worker: str = WORKER) -> None:
    have = tuple(Chip("h100", index, memory) for index in range(chips))
    with database.write() as session:
        machines.announce(session, worker, "process", [Offer("node", slots, 0, have)], lease_seconds=600)


def order(world: World, department: str, needs: Needs, kind: str = "test.echo", **more: object) -> Job:
    with world.database.write() as session:
        return service.enqueue(
            session, world.actor("sam"), kind, Echo(), title=f"of {department}",
            department_id=world.department_id(department), needs=needs, **more,  # type: ignore[arg-type]
        )  # fmt: skip


def claim(world: World, terms: Terms | None = None, worker: str = WORKER) -> Job | None:
    with world.database.write() as session:
        return leases.claim(session, worker, lease_seconds=600, attempts=3, terms=terms or Terms())


def quota(world: World, department: str, deserved: int, limit: int | None = None, guarantee: int = 0) -> None:
    with world.database.write() as session:
        session.add(
            QuotaRow(
                department_id=world.department_id(department), flavour="h100", guarantee=guarantee, deserved=deserved,
                limit=limit, weight=1.0,
            )
        )  # fmt: skip


def reload(world: World, job: Job) -> Job:
    with world.database.read() as session:
        return session.get_one(Job, job.id)


def test_each_job_gets_chips_of_its_own_and_the_rest_wait_with_a_reason(world: World) -> None:
    offer(world.database, chips=3)
    jobs = [
        order(world, "support", Needs(chips=2)),
        order(world, "finance", Needs(chips=1)),
        order(world, "hr", Needs(chips=1)),
    ]
    claimed = [claim(world) for _ in range(3)]
    assert [each and each.seats for each in claimed] == [
        [{"machine": "node", "flavour": "h100", "chips": [0, 1]}],
        [{"machine": "node", "flavour": "h100", "chips": [2]}],
        None,
    ]
    waiting = reload(world, jobs[2])
    assert (waiting.verdict, waiting.reason) == ("room", "Waits for room: it asks for 1 h100, and 0 of 3 are free.")
    with world.database.read() as session:
        kept = session.scalars(select(JobDecision.verdict).order_by(JobDecision.at)).all()
    assert sorted(kept) == ["admitted", "admitted", "waits"]


def test_a_machine_that_its_worker_offers_no_more_gets_nothing_and_one_not_heard_of_lately_does(world: World) -> None:
    needs = Needs(chips=1, flavours=["h100"])
    with world.database.write() as session:
        both = [Offer(name, 1, 0, (Chip("h100", 0),)) for name in ("lost", "left")]
        machines.announce(session, WORKER, "process", both, lease_seconds=0)
    with world.database.write() as session:
        machines.announce(session, WORKER, "process", both[1:], lease_seconds=0)
    order(world, "support", needs)
    order(world, "support", needs)
    first = claim(world)
    assert first is not None
    assert first.seats is not None
    assert first.seats[0]["machine"] == "left"
    assert claim(world) is None
    with world.database.write() as session:
        machines.announce(session, WORKER, "process", both, lease_seconds=0)
    assert claim(world) is not None


def test_priority_comes_first_and_a_limit_holds_over_two_workers(world: World) -> None:
    for number in (1, 2):
        offer(world.database, chips=4, worker=f"host/1:{number}:1")
    quota(world, "support", deserved=2, limit=3)
    order(world, "support", Needs(chips=2))
    urgent = order(world, "support", Needs(chips=2, priority=Priority.HIGH))
    first = claim(world, worker="host/1:1:1")
    assert first is not None
    assert first.id == urgent.id
    assert claim(world, worker="host/1:2:1") is None
    assert "its limit is 3" in session_reason(world)


def session_reason(world: World) -> str:
    with world.database.read() as session:
        return session.scalars(select(Job.reason).where(Job.state == "queued")).one()


def test_what_a_department_deserves_is_taken_back_from_one_that_borrows(world: World) -> None:
    offer(world.database)
    quota(world, "support", deserved=2)
    quota(world, "finance", deserved=2)
    borrowing = [order(world, "finance", Needs(chips=2)) for _ in range(2)]
    for _ in borrowing:
        assert claim(world) is not None
    wanting = order(world, "support", Needs(chips=2))
    assert claim(world) is None
    assert reload(world, borrowing[1]).yield_by is None  # it has only just begun
    assert claim(world, Terms(rules=Rules(least_run=0))) is None
    victims = [reload(world, each) for each in borrowing]
    assert [each.yield_by is not None for each in victims] == [False, True]
    assert "Waits for a checkpoint" in reload(world, wanting).reason
    with world.database.read() as session:
        assert decisions.of(session, victims[1].id)[0].verdict == "preempted"


def test_a_limit_on_a_queue_holds(world: World) -> None:
    offer(world.database)
    order(world, "support", Needs())
    order(world, "support", Needs())
    terms = Terms(limits={"test": 1})
    assert claim(world, terms) is not None
    assert claim(world, terms) is None
    assert claim(world) is not None


def test_more_than_any_machine_has_is_refused_in_numbers_and_what_fits_is_not(world: World) -> None:
    gib = 2**30
    with world.database.read() as session:
        estimates.require_room(session, Needs(chips=64))  # nobody knows any machine yet
    offer(world.database, chips=4, memory=80 * gib)
    with world.database.read() as session:
        estimates.require_room(session, Needs(chips=4, memory=79 * gib))
        with pytest.raises(NoRoom, match=r"needs 8 chips .* the best that this house has is 4"):
            estimates.require_room(session, Needs(chips=8))
        with pytest.raises(NoRoom, match=r"96.0 GiB each .* of 80.0 GiB each"):
            estimates.require_room(session, Needs(chips=1), Estimate(memory=96 * gib))


def test_an_estimate_is_corrected_by_what_such_jobs_took_and_has_a_price(world: World) -> None:
    rule = Estimate(seconds=100)
    with world.database.read() as session:
        fresh = estimates.calibrated(session, "test.echo", rule)
    assert (fresh.seconds, fresh.basis, fresh.micro) == (100, "rule", 10_000)
    for factor in (1.8, 2.0, 2.4):
        job = order(world, "support", Needs(), estimate=rule)
        with world.database.write() as session:
            found = session.get_one(Job, job.id)
            found.state, found.attempt = found.state.SUCCEEDED, 1
            metering.record_job(session, job.id, 1, "test.echo", job.department_id, round(factor * 100_000))
    with world.database.read() as session:
        learnt = estimates.calibrated(session, "test.echo", rule)
        again = estimates.calibrated(session, "test.echo", learnt)
    assert (learnt.seconds, learnt.basis, learnt.micro) == (200, "3 past jobs", 20_000)
    assert learnt.low is not None
    assert learnt.high is not None
    assert 180 <= learnt.low < 200 < learnt.high <= 240
    assert again.seconds == 200  # corrected once


@pytest.fixture
def client(world: World) -> TestClient:
    return TestClient(create_app(world.settings, world.database, world.store, reconcile=False))


def headers(world: World, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.token(name)}"}


def test_an_admin_sets_and_removes_a_quota_and_staff_may_not(world: World, client: TestClient) -> None:
    offer(world.database)
    body = {"guarantee": 1, "deserved": 2, "limit": 3}
    put = "/api/v1/quotas/support/h100"
    assert client.put(put, json=body, headers=headers(world, "sam")).status_code == 403
    answer = client.put(put, json=body, headers=headers(world, "ada"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["quotas"][0] | body == answer.json()["quotas"][0]
    with world.database.read() as session:
        assert audit.entries(session, event="jobs.quota.set")[0].actor_name == "ada"
    too_much = client.put(put, json={"guarantee": 9, "deserved": 9}, headers=headers(world, "ada"))
    assert (too_much.status_code, too_much.json()["code"]) == (422, "quota_not_valid")
    assert client.put(put, json={"guarantee": 2, "deserved": 1}, headers=headers(world, "ada")).status_code == 422
    assert client.delete(put, headers=headers(world, "ada")).json()["quotas"] == []
    assert client.delete(put, headers=headers(world, "ada")).status_code == 404


def test_the_board_shows_who_holds_what_and_why_others_wait(world: World, client: TestClient) -> None:
    offer(world.database, chips=1)
    quota(world, "finance", deserved=1)
    order(world, "support", Needs(chips=1))
    claim(world)
    for _ in range(2):
        order(world, "finance", Needs(chips=1))
    board = client.get("/api/v1/compute", headers=headers(world, "sam")).json()
    (machine,) = board["machines"]
    assert machine["chips"][0]["holder"]["title"] == "of support"
    (waits,) = board["waiting"]
    assert (waits["position"], waits["alike"], waits["department"]) == (1, 2, "finance")
    assert board["flavours"][1] == {"flavour": "h100", "capacity": 1, "free": 0, "guaranteed": 0, "deserved": 1}
    assert board["quotas"][0]["waiting"] == 2
    lead = client.get("/api/v1/compute", headers=headers(world, "mei")).json()
    assert (lead["machines"][0]["chips"][0]["holder"]["title"], lead["waiting"][0]["id"]) == ("", None)


def test_whoever_ordered_a_job_can_clone_it_and_others_cannot(world: World, client: TestClient) -> None:
    job = order(world, "platform", Needs(chips=1), kind="training.sft")
    clone = f"/api/v1/jobs/{job.id}/clone"
    copy = client.post(clone, json={"title": "Again"}, headers=headers(world, "sam"))
    assert copy.status_code == 201, copy.text
    assert (copy.json()["title"], copy.json()["spec"], copy.json()["needs"]["chips"]) == ("Again", {"text": "hello"}, 1)
    assert copy.json()["id"] != str(job.id)
    assert client.post(clone, json={}, headers=headers(world, "rui")).status_code == 403
    other = order(world, "support", Needs())
    assert client.post(f"/api/v1/jobs/{other.id}/clone", json={}, headers=headers(world, "sam")).status_code == 409
