"""How a job changes its state: the one place, always with an event and, at its end, with an audit line.

Every function takes a job that the caller holds locked in this transaction (leases.fence, or a claim).
"""

import json
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth.permissions import SYSTEM, Actor
from aird.core.db import database_now
from aird.jobs import dependencies, events, lifecycle
from aird.jobs.errors import JobMoveNotAllowed
from aird.jobs.lifecycle import Again, FailureClass, GivenUp, JobState
from aird.jobs.messages import storable
from aird.jobs.models import EventKind, Job
from aird.jobs.needs import CPU
from aird.metering import service as metering


def move(session: Session, job: Job, state: JobState, reason: str = "") -> None:
    """Change the state. Raises JobMoveNotAllowed."""
    if not lifecycle.allowed(job.state, state):
        raise JobMoveNotAllowed(f"A job that is {job.state} cannot become {state}.", state=job.state)
    at = database_now(session)
    if job.state is JobState.RUNNING:
        _meter(session, job, at)
        job.worker = job.lease_until = job.yield_by = None
        job.flavour, job.held, job.seats = None, 0, None
    job.state, job.reason, job.since = state, reason, at
    if job.is_final:
        job.finished_at, job.not_before = job.since, None
    session.flush()
    events.append(session, job.id, [(EventKind.STATE, {"state": state, "reason": reason, "attempt": job.attempt})])
    if job.is_final:
        _release(session, job)


def _release(session: Session, job: Job) -> None:
    """Tell those that waited for this job that it has ended."""
    for dependent, any_end in dependencies.waiting_on(session, job):
        if job.state is not JobState.SUCCEEDED and not any_end:
            fail_after(session, dependent, job)
            continue
        dependent.waits_for -= 1
        dependent.reason = waits_for_others(dependent.waits_for) if dependent.waits_for else "Waits for a worker."
        session.flush()


def waits_for_others(count: int) -> str:
    """Why a job waits that has to start after others."""
    return "Waits for a job that has to end first." if count == 1 else f"Waits for {count} jobs that have to end first."


def fail_after(session: Session, job: Job, needed: Job) -> None:
    """The job cannot start any more: one that it was to start after did not succeed."""
    was = "was cancelled" if needed.state is JobState.CANCELLED else "failed"
    message = f"It was to start after {needed.label}, which {was}: {needed.reason} Try that one again, then this one."
    fail(session, job, SYSTEM, "dependency_failed", message)


def _meter(session: Session, job: Job, at: datetime) -> None:
    """Note the time that this attempt took; of a silent worker's, as far as its lease reached."""
    began, ended = job.started_at or at, min(at, job.lease_until or at)
    milliseconds = max(round((ended - began).total_seconds() * 1000), 0)
    chip = job.flavour or CPU
    metering.record_job(
        session, job.id, job.attempt, job.kind, job.department_id, milliseconds * max(job.held, 1), chip=chip
    )


def succeed(session: Session, job: Job, actor: Actor, result: dict[str, Any] | None) -> None:
    """The job did what it was for."""
    # NaN becomes null, an id or a path becomes a string: PostgreSQL and browsers know no NaN.
    job.result = json.loads(to_json(result, inf_nan_mode="null"))
    job.progress, job.failure = 1.0, None
    move(session, job, JobState.SUCCEEDED)
    audit.record(session, actor, "jobs.job.succeeded", job, kind=job.kind, attempt=job.attempt)


def fail(session: Session, job: Job, actor: Actor, code: str, message: str) -> None:
    """The job ended by an error that another attempt would not change."""
    message = storable(message)
    job.error_code, job.error_message = code, message
    move(session, job, JobState.FAILED, message)
    audit.record(session, actor, "jobs.job.failed", job, reason=message, code=code, attempt=job.attempt)


def cancel(session: Session, job: Job, actor: Actor, reason: str = "") -> None:
    """The job ended because somebody wanted it to."""
    move(session, job, JobState.CANCELLED, reason)
    audit.record(session, actor, "jobs.job.cancelled", job, reason=reason, attempt=job.attempt)


def die(session: Session, job: Job, reason: str, failure: FailureClass = FailureClass.INFRA) -> None:
    """The attempt ended without a result: back to the queue, or given up."""
    if job.cancel_requested:
        cancel(session, job, SYSTEM, "Stopped on request.")
        return
    job.failure = failure
    _follow(session, job, lifecycle.after_death(job.attempt, job.max_attempts, storable(reason), failure))


def hold(session: Session, job: Job, code: str, message: str) -> None:
    """Something outside was missing: back to the queue after a pause, or failed with `code`.

    An attempt that found the disk full does not count.
    """
    full = code == lifecycle.DISK_FULL
    job.failure = FailureClass.DISK_FULL if full else FailureClass.INFRA
    _follow(session, job, lifecycle.after_shortage(job.attempt, job.max_attempts, code, storable(message)))
    if full:
        job.max_attempts += 1


def give_back(session: Session, job: Job, reason: str) -> None:
    """The worker stops: back to the queue at once, and the attempt does not count."""
    job.max_attempts += 1
    _follow(session, job, Again(reason))


def _follow(session: Session, job: Job, outcome: Again | GivenUp) -> None:
    if isinstance(outcome, GivenUp):
        fail(session, job, SYSTEM, outcome.code, outcome.message)
        return
    job.not_before = database_now(session) + outcome.delay if outcome.delay else None
    job.progress, job.stage = None, ""
    move(session, job, JobState.QUEUED, outcome.reason)
