"""One attempt in this process: what is recorded for each way it may end."""

import time
from pathlib import Path

import pytest
from sqlalchemy import select

from aird.audit import queries as audit
from aird.auth.models import Person
from aird.jobs import leases, queries, registry
from aird.jobs.context import JobContext, scratch_folder
from aird.jobs.inline import InlineReporter
from aird.jobs.models import EventKind, Job, JobEvent
from aird.jobs.registry import task
from aird.jobs.runner import run_attempt
from tests.jobs.conftest import TASKS, Desk
from tests.jobs.sample_tasks import Crash, Echo, Sleep, Talk

ran: list[Path] = []


@task("test.scratch", Echo)
def run_scratch(job: JobContext, spec: Echo) -> None:
    with job.scratch() as first, job.scratch() as second:
        assert first != second
        ran[:] = [first, second]
        (first / "file").touch()
    assert not first.exists()


@task("test.odd_result", Echo)
def run_odd_result(job: JobContext, spec: Echo) -> dict[str, object]:
    job.progress("odd\0stage", 1, 2, {"loss": float("inf")})
    job.log("a\0b \ud800 c")
    return {"loss": float("nan"), "id": job.id, "steps": (1, 2)}


@task("test.paced", Echo)
def run_paced(job: JobContext, spec: Echo) -> None:
    """Half of a stage is done, after ten seconds."""
    job._stage = ("merge", 0, time.monotonic() - 10)
    job.progress("merge", 5, 10)


@task("test.short", Echo)
def run_short(job: JobContext, spec: Echo) -> None:
    """A stage that is over before its second look at the clock."""
    job.progress("train", 0, 3)
    for step in (1, 2, 3):
        job.progress("train", step, 3, {"loss": 1.0 / step})


@task("test.overtaken", Echo)
def run_overtaken(job: JobContext, spec: Echo) -> None:
    """While it works, another worker takes the job over."""
    with job.database.write() as session:
        found = leases.find(session, job.id, job.attempt)
        assert found is not None
        found.attempt += 1
    with job.finish() as session:
        audit_line(job, session)


@task("test.cancelled", Echo)
def run_cancelled(job: JobContext, spec: Echo) -> None:
    """While it works, somebody cancels it."""
    with job.database.write() as session:
        session.get_one(Job, job.id).cancel_requested = True
    with job.finish() as session:
        audit_line(job, session)


def audit_line(job: JobContext, session: object) -> None:
    raise AssertionError("the fence was open")


def test_what_a_task_publishes_and_its_success_are_one_transaction(desk: Desk) -> None:
    desk.order("test.publish", Echo(text="x"))
    job = desk.run()

    assert job is not None
    assert (job.state, job.result) == ("succeeded", {"text": "x"})
    with desk.world.database.read() as session:
        events = [each.event for each in audit.entries(session, limit=2)]
    assert events == ["jobs.job.succeeded", "test.thing.published"]


def test_a_result_is_kept_as_json_whatever_numbers_it_holds(desk: Desk) -> None:
    desk.order("test.odd_result", Echo())
    job = desk.run()

    assert job is not None
    assert job.result == {"loss": None, "id": str(job.id), "steps": [1, 2]}
    assert (job.stage, job.metrics) == ("odd\ufffdstage", {"loss": None})


def test_a_stage_that_is_over_at_once_has_its_first_and_last_measures(desk: Desk) -> None:
    job_id = desk.order("test.short", Echo())
    desk.run()
    with desk.world.database.read() as session:
        said = [each.data for each in queries.events(session, job_id) if each.kind is EventKind.PROGRESS]
    measured = [each["step"] for each in said if each["metrics"]]
    assert (measured[0], measured[-1]) == (1, 3)


def test_an_error_after_the_end_changes_nothing(desk: Desk) -> None:
    desk.order("test.crash", Crash(how="late"))
    job = desk.run()
    assert job is not None
    assert job.state == "succeeded"


@pytest.mark.parametrize(("how", "code"), [("refuse", "sample_refused"), ("bug", "bug")])
def test_a_failure_is_recorded_with_its_code_and_audited(desk: Desk, how: str, code: str) -> None:
    job_id = desk.order("test.crash", Crash(how=how))
    job = desk.run()

    assert job is not None
    assert (job.state, job.error_code, job.attempt) == ("failed", code, 1)
    with desk.world.database.read() as session:
        assert audit.entries(session, subject_id=job_id)[0].event == "jobs.job.failed"


