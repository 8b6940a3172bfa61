"""Who works on a job: a lease that a worker takes, extends, and loses when it falls silent.

Times are the database's. A claim counts `attempt` up; `fence` then keeps an attempt that was overtaken from writing.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, tuple_, update
from sqlalchemy.orm import Session

from aird.core.db import database_now
from aird.jobs import outcomes
from aird.jobs.errors import JobCancelled, LeaseLost
from aird.jobs.lifecycle import JobState
from aird.jobs.models import Job

Key = tuple[UUID, int]  # a job and the number of its attempt


def claimable(at: datetime) -> ColumnElement[bool]:
    """Jobs that wait and may start now, and running ones whose worker fell silent."""
    waits = and_(Job.state == JobState.QUEUED, or_(Job.not_before.is_(None), Job.not_before <= at))
    return or_(waits, and_(Job.state == JobState.RUNNING, Job.lease_until < at))


def claim(session: Session, worker: str, *, lease_seconds: float, attempts: int) -> Job | None:
    """Take the oldest job there is, None when there is none. A fresh job gets `attempts` attempts."""
    while True:
        at = database_now(session)
        job = session.scalar(
            select(Job).where(claimable(at)).order_by(Job.queued_at, Job.id).limit(1)
            .with_for_update(skip_locked=True).execution_options(populate_existing=True)
        )  # fmt: skip
        if job is None:
            return None
        if job.state is JobState.RUNNING:
            outcomes.die(session, job, "its worker fell silent")
            if job.is_final:
                continue
        if job.attempt == 0:
            job.max_attempts = attempts
        job.attempt += 1
        job.worker, job.lease_until = worker, at + timedelta(seconds=lease_seconds)
        job.started_at, job.not_before, job.finished_at = at, None, None
        job.error_code = job.error_message = None
        outcomes.move(session, job, JobState.RUNNING)
        return job


def extend(session: Session, worker: str, keys: Collection[Key], *, lease_seconds: float) -> set[Key]:
    """Prolong the leases on these attempts; returns those that are still the worker's."""
    until = database_now(session) + timedelta(seconds=lease_seconds)
    statement = (
        update(Job)
        .where(Job.state == JobState.RUNNING, Job.worker == worker, tuple_(Job.id, Job.attempt).in_(keys))
        .values(lease_until=until).returning(Job.id, Job.attempt).execution_options(synchronize_session=False)
    )  # fmt: skip
    return {(row.id, row.attempt) for row in session.execute(statement)}


def void(session: Session, is_gone: Callable[[str], bool]) -> list[str]:
    """End the leases of workers that are known to be dead, so that nobody waits for them; returns those workers."""
    workers = session.scalars(select(Job.worker).where(Job.state == JobState.RUNNING).distinct())
    gone = [worker for worker in workers if worker and is_gone(worker)]
    if gone:
        past = database_now(session) - timedelta(seconds=1)
        session.execute(
            update(Job).where(Job.state == JobState.RUNNING, Job.worker.in_(gone)).values(lease_until=past)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
    return gone


def find(session: Session, job_id: UUID, attempt: int) -> Job | None:
    """The job, locked until the transaction ends, if this attempt of it is the one that runs."""
    return session.scalar(
        select(Job).where(Job.id == job_id, Job.attempt == attempt, Job.state == JobState.RUNNING)
        .with_for_update().execution_options(populate_existing=True)
    )  # fmt: skip


def fence(session: Session, job_id: UUID, attempt: int) -> Job:
    """The job, locked, for an attempt that wants to write. Raises LeaseLost, JobCancelled."""
    job = find(session, job_id, attempt)
    if job is None:
        raise LeaseLost(f"Attempt {attempt} of job {job_id} no longer holds the job; nothing was written.")
    if job.cancel_requested:
        raise JobCancelled(f"Job {job_id} was cancelled; nothing was written.")
    return job
