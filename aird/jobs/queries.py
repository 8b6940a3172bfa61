"""Read jobs and their history."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from aird.auth import queries as auth
from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission, allowed, departments_where
from aird.core.clock import now
from aird.core.errors import BadInput
from aird.jobs import dependencies
from aird.jobs.errors import JobNotFound
from aird.jobs.lifecycle import JobState
from aird.jobs.models import Job, JobEvent
from aird.jobs.queue import waiting
from aird.jobs.schemas import JobError, JobRead, SeatRead


def get_job(session: Session, actor: Actor, job_id: UUID) -> Job:
    """The job with this id. Raises JobNotFound, also when the actor may not see it."""
    job = session.get(Job, job_id)
    if job is None or not allowed(actor, Permission.READ_JOBS, job.department_id):
        raise JobNotFound("There is no such job, or it belongs to a department you do not work in.", id=str(job_id))
    return job


def jobs(
    session: Session,
    actor: Actor,
    *,
    state: JobState | None = None,
    kind: str | None = None,
    department: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[Job], str | None]:
    """The jobs that the actor may see, newest first, and the cursor of the next page."""
    query = select(Job).order_by(Job.created_at.desc(), Job.id.desc()).limit(limit + 1)
    everywhere, ids = departments_where(actor.grants, Permission.READ_JOBS)
    if not (everywhere or actor.is_system):
        query = query.where(Job.department_id.in_(ids))
    if state is not None:
        query = query.where(Job.state == state)
    if kind:
        query = query.where(Job.kind == kind)
    if department:
        query = query.join(Department, Department.id == Job.department_id).where(Department.key == department)
    if cursor:
        at, last = _place(cursor)
        query = query.where(or_(Job.created_at < at, and_(Job.created_at == at, Job.id < last)))
    found = list(session.scalars(query))
    return found[:limit], _cursor(found[limit - 1]) if len(found) > limit else None


def _cursor(job: Job) -> str:
    return base64.urlsafe_b64encode(f"{job.created_at.isoformat()} {job.id}".encode()).decode()


def _place(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, _, job_id = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        time = datetime.fromisoformat(at)
        if time.tzinfo is None:
            raise ValueError("a time without a zone")
        return time.astimezone(UTC), UUID(job_id)
    except (ValueError, OverflowError, binascii.Error) as error:
        raise BadInput("This cursor is not one that aird gave out. Start the list again without it.") from error


def reads(session: Session, found: Sequence[Job]) -> list[JobRead]:
    """Jobs as the API shows them."""
    keys, names = auth.department_keys(session), auth.usernames(session)
    after = dependencies.of(session, [job.id for job in found])
    places = _positions(session, [job.id for job in found if job.state is JobState.QUEUED])
    return [
        JobRead(
            id=job.id,
            kind=job.kind,
            title=job.title,
            department=keys[job.department_id],
            state=job.state,
            reason=job.reason,
            since=job.since,
            attempt=job.attempt,
            max_attempts=job.max_attempts,
            cancel_requested=job.cancel_requested,
            progress=job.progress,
            stage=job.stage,
            metrics=job.metrics,
            spec=job.spec,
            result=job.result,
            error=JobError(code=job.error_code, message=job.error_message or "") if job.error_code else None,
            failure=job.failure,
            needs=job.needs,
            estimate=job.expected,
            peak_memory=job.peak_memory,
            after=after.get(job.id, []),
            position=places.get(job.id),
            code=job.verdict if job.state is JobState.QUEUED and not job.waits_for else "",
            seats=[SeatRead(**{key: each[key] for key in SeatRead.model_fields}) for each in job.seats or ()],
            yielding=job.yield_by is not None,
            created_by=names.get(job.created_by) if job.created_by else None,
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            seconds=_seconds(job),
        )
        for job in found
    ]


def _positions(session: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    """The places of these jobs among all that could start now, by priority and time."""
    if not ids:
        return {}
    place = func.row_number().over(order_by=[Job.priority.desc(), Job.queued_at, Job.id]).label("place")
    ranked = select(Job.id, place).where(waiting(now())).subquery()
    rows = session.execute(select(ranked.c.id, ranked.c.place).where(ranked.c.id.in_(ids)))
    return {row.id: row.place for row in rows}


def _seconds(job: Job) -> float | None:
    """How long the latest attempt took, or has been taking."""
    if job.started_at is None:
        return None
    end = job.finished_at or (now() if job.state is JobState.RUNNING else job.since)
    return round(max((end - job.started_at).total_seconds(), 0.0), 3)


def events(session: Session, job_id: UUID, *, after: int = 0, limit: int = 1000) -> list[JobEvent]:
    """What happened to the job after event number `after`, in order."""
    query = select(JobEvent).where(JobEvent.job_id == job_id, JobEvent.seq > after)
    return list(session.scalars(query.order_by(JobEvent.seq).limit(limit)))
