"""Jobs that start after others: freed by their success, failed by their failure, or by any end where that will do."""

from uuid import UUID

import pytest

from aird.jobs import leases, outcomes, service
from aird.jobs.errors import JobMoveNotAllowed
from aird.jobs.models import Job
from tests.jobs.conftest import Desk
from tests.jobs.sample_tasks import Crash, Echo


def order_after(desk: Desk, *needed: UUID, any_end: bool = False) -> UUID:
    with desk.world.database.write() as session:
        jobs = [session.get_one(Job, each) for each in needed]
        support = desk.world.department_id("support")
        return service.enqueue(
            session, desk.world.actor("sam"), "test.echo", Echo(), title="t", department_id=support,
            after=jobs, after_any_end=any_end,
        ).id  # fmt: skip


def test_a_job_starts_when_all_that_it_waits_for_have_succeeded(desk: Desk) -> None:
    first, second = desk.order("test.echo", Echo()), desk.order("test.echo", Echo())
    last = order_after(desk, first, second)
    assert (desk.job(last).waits_for, desk.job(last).reason) == (2, "Waits for 2 jobs that have to end first.")

    ran = [desk.run() for _ in range(4)]
    assert [job and job.id for job in ran] == [first, second, last, None]
    assert desk.job(last).state == "succeeded"


def test_a_chain_fails_when_its_first_job_does(desk: Desk) -> None:
    first = desk.order("test.crash", Crash(how="refuse"))
    second = order_after(desk, first)
    third = order_after(desk, second)
    desk.run()

    assert [desk.job(each).error_code for each in (first, second, third)] == [
        "sample_refused", "dependency_failed", "dependency_failed",
    ]  # fmt: skip
    assert "test.crash" in str(desk.job(second).error_message)
    assert desk.run() is None


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_a_job_that_any_end_will_do_for_starts_after_a_failure_too(desk: Desk, how: str) -> None:
    first = desk.order("test.crash", Crash(how="refuse"))
    second = order_after(desk, first, any_end=True)
    if how == "cancelled":
        desk.cancel(first)
    else:
        desk.run()
    job = desk.run()
    assert job is not None
    assert (desk.job(first).state, job.id, job.state) == (how, second, "succeeded")


def test_a_job_after_one_that_has_failed_already_fails_at_once_and_after_a_success_it_waits_for_nothing(
    desk: Desk,
) -> None:
    bad, good = desk.order("test.crash", Crash(how="refuse")), desk.order("test.echo", Echo())
    desk.run()
    desk.run()
    assert desk.job(order_after(desk, bad)).error_code == "dependency_failed"
    assert desk.job(order_after(desk, good)).waits_for == 0


def test_a_retry_waits_again_and_is_refused_while_what_it_needs_has_failed(desk: Desk) -> None:
    first = desk.order("test.crash", Crash(how="refuse"))
    second = order_after(desk, first)
    desk.run()
    sam = desk.world.actor("sam")
    with desk.world.database.write() as session, pytest.raises(JobMoveNotAllowed):
        service.retry(session, sam, session.get_one(Job, second), attempts=3)
    with desk.world.database.write() as session:
        service.retry(session, sam, session.get_one(Job, first), attempts=3)
        service.retry(session, sam, session.get_one(Job, second), attempts=3)
    assert (desk.job(second).state, desk.job(second).waits_for) == ("queued", 1)


def test_two_that_end_in_one_moment_free_a_job_exactly_once(desk: Desk) -> None:
    ids = [desk.order("test.echo", Echo()) for _ in range(2)]
    last = order_after(desk, *ids)
    with desk.world.database.write() as session:
        for _ in ids:
            job = leases.claim(session, "a:1:1", lease_seconds=30, attempts=3)
            assert job is not None
            outcomes.succeed(session, job, desk.world.actor("sam"), None)
    assert desk.job(last).waits_for == 0
