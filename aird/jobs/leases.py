"""Who works on a job: a lease that a worker takes, extends, and loses when it falls silent.

Times are the database's. A claim counts `attempt` up; `fence` then keeps an attempt that was overtaken from writing.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, tuple_, update
from sqlalchemy.orm import Session

from aird.core.db import advisory_lock, database_now
from aird.jobs import decisions, machines, outcomes, queue
from aird.jobs.errors import JobCancelled, LeaseLost
from aird.jobs.lifecycle import JobState
from aird.jobs.models import Job
from aird.jobs.queue import USUAL, Terms

CLAIMS = 0x6A6F6273  # the lock under which claims take turns
Key = tuple[UUID, int]  # a job and the number of its attempt


def claimable(at: datetime) -> ColumnElement[bool]:
    """Jobs that wait and may start as far as time and other jobs are concerned, and those of workers fallen silent."""
    return or_(queue.waiting(at), and_(Job.state == JobState.RUNNING, Job.lease_until < at))


def claim(session: Session, worker: str, *, lease_seconds: float, attempts: int, terms: Terms = USUAL) -> Job | None:
    """Take the job that comes first of those that fit on the worker's machines, None when there is none.

    One claim at a time decides, so that no quota and no limit is passed. A fresh job gets `attempts` attempts.
    """
    advisory_lock(session, CLAIMS)
    at = database_now(session)
    bury(session, at, at_work=terms.lingering)
    taken: set[UUID] = set()
    while True:
        heads, decided, _ = queue.plan(session, at, worker=worker, terms=terms, without=taken)
        decisions.keep(session, at, heads, decided, terms.grace)
        first = next((each for each in decided if each.starts and each.worker == worker), None)
        if first is None:
            return None
        job = session.scalar(
            select(Job).where(Job.id == first.ask.id, Job.state == JobState.QUEUED)
            .with_for_update(skip_locked=True).execution_options(populate_existing=True)
        )  # fmt: skip
        if job is None:  # somebody is changing it at this moment
            taken.add(first.ask.id)
            continue
        if job.attempt == 0:
            job.max_attempts = attempts
        job.attempt += 1
        job.worker, job.lease_until = worker, at + timedelta(seconds=lease_seconds)
        job.started_at, job.not_before, job.finished_at, job.yield_by = at, None, None, None
        job.error_code = job.error_message = None
        decisions.started(session, at, job, first)
        outcomes.move(session, job, JobState.RUNNING)
        return job


def bury(session: Session, at: datetime, *, at_work: Collection[Key] = ()) -> None:
    """What follows for the jobs whose worker fell silent. Attempts `at_work` under the one who asks are not: its next
    heartbeat prolongs their leases, which ran out because a clock jumped or because it was slow itself.
    """
    silent = (
        select(Job).where(Job.state == JobState.RUNNING, Job.lease_until < at).order_by(Job.id)
        .with_for_update(skip_locked=True).execution_options(populate_existing=True)
    )  # fmt: skip
    for job in session.scalars(silent).all():
        if (job.id, job.attempt) in at_work:
            continue
        outcomes.die(session, job, "its worker fell silent")


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
        machines.withdraw(session, gone)
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
