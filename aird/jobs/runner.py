"""Run one claimed attempt in this process and record how it ended; the process around it is the executor's matter."""

import errno
import logging
import shutil
import traceback
from collections.abc import Callable
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from aird.auth import queries as auth
from aird.auth.permissions import SYSTEM
from aird.core.db import Database, reason
from aird.core.errors import AirdError, StorageFull, Unavailable
from aird.core.settings import Settings
from aird.jobs import leases, outcomes, registry, workspaces
from aird.jobs.context import JobContext, Reporter, scratch_folder
from aird.jobs.errors import JobCancelled, LeaseLost, SpecNotValid, Yielded
from aird.jobs.executors import devices
from aird.jobs.lifecycle import FailureClass, JobState
from aird.jobs.messages import log_line
from aird.jobs.models import Job
from aird.store.artifacts import Store

log = logging.getLogger(__name__)

LOST_PARTS = (
    "NCCL",
    "ECC error",
    "uncorrectable",
    "CUDA error: unspecified launch failure",
    "Gloo connect",
    "gloo/transport",
)
"""In the words of an error: a link or a chip broke; another attempt may find another one."""

Ending = Callable[[Session, Job], None]


def run_attempt(
    database: Database, store: Store, settings: Settings, job_id: UUID, attempt: int, reporter: Reporter
) -> None:
    """Do the job and record its end. A failure of the task is recorded, not raised; a lost lease ends it silently.

    Raises what no process can record for itself: SystemExit, a database that does not answer while the end is noted.
    """
    job, context = _begin(database, store, settings, job_id, attempt, reporter)
    try:
        _do(context, job)
    except LeaseLost as error:
        log.warning("%s", error.message)
    except Exception as error:
        if context.finished:
            log.exception("job %s raised after it had succeeded", job_id)
        else:
            keeps = job.kind in registry.kinds() and registry.find(job.kind).yields  # its checkpoint is worth the room
            _end(context, _ending(context, error), make_room=_is_full(error) and not keeps)
    finally:
        shutil.rmtree(scratch_folder(settings, job_id, attempt), ignore_errors=True)
    if context.finished:
        workspaces.remove(settings, job_id)


def assist_attempt(
    database: Database, store: Store, settings: Settings, job_id: UUID, attempt: int, seat: int, reporter: Reporter
) -> None:
    """Do what a further machine of the attempt does, and record nothing. Raises what the task raises."""
    job, context = _begin(database, store, settings, job_id, attempt, reporter)
    task = registry.find(job.kind)
    if task.assist is None:
        context.log(f"A job of the kind {job.kind} works on its first machine alone.")
        return
    task.assist(context, task.spec.model_validate(job.spec), seat)


def _begin(
    database: Database, store: Store, settings: Settings, job_id: UUID, attempt: int, reporter: Reporter
) -> tuple[Job, JobContext]:
    with database.read() as session:
        job = session.get_one(Job, job_id)
    return job, JobContext(
        id=job_id,
        attempt=attempt,
        title=job.title,
        department_id=job.department_id,
        actor=SYSTEM,
        database=database,
        store=store,
        settings=settings,
        reporter=reporter,
    )


def _do(context: JobContext, job: Job) -> None:
    if (job.state, job.attempt) != (JobState.RUNNING, context.attempt):
        raise LeaseLost(f"Attempt {context.attempt} of job {job.id} does not hold the job; nothing was done.")
    task = registry.find(job.kind)
    try:
        spec = task.spec.model_validate(job.spec)
    except ValidationError as error:
        raise SpecNotValid(f"The spec does not fit the task {job.kind}: {error}") from error
    if task.yields:
        with context.transaction() as session:
            session.execute(update(Job).where(Job.id == job.id).values(yields=True))
    if job.created_by is not None:
        with context.read() as session:
            context.actor = auth.actor_by_id(session, job.created_by)
    result = task.run(context, spec)
    if not context.finished:
        context.result = result if result is not None else context.result
        with context.finish():
            pass


def _ending(context: JobContext, error: Exception) -> Ending:
    """What to record for this error."""
    shortage = _shortage(error)
    if shortage is not None:
        code, message = shortage
        context.log(message)
        return lambda session, job: outcomes.hold(session, job, code, message)
    if isinstance(error, JobCancelled):
        return lambda session, job: outcomes.cancel(session, job, SYSTEM, "Stopped on request.")
    if isinstance(error, Yielded):
        handed_back = f"Handed its place back: {error.message}. It goes on when there is room."
        return lambda session, job: outcomes.give_back(session, job, handed_back)
    if isinstance(error, AirdError):
        return _failing(context, FailureClass.REFUSED, error.code, error.message)
    for line in "".join(traceback.format_exception(error)).splitlines():
        context.reporter.send(log_line(line, "stderr"))
    words = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # torch's, without importing it
        return lambda session, job: outcomes.die(session, job, f"out of memory ({error})", FailureClass.OOM)
    if type(error).__name__ == "AcceleratorError" or "device-side assert" in words:
        told = f"The chip refused the computation, and would again: {words}. The log has the details."
        return _failing(context, FailureClass.ABORT, "device_fault", told)
    if any(each in words for each in LOST_PARTS):
        return lambda session, job: outcomes.die(session, job, f"a part of the machine failed ({words})")
    told = f"A fault in the task, not in your input: {words}. The log has the details."
    return _failing(context, FailureClass.ERROR, "bug", told)


def _failing(context: JobContext, failure: FailureClass, code: str, message: str) -> Ending:
    def fail(session: Session, job: Job) -> None:
        job.failure = failure
        outcomes.fail(session, job, context.actor, code, message)

    return fail


def _shortage(error: Exception) -> tuple[str, str] | None:
    """(code, message) when something outside the job is missing that may be there again later."""
    if isinstance(error, (StorageFull, Unavailable)):
        return error.code, error.message
    if isinstance(error, OSError) and _is_full(error):
        return StorageFull.code, f"The disk is full ({error.filename or 'while writing'}). Free some room."
    if isinstance(error, DBAPIError) and "full" in str(error.orig).lower():
        return StorageFull.code, "The disk of the database is full. Free some room."
    if isinstance(error, PoolTimeout) or (isinstance(error, OperationalError) and "no such" not in str(error.orig)):
        return "database_unavailable", f"The database did not answer ({reason(error)})."
    return None


def _is_full(error: Exception) -> bool:
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return full or isinstance(error, StorageFull)


def _end(context: JobContext, ending: Ending, *, make_room: bool) -> None:
    """Record the end. What was kept for another attempt goes with the job, or to `make_room` on a full disk."""
    context.flush()
    with context.database.write() as session:
        job = leases.find(session, context.id, context.attempt)
        if job is None:
            log.warning("attempt %s of job %s no longer holds the job", context.attempt, context.id)
        elif job.cancel_requested:
            outcomes.cancel(session, job, SYSTEM, "Stopped on request.")
        else:
            job.peak_memory = context.peak_memory or devices.peak_memory(on_chip=job.chips > 0)
            ending(session, job)
        over = job is not None and job.is_final
    if over or make_room:
        workspaces.remove(context.settings, context.id)
