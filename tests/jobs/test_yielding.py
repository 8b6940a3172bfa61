"""Jobs that hand their place back at a checkpoint: when the worker stops, when others want it, on a full disk."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from aird.core.db import database_now
from aird.jobs import service
from aird.jobs.models import Job, QuotaRow
from aird.jobs.needs import Needs
from aird.worker import Worker
from tests.jobs.conftest import TASKS, Desk, eventually
from tests.jobs.sample_tasks import Sleep, Steps


@contextmanager
def working(desk: Desk) -> Iterator[None]:
    """A worker as a thread, until the end of the block."""
    world, stop = desk.world, threading.Event()
    worker = Worker(world.database, world.store, world.settings, modules=[TASKS])
    thread = threading.Thread(target=worker.run_until, args=[stop])
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def order(desk: Desk, department: str, spec: Steps | Sleep, kind: str = "test.steps", chips: int = 1) -> Job:
    with desk.world.database.write() as session:
        return service.enqueue(
            session, desk.world.actor("sam"), kind, spec, title="t",
            department_id=desk.world.department_id(department), needs=Needs(chips=chips),
        )  # fmt: skip


def ask_back(desk: Desk, job: Job) -> None:
    """As admission does it for a department within its share."""
    with desk.world.database.write() as session:
        found = session.get_one(Job, job.id)
        found.yield_by = database_now(session) + timedelta(seconds=60)


def steps_of(reason: str) -> int:
    found = re.search(r"checkpoint at step (\d+)", reason)
    assert found, reason
    return int(found[1])


def test_a_worker_that_stops_waits_for_the_checkpoint_and_the_next_one_goes_on_from_it(desk: Desk) -> None:
    job = order(desk, "support", Steps(), chips=0)
    with working(desk):
        eventually(lambda: desk.job(job.id).stage == "counting")
    stopped = desk.job(job.id)
    assert (stopped.state, stopped.attempt, stopped.max_attempts) == ("queued", 1, 4)
    done = steps_of(stopped.reason)
    with desk.world.database.write() as session:
        session.get_one(Job, job.id).spec = Steps(steps=done + 1).model_dump()
    finished = desk.run()
    assert finished is not None
    assert finished.state == "succeeded"
    assert finished.result is not None
    assert finished.result["resumed_at"] == done


def test_a_job_sees_its_own_chips_and_goes_on_after_its_place_was_taken(desk: Desk) -> None:
    desk.world.settings.chips = {"chip-a": 2}
    with working(desk):
        job = order(desk, "support", Steps(steps=60))
        eventually(lambda: desk.job(job.id).stage == "counting")
        assert desk.job(job.id).seats is not None
        ask_back(desk, job)
        eventually(lambda: desk.job(job.id).attempt == 2)
        last = desk.wait(job.id, "succeeded", 60)
    assert last.result is not None
    assert last.result["resumed_at"] > 0
    assert last.result["visible"] in ("0", "1")
    assert last.max_attempts == 4


def test_a_job_that_does_not_look_is_stopped_at_once_and_no_attempt_is_counted(desk: Desk) -> None:
    with working(desk):
        job = order(desk, "support", Sleep(), "test.sleep", chips=0)
        eventually(lambda: desk.job(job.id).stage == "sleeping")
        ask_back(desk, job)
        last = desk.wait(job.id, "succeeded", 60)
    assert (last.result, last.max_attempts) == ({"attempt": 2}, 4)


@pytest.mark.slow
@pytest.mark.postgres
def test_a_department_gets_its_share_back_from_one_that_borrows_and_both_jobs_end(desk: Desk) -> None:
    desk.world.settings.chips = {"chip-a": 1}
    with desk.world.database.write() as session:
        session.add(
            QuotaRow(
                department_id=desk.world.department_id("finance"), flavour="chip-a", guarantee=0, deserved=1,
                limit=None, weight=1.0,
            )
        )  # fmt: skip
    with working(desk):
        borrower = order(desk, "support", Steps(steps=100))
        eventually(lambda: desk.job(borrower.id).stage == "counting")
        with desk.world.database.write() as session:  # as if it had run for an hour
            found = session.get_one(Job, borrower.id)
            assert found.started_at is not None
            found.started_at -= timedelta(hours=1)
        owner = order(desk, "finance", Steps(steps=1))
        desk.wait(owner.id, "succeeded", 60)
        last = desk.wait(borrower.id, "succeeded", 60)
    assert last.attempt == 2
    assert last.result is not None
    assert last.result["resumed_at"] > 0


def test_a_full_disk_holds_the_job_keeps_its_checkpoint_and_counts_no_attempt(desk: Desk) -> None:
    order(desk, "support", Steps(steps=4, full_at=2), chips=0)
    held = desk.run()
    assert held is not None
    assert (held.state, held.failure, held.max_attempts) == ("queued", "disk_full", 4)
    assert held.reason.startswith("Held: The disk is full")
    assert desk.run() is None
    with desk.world.database.write() as session:
        session.get_one(Job, held.id).not_before = None
    last = desk.run()
    assert last is not None
    assert (last.result or {})["resumed_at"] == 3


def test_an_attempt_that_overruns_is_stopped_and_after_the_last_one_the_job_is_in_quarantine(desk: Desk) -> None:
    desk.world.settings.job_hours = 1 / 3600
    desk.world.settings.job_attempts = 1
    with working(desk):
        job = order(desk, "support", Sleep(), "test.sleep", chips=0)
        last = desk.wait(job.id, "failed")
    assert (last.error_code, last.failure) == ("poison", "timeout")
    assert "longer than" in (last.error_message or "")
