"""Jobs that wait for other jobs: who waits for whom, and what an end means to those who waited for it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.jobs.errors import JobMoveNotAllowed
from aird.jobs.lifecycle import JobState
from aird.jobs.models import Job, JobDependency


def wait_on(session: Session, job: Job, after: Sequence[Job], *, any_end: bool) -> list[Job]:
    """Have the job wait for these; returns those of them that have failed it already.

    Their rows are locked until the transaction ends: none of them ends unnoticed meanwhile.
    """
    ids = {each.id for each in after}
    found = _locked(session, ids)
    session.add_all(JobDependency(job_id=job.id, needs_id=each.id, any_end=any_end) for each in found)
    job.waits_for = sum(not each.is_final for each in found)
    session.flush()
    return [] if any_end else [each for each in found if _failed(each)]


def waiting_on(session: Session, job: Job) -> list[tuple[Job, bool]]:
    """The queued jobs that wait for this one, locked, each with whether any end of it will do."""
    rows = session.execute(
        select(Job, JobDependency.any_end).join(JobDependency, JobDependency.job_id == Job.id)
        .where(JobDependency.needs_id == job.id, Job.state == JobState.QUEUED).order_by(Job.id)
        .with_for_update(of=Job).execution_options(populate_existing=True)
    )  # fmt: skip
    return [(row.Job, row.any_end) for row in rows]


def of(session: Session, job_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """What each of these jobs was to wait for."""
    found: dict[UUID, list[UUID]] = {}
    rows = session.scalars(
        select(JobDependency).where(JobDependency.job_id.in_(job_ids)).order_by(JobDependency.needs_id)
    )
    for row in rows:
        found.setdefault(row.job_id, []).append(row.needs_id)
    return found


def count_again(session: Session, job: Job) -> None:
    """For another try of the job: what it waits for now. Raises JobMoveNotAllowed when one of them has failed it."""
    rows = {
        row.needs_id: row.any_end
        for row in session.scalars(select(JobDependency).where(JobDependency.job_id == job.id))
    }
    found = _locked(session, set(rows))
    failed = [each for each in found if _failed(each) and not rows[each.id]]
    if failed:
        raise JobMoveNotAllowed(
            f"It starts only after {failed[0].label}, which {failed[0].state}. Try that one again first.",
            state=job.state, job=str(failed[0].id),
        )  # fmt: skip
    job.waits_for = sum(not each.is_final for each in found)


def _failed(job: Job) -> bool:
    return job.is_final and job.state is not JobState.SUCCEEDED


def _locked(session: Session, ids: set[UUID]) -> list[Job]:
    if not ids:
        return []
    query = select(Job).where(Job.id.in_(ids)).order_by(Job.id)
    return list(session.scalars(query.with_for_update().execution_options(populate_existing=True)))
