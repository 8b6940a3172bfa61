"""Order, cancel and retry jobs."""

import pytest

from aird.audit import queries as audit
from aird.core.errors import NotPermitted
from aird.jobs import queries, service
from aird.jobs.errors import IdempotencyKeyReused, JobMoveNotAllowed, JobNotFound
from aird.jobs.models import Job
from tests.jobs.conftest import Desk
from tests.jobs.sample_tasks import Crash, Echo


def test_an_ordered_job_waits_and_the_audit_log_says_who_ordered_it(desk: Desk) -> None:
    job = desk.job(desk.order("test.echo", Echo(text="x")))

    assert (job.state, job.attempt, job.spec) == ("queued", 0, {"text": "x"})
    with desk.world.database.read() as session:
        entry = audit.entries(session, subject_id=job.id)[0]
        events = queries.events(session, job.id)
    assert (entry.event, entry.actor_name) == ("jobs.job.queued", "sam")
    assert [(each.seq, each.data["state"]) for each in events] == [(1, "queued")]


def test_a_lead_cannot_order_a_job(desk: Desk) -> None:
    world = desk.world
    with world.database.write() as session, pytest.raises(NotPermitted):
        service.enqueue(
            session, world.actor("lin"), "test.echo", Echo(), title="t", department_id=world.department_id("support")
        )


def test_an_order_that_is_rolled_back_leaves_no_job(desk: Desk) -> None:
    world = desk.world
    with world.database.sessions() as session, session.begin() as transaction:
        service.enqueue(
            session, world.actor("sam"), "test.echo", Echo(), title="t", department_id=world.department_id("support")
        )
        transaction.rollback()
    assert desk.run() is None


def test_the_same_idempotency_key_gives_the_same_job(desk: Desk) -> None:
    first = desk.order("test.echo", Echo(text="x"), idempotency_key="k")

    assert desk.order("test.echo", Echo(text="x"), idempotency_key="k") == first
    assert desk.order("test.echo", Echo(text="x"), idempotency_key="other") != first
    with pytest.raises(IdempotencyKeyReused):
        desk.order("test.echo", Echo(text="y"), idempotency_key="k")


def test_a_waiting_job_is_cancelled_at_once_and_never_runs(desk: Desk) -> None:
    job_id = desk.order("test.echo", Echo())
    desk.cancel(job_id)

    assert desk.job(job_id).state == "cancelled"
    assert desk.run() is None
    with desk.world.database.read() as session:
        assert [each.event for each in audit.entries(session, subject_id=job_id, limit=1)] == ["jobs.job.cancelled"]


def test_a_job_that_has_ended_cannot_be_cancelled(desk: Desk) -> None:
    job_id = desk.order("test.echo", Echo())
    desk.run()
    with pytest.raises(JobMoveNotAllowed, match="succeeded"):
        desk.cancel(job_id)


def test_a_lead_cannot_cancel_a_job(desk: Desk) -> None:
    job_id = desk.order("test.echo", Echo())
    with desk.world.database.write() as session, pytest.raises(NotPermitted):
        service.cancel(session, desk.world.actor("lin"), session.get_one(Job, job_id))


def test_a_failed_job_is_tried_again_on_request(desk: Desk) -> None:
    job_id = desk.order("test.crash", Crash(how="bug", until_attempt=2))
    desk.run()
    assert desk.job(job_id).error_code == "bug"
    with desk.world.database.write() as session:
        service.retry(session, desk.world.actor("sam"), session.get_one(Job, job_id), attempts=3)

    job = desk.run()
    assert job is not None
    assert (job.state, job.attempt, job.max_attempts, job.error_code) == ("succeeded", 2, 4, None)


def test_a_succeeded_job_is_not_tried_again(desk: Desk) -> None:
    job_id = desk.order("test.echo", Echo())
    desk.run()
    with desk.world.database.write() as session, pytest.raises(JobMoveNotAllowed):
        service.retry(session, desk.world.actor("sam"), session.get_one(Job, job_id), attempts=3)


def test_a_lead_sees_the_jobs_of_the_own_department_only(desk: Desk) -> None:
    job_id = desk.order("test.echo", Echo())
    with desk.world.database.read() as session:
        assert queries.get_job(session, desk.world.actor("lin"), job_id).id == job_id
        assert [each.id for each in queries.jobs(session, desk.world.actor("lin"))[0]] == [job_id]
        with pytest.raises(JobNotFound):
            queries.get_job(session, desk.world.actor("omar"), job_id)
        assert queries.jobs(session, desk.world.actor("omar"))[0] == []


def test_pages_of_jobs_hold_each_job_once_newest_first(desk: Desk) -> None:
    ids = [desk.order("test.echo", Echo(text=str(number))) for number in range(5)]
    found, cursor = [], None
    with desk.world.database.read() as session:
        for _ in range(3):
            page, cursor = queries.jobs(session, desk.world.actor("sam"), cursor=cursor, limit=2)
            found += [each.id for each in page]
    assert (found, cursor) == (ids[::-1], None)
