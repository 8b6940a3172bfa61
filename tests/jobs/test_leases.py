"""Claims, heartbeats and fences, on the database alone."""

import subprocess
import sys
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from aird.core.clock import now
from aird.core.settings import settings_env
from aird.jobs import leases, outcomes
from aird.jobs.errors import JobCancelled, LeaseLost
from aird.jobs.identity import WorkerName, is_gone
from aird.jobs.models import Job
from tests.jobs.conftest import ROOT, Desk
from tests.jobs.sample_tasks import Echo


def claim(desk: Desk, worker: str = "a:1:1", lease: float = 30.0) -> Job | None:
    with desk.world.database.write() as session:
        return leases.claim(session, worker, lease_seconds=lease, attempts=3)


def test_the_oldest_job_is_claimed_first_and_each_once(desk: Desk) -> None:
    ids = [desk.order("test.echo", Echo(text=str(number))) for number in range(3)]

    claimed = [claim(desk) for _ in range(4)]
    assert [job and job.id for job in claimed] == [*ids, None]
    assert claimed[0] is not None
    assert (claimed[0].state, claimed[0].attempt, claimed[0].worker) == ("running", 1, "a:1:1")


def test_four_processes_claim_a_hundred_jobs_each_exactly_once(desk: Desk) -> None:
    with desk.world.database.write() as session:
        ids = {desk.order("test.echo", Echo(), session=session) for _ in range(100)}
    code = (
        "from aird.core.settings import Settings; from aird.core.db import Database; from aird.jobs import leases\n"
        "database = Database.open(Settings().db_url())\n"
        "while True:\n"
        "    with database.write() as session:\n"
        "        job = leases.claim(session, 'a:1:1', lease_seconds=30, attempts=3)\n"
        "        if job is None: break\n"
        "        print(job.id)\n"
    )
    env = settings_env(desk.world.settings) | {"PYTHONPATH": str(ROOT)}
    four = [subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE) for _ in range(4)]
    claimed = [UUID(line) for each in four for line in each.communicate()[0].decode().split()]

    assert len(claimed) == 100
    assert set(claimed) == ids


def test_a_silent_workers_job_is_claimed_by_another_with_the_next_attempt(desk: Desk) -> None:
    job_id = desk.order("test.echo", Echo())
    claim(desk, lease=-1.0)

    again = claim(desk, "b:2:2")
    assert again is not None
    assert (again.id, again.attempt, again.worker) == (job_id, 2, "b:2:2")


def test_a_heartbeat_keeps_a_job_and_tells_which_ones_are_lost(desk: Desk) -> None:
    kept, lost = desk.order("test.echo", Echo()), desk.order("test.echo", Echo())
    claim(desk, lease=-1.0)
    with desk.world.database.write() as session:
        assert leases.extend(session, "a:1:1", [(kept, 1), (lost, 1)], lease_seconds=30) == {(kept, 1)}
    again = claim(desk, "b:2:2")
    assert again is not None
    assert again.id == lost
    with desk.world.database.write() as session:
        assert leases.extend(session, "a:1:1", [(kept, 1), (lost, 1)], lease_seconds=30) == {(kept, 1)}


def test_an_overtaken_attempt_cannot_write_and_the_newest_can(desk: Desk) -> None:
    job_id = desk.order("test.echo", Echo())
    claim(desk, lease=-1.0)
    claim(desk, "b:2:2")
    with desk.world.database.write() as session:
        with pytest.raises(LeaseLost):
            leases.fence(session, job_id, 1)
        assert leases.fence(session, job_id, 2).id == job_id


def test_a_cancelled_attempt_cannot_write(desk: Desk) -> None:
    job_id = desk.order("test.echo", Echo())
    claim(desk)
    desk.cancel(job_id)
    with desk.world.database.write() as session, pytest.raises(JobCancelled):
        leases.fence(session, job_id, 1)


def test_a_held_job_is_not_claimed_before_its_time(desk: Desk) -> None:
    job_id = desk.order("test.echo", Echo())
    claim(desk)
    with desk.world.database.write() as session:
        outcomes.hold(session, leases.fence(session, job_id, 1), "storage_full", "The disk is full.")
    assert claim(desk) is None
    assert desk.job(job_id).reason == "Held: The disk is full."

    with desk.world.database.write() as session:
        session.scalars(select(Job)).one().not_before = now() - timedelta(seconds=1)
    again = claim(desk)
    assert again is not None
    assert again.attempt == 2


def test_leases_of_workers_that_are_dead_end_at_once_and_of_living_ones_do_not(desk: Desk) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    own = WorkerName.own()
    dead = WorkerName(own.host, process.pid, "12345")
    first, second = desk.order("test.echo", Echo()), desk.order("test.echo", Echo())
    claim(desk, str(dead))
    claim(desk, str(own))
    with desk.world.database.write() as session:
        assert leases.void(session, is_gone) == [str(dead)]
    again = claim(desk, str(own))
    assert again is not None
    assert (again.id, again.attempt) == (first, 2)
    assert desk.job(second).attempt == 1


def test_nobody_tells_from_here_whether_a_worker_elsewhere_is_dead() -> None:
    own = WorkerName.own()
    assert not is_gone(str(WorkerName("elsewhere/ab12/4026", own.pid, "1")))
    assert is_gone(str(WorkerName(own.host, own.pid, "1")))  # the same PID, given out anew
    assert WorkerName.parse(str(own)) == own


@pytest.mark.slow
@pytest.mark.postgres
def test_two_schedulers_give_out_a_long_queue_without_giving_any_job_twice(desk: Desk) -> None:
    with desk.world.database.write() as session:
        ids = {desk.order("test.echo", Echo(), session=session) for _ in range(10)}
        first = session.get_one(Job, next(iter(ids)))
        for number in range(390):
            session.add(
                Job(
                    kind="test.echo", title=str(number), department_id=first.department_id, created_by=None, spec={},
                    queued_at=first.queued_at + timedelta(milliseconds=number),
                )
            )  # fmt: skip
    code = (
        "from aird.core.settings import Settings; from aird.core.db import Database; from aird.jobs import leases\n"
        "import sys\n"
        "database = Database.open(Settings().db_url())\n"
        "while True:\n"
        "    with database.write() as session:\n"
        "        job = leases.claim(session, sys.argv[1], lease_seconds=900, attempts=3)\n"
        "        if job is None: break\n"
        "    print(job.id)\n"
    )
    env = settings_env(desk.world.settings) | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    two = [subprocess.Popen([*command, f"{each}:1:1"], env=env, stdout=subprocess.PIPE) for each in ("a", "b")]
    claimed = [UUID(line) for each in two for line in each.communicate()[0].decode().split()]
    assert (len(claimed), len(set(claimed))) == (400, 400)
