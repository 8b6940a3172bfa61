"""A worker with real processes: how jobs run, end, fail and are stopped."""

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from aird.audit import queries as audit
from aird.jobs import events, queries
from aird.jobs.context import scratch_folder
from aird.jobs.models import EventKind, Job, JobEvent
from aird.metering.models import ComputeEntry
from aird.worker import Worker
from tests.jobs.conftest import TASKS, Desk, eventually, living
from tests.jobs.sample_tasks import Crash, Echo, Sleep, Talk


def history(desk: Desk, job: Job) -> list[JobEvent]:
    with desk.world.database.read() as session:
        return queries.events(session, job.id, limit=30_000)


def lines(desk: Desk, job: Job) -> list[str]:
    return [each.data["line"] for each in history(desk, job) if each.kind is EventKind.LOG]


def states(desk: Desk, job: Job) -> list[str]:
    return [event.data["state"] for event in history(desk, job) if event.kind is EventKind.STATE]


def test_a_job_is_done_in_a_process_of_its_own(desk: Desk, worker: Worker) -> None:
    job = desk.wait(desk.order("test.echo", Echo(text="hi")), "succeeded")

    assert job.result == {"text": "hi", "attempt": 1, "actor": "sam"}
    assert (job.progress, job.worker, job.attempt) == (1.0, None, 1)
    assert states(desk, job) == ["queued", "running", "succeeded"]
    with desk.world.database.read() as session:
        assert session.scalars(select(ComputeEntry.attempt).where(ComputeEntry.job_id == job.id)).all() == [1]
        events = [entry.event for entry in audit.entries(session, subject_id=job.id)]
    assert events == ["jobs.job.succeeded", "jobs.job.queued"]


def test_a_job_has_its_threads_its_session_and_no_network(desk: Desk, worker: Worker) -> None:
    job = desk.wait(desk.order("test.facts", Echo()), "succeeded")

    assert job.result == {"threads": "1", "offline": "1", "own_session": True, "stdin": "", "proc": True}


def test_everything_that_a_job_says_is_recorded_before_it_has_ended(desk: Desk, worker: Worker) -> None:
    job = desk.wait(desk.order("test.talk", Talk(lines=50, steps=3)), "succeeded")

    states = [event.data["state"] for event in history(desk, job) if event.kind is EventKind.STATE]
    assert states[-1] == "succeeded"
    assert lines(desk, job)[:50] == [f"line {number}" for number in range(50)]
    assert {"to stdout", "to stderr"} <= set(lines(desk, job))
    eventually(lambda: "half a line" in lines(desk, job))


def test_progress_is_thinned_and_its_last_step_kept(desk: Desk, worker: Worker) -> None:
    job = desk.wait(desk.order("test.talk", Talk(lines=0, steps=300)), "succeeded")

    said = [event.data for event in history(desk, job) if event.kind is EventKind.PROGRESS]
    assert said[0]["step"] == 1
    assert said[-1] == {"stage": "talking", "step": 300, "total": 300, "fraction": 1.0, "metrics": {"loss": 1 / 300}}
    assert len(said) < 12
    assert job.metrics == {"loss": 1 / 300}


def test_the_log_of_a_job_is_bounded(desk: Desk, worker: Worker) -> None:
    with desk.world.database.write() as session:
        job_id = desk.order("test.talk", Talk(lines=50), session=session)
        session.get_one(Job, job_id).log_lines = events.MAX_LOG_LINES - 10
    job = desk.wait(job_id, "succeeded")

    kept = lines(desk, job)
    assert kept[:10] == [f"line {number}" for number in range(10)]
    assert len(kept) == 11
    assert "kept up to 20000 lines" in kept[10]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("kill", "killed by signal 9"),
        ("exit", "exit code 3"),
        ("memory", "out of memory"),
    ],
)
def test_a_job_whose_process_dies_is_tried_again(desk: Desk, worker: Worker, how: str, reason: str) -> None:
    job = desk.wait(desk.order("test.crash", Crash(how=how, until_attempt=2)), "succeeded")

    assert job.result == {"attempt": 2}
    reasons = [event.data["reason"] for event in history(desk, job) if event.kind is EventKind.STATE]
    assert any(reason in each for each in reasons), reasons
    assert "about to go" in lines(desk, job)


def test_a_job_that_always_dies_is_given_up_and_others_go_on(desk: Desk, worker: Worker) -> None:
    poison = desk.order("test.crash", Crash(how="kill"))
    fine = desk.order("test.echo", Echo())

    job = desk.wait(poison, "failed")
    assert (job.attempt, job.error_code, job.failure) == (3, "poison", "abort")
    assert states(desk, job) == ["queued", "running", "queued", "running", "queued", "running", "failed"]
    desk.wait(fine, "succeeded")


@pytest.mark.parametrize(("how", "code"), [("refuse", "sample_refused"), ("bug", "bug")])
def test_an_error_of_the_task_is_not_tried_again(desk: Desk, worker: Worker, how: str, code: str) -> None:
    job = desk.wait(desk.order("test.crash", Crash(how=how)), "failed")

    assert (job.attempt, job.error_code) == (1, code)
    assert ("TypeError: unexpected" in lines(desk, job)) == (code == "bug")


def test_a_running_job_is_cancelled_and_leaves_nothing(desk: Desk, worker: Worker) -> None:
    mark = f"mark-{desk.world.settings.home}"
    job_id = desk.order("test.family", Sleep(pid_file=mark, first_attempt_only=False))
    eventually(lambda: len(living(mark)) == 2)

    desk.cancel(job_id)
    job = desk.wait(job_id, "cancelled", 5)
    assert living(mark) == []
    assert states(desk, job)[-1] == "cancelled"
    assert not scratch_folder(desk.world.settings, job_id, 1).exists()


def test_a_job_that_ignores_sigterm_is_killed_after_three_seconds(desk: Desk, worker: Worker) -> None:
    job_id = desk.order("test.deaf", Sleep())
    job = desk.wait(job_id, "running")
    eventually(lambda: "deaf" in lines(desk, job))
    began = time.monotonic()

    desk.cancel(job_id)
    desk.wait(job_id, "cancelled", 10)
    assert 2.5 < time.monotonic() - began < 6


def test_grandchildren_end_with_their_job(desk: Desk, worker: Worker) -> None:
    mark = f"mark-{desk.world.settings.home}"
    desk.wait(desk.order("test.family", Sleep(pid_file=mark, seconds=0.2)), "succeeded")

    eventually(lambda: living(mark) == [], 2)


def test_two_jobs_run_at_a_time_and_no_more(desk: Desk, worker: Worker) -> None:
    ids = [desk.order("test.sleep", Sleep(seconds=1.5)) for _ in range(3)]

    eventually(lambda: [desk.job(each).state for each in ids] == ["running", "running", "queued"])
    for each in ids:
        desk.wait(each, "succeeded")


def test_a_worker_that_stops_hands_its_job_back_without_counting_the_attempt(desk: Desk) -> None:
    world, stop = desk.world, threading.Event()
    worker = Worker(world.database, world.store, world.settings, modules=[TASKS])
    thread = threading.Thread(target=worker.run_until, args=[stop])
    thread.start()
    job_id = desk.order("test.sleep", Sleep())
    eventually(lambda: desk.job(job_id).stage == "sleeping")

    stop.set()
    thread.join(10)
    job = desk.job(job_id)
    assert (job.state, job.attempt, job.max_attempts) == ("queued", 1, 4)
    assert not Path(scratch_folder(world.settings, job_id, 1)).exists()