def test_a_full_disk_holds_the_job(desk: Desk) -> None:
    desk.order("test.crash", Crash(how="disk"))
    job = desk.run()

    assert job is not None
    assert job.state == "queued"
    assert "disk is full" in job.reason
    assert job.not_before is not None
    assert desk.run() is None


def test_a_kind_that_nobody_knows_fails(desk: Desk) -> None:
    desk.order("test.unheard_of", Echo())
    job = desk.run()
    assert job is not None
    assert (job.state, job.error_code) == ("failed", "unknown_kind")


def test_a_spec_that_does_not_fit_its_task_fails(desk: Desk) -> None:
    desk.order("test.crash", Echo())
    job = desk.run()
    assert job is not None
    assert (job.state, job.error_code) == ("failed", "spec_not_valid")


def test_an_overtaken_attempt_publishes_nothing_and_ends_silently(desk: Desk) -> None:
    job_id = desk.order("test.overtaken", Echo())
    desk.run()
    assert (desk.job(job_id).state, desk.job(job_id).attempt) == ("running", 2)


def test_what_is_cancelled_while_it_works_publishes_nothing(desk: Desk) -> None:
    desk.order("test.cancelled", Echo())
    job = desk.run()
    assert job is not None
    assert job.state == "cancelled"


def test_a_job_of_somebody_whose_account_was_closed_fails(desk: Desk) -> None:
    desk.order("test.echo", Echo())
    with desk.world.database.write() as session:
        session.scalars(select(Person).where(Person.username == "sam")).one().active = False
    job = desk.run()
    assert job is not None
    assert job.error_code == "person_not_found"


def test_scratch_folders_are_apart_and_gone_at_the_end(desk: Desk) -> None:
    job_id = desk.order("test.scratch", Echo())
    job = desk.run()
    assert job is not None
    assert job.state == "succeeded", job.reason
    assert not any(folder.exists() for folder in ran)
    assert not scratch_folder(desk.world.settings, job_id, 1).exists()


def test_progress_and_log_are_kept_in_order(desk: Desk) -> None:
    job_id = desk.order("test.talk", Talk(lines=3, steps=1))
    desk.run()
    with desk.world.database.read() as session:
        found = session.scalars(select(JobEvent).where(JobEvent.job_id == job_id).order_by(JobEvent.seq)).all()
    assert [each.seq for each in found] == list(range(1, len(found) + 1))
    assert [each.kind for each in found] == ["state", "state", "log", "log", "log", "progress", "state"]


def test_the_pace_of_a_stage_foretells_its_end(desk: Desk) -> None:
    desk.order("test.paced", Echo())
    job = desk.run()
    assert job is not None
    assert 10 <= job.metrics["seconds_left"] < 100
    desk.order("test.talk", Talk(lines=0, steps=1))
    job = desk.run()
    assert job is not None
    assert job.metrics == {"loss": 1.0}


def test_a_kind_has_one_task() -> None:
    registry.load([TASKS])
    with pytest.raises(ValueError, match="two tasks"):
        task("test.echo", Echo)(run_scratch)


def test_an_attempt_that_was_never_claimed_does_nothing(desk: Desk) -> None:
    registry.load([TASKS])
    job_id = desk.order("test.sleep", Sleep(seconds=0))
    world = desk.world
    run_attempt(world.database, world.store, world.settings, job_id, 1, InlineReporter(world.database, job_id, 1))
    assert desk.job(job_id).state == "queued"


class AcceleratorError(RuntimeError):
    """As torch names what a chip refuses."""


BROKEN = {
    "assert": AcceleratorError("CUDA error: device-side assert triggered"),
    "link": RuntimeError("NCCL error in: unhandled system error"),
}


@task("test.broken", Echo)
def run_broken(job: JobContext, spec: Echo) -> None:
    raise BROKEN[spec.text]


def test_what_a_chip_refuses_is_not_tried_again_and_a_broken_link_is(desk: Desk) -> None:
    desk.order("test.broken", Echo(text="assert"))
    refused = desk.run()
    desk.order("test.broken", Echo(text="link"))
    broken = desk.run()
    assert refused is not None
    assert broken is not None
    assert (refused.state, refused.error_code, refused.failure) == ("failed", "device_fault", "abort")
    assert (broken.state, broken.failure, broken.attempt) == ("queued", "infra", 1)
