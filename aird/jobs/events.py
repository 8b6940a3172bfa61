"""Append to a job's history: states, progress, log lines; numbered per job, kept after its end."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from aird.core.clock import now
from aird.jobs.lifecycle import JobState
from aird.jobs.messages import Log, Progress
from aird.jobs.models import EventKind, Job, JobEvent

MAX_LOG_LINES = 20_000


def append(session: Session, job_id: UUID, entries: list[tuple[EventKind, dict[str, Any]]]) -> int:
    """Add events in this order; returns the last one's number. The job's row is locked until the transaction ends."""
    statement = (
        update(Job).where(Job.id == job_id).values(event_count=Job.event_count + len(entries))
        .returning(Job.event_count).execution_options(synchronize_session=False)
    )  # fmt: skip
    last = session.execute(statement).scalar_one()
    first, at = last - len(entries) + 1, now()
    rows = [
        {"job_id": job_id, "seq": seq, "at": at, "kind": kind, "data": data}
        for seq, (kind, data) in enumerate(entries, first)
    ]
    if rows:
        session.execute(insert(JobEvent), rows)
    return last


def record_messages(session: Session, job_id: UUID, attempt: int, messages: Iterable[Log | Progress]) -> bool:
    """Note what an attempt said; False when the job has a newer attempt, whose history this does not belong to."""
    job = session.scalar(
        select(Job).where(Job.id == job_id, Job.attempt == attempt)
        .with_for_update().execution_options(populate_existing=True)
    )  # fmt: skip
    if job is None:
        return False
    entries: list[tuple[EventKind, dict[str, Any]]] = []
    for message in messages:
        if isinstance(message, Progress):
            entries.append((EventKind.PROGRESS, message.data()))
            if job.state is JobState.RUNNING:
                job.stage, job.progress = message.stage, message.fraction
                job.metrics = message.metrics or job.metrics
        elif job.log_lines < MAX_LOG_LINES:
            job.log_lines += 1
            entries.append((EventKind.LOG, {"line": message.line, "stream": message.stream}))
            if job.log_lines == MAX_LOG_LINES:
                ending = f"The log of a job is kept up to {MAX_LOG_LINES} lines; what follows is left out."
                entries.append((EventKind.LOG, {"line": ending, "stream": "aird"}))
    session.flush()
    append(session, job_id, entries)
    return True
