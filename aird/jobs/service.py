"""Order jobs, stop them, try them again; each in the caller's transaction, with its audit line."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.core.db import advisory_lock, database_now
from aird.core.errors import NotPermitted
from aird.core.schemas import Schema
from aird.jobs import dependencies, events, outcomes
from aird.jobs.errors import IdempotencyKeyReused, JobMoveNotAllowed, JobNotFound
from aird.jobs.lifecycle import JobState
from aird.jobs.models import EventKind, Job
from aird.jobs.needs import Estimate, Needs


def enqueue(
    session: Session,
    actor: Actor,
    kind: str,
    spec: Schema,
    *,
    title: str,
    department_id: UUID,
    idempotency_key: str | None = None,
    needs: Needs | None = None,
    estimate: Estimate | None = None,
    after: Sequence[Job] = (),
    after_any_end: bool = False,
) -> Job:
    """Order a job; workers see it when the caller's transaction is committed.

    It starts when every job of `after` has succeeded, and fails with `dependency_failed` when one of them does not;
    with `after_any_end` it starts when they have ended, however. Without `needs` it takes a CPU slot.
    An `idempotency_key` that was used before gives the job it was used for. Raises NotPermitted, IdempotencyKeyReused.
    """
    auth.require(actor, Permission.RUN_JOBS, department_id)
    content = spec.model_dump(mode="json")
    if idempotency_key is not None:
        earlier = _by_key(session, idempotency_key)
        if earlier is not None:
            return _same(earlier, kind, content, department_id)
    at, wanted = database_now(session), needs or Needs()
    job = Job(
        kind=kind,
        title=title[:200],
        department_id=department_id,
        created_by=actor.id,
        spec=content,
        idempotency_key=idempotency_key,
        since=at,
        queued_at=at,
        **wanted.model_dump(),
        shape=wanted.shape,
        estimate=estimate.model_dump(mode="json") if estimate is not None else None,
    )
    session.add(job)
    session.flush()
    failed = dependencies.wait_on(session, job, after, any_end=after_any_end) if after else []
    if job.waits_for:
        job.reason = outcomes.waits_for_others(job.waits_for)
    _note_state(session, job)
    audit.record(session, actor, "jobs.job.queued", job, kind=kind)
    for each in failed[:1]:
        outcomes.fail_after(session, job, each)
    return job


def _note_state(session: Session, job: Job) -> None:
    state = {"state": job.state, "reason": job.reason, "attempt": job.attempt}
    events.append(session, job.id, [(EventKind.STATE, state)])


def _by_key(session: Session, key: str) -> Job | None:
    advisory_lock(session, int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True))
    return session.scalar(select(Job).where(Job.idempotency_key == key))


def _same(job: Job, kind: str, content: dict[str, object], department_id: UUID) -> Job:
    if (job.kind, job.spec, job.department_id) != (kind, content, department_id):
        raise IdempotencyKeyReused(
            f"The idempotency key {job.idempotency_key!r} was used for another job ({job.label}). Choose a new one.",
            job=str(job.id),
        )
    return job


def cancel(session: Session, actor: Actor, job: Job) -> Job:
    """Stop the job: at once when it waits; a running one is stopped by its worker within seconds.

    From now on its attempt publishes nothing. Raises NotPermitted, JobMoveNotAllowed when it has ended.
    """
    auth.require(actor, Permission.RUN_JOBS, job.department_id)
    job = _locked(session, job)
    if job.is_final:
        raise JobMoveNotAllowed(f"The job has ended already: it {_ENDED[job.state]}.", state=job.state)
    if job.state is JobState.QUEUED:
        outcomes.cancel(session, job, actor, f"Cancelled by {actor.label} before it started.")
    elif not job.cancel_requested:
        job.cancel_requested, job.reason = True, f"{actor.label} has cancelled it; it is being stopped."
        session.flush()
        _note_state(session, job)
        audit.record(session, actor, "jobs.job.cancel_requested", job, attempt=job.attempt)
    return job


_ENDED = {JobState.SUCCEEDED: "succeeded", JobState.FAILED: "failed", JobState.CANCELLED: "was cancelled"}


def retry(session: Session, actor: Actor, job: Job, *, attempts: int) -> Job:
    """Queue a failed or cancelled job again, with `attempts` more attempts. Raises NotPermitted, JobMoveNotAllowed."""
    auth.require(actor, Permission.RUN_JOBS, job.department_id)
    job = _locked(session, job)
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        raise JobMoveNotAllowed(
            f"Only a failed or cancelled job can be tried again; this one is {job.state}.", state=job.state
        )
    dependencies.count_again(session, job)
    job.max_attempts, job.cancel_requested, job.yield_by = job.attempt + attempts, False, None
    job.queued_at, job.finished_at, job.not_before = database_now(session), None, None
    job.error_code = job.error_message = job.progress = None
    job.stage = ""
    waits = outcomes.waits_for_others(job.waits_for) if job.waits_for else "Waits for a worker."
    outcomes.move(session, job, JobState.QUEUED, f"{actor.label} wants another try. {waits}")
    audit.record(session, actor, "jobs.job.retried", job, attempt=job.attempt)
    return job


CLONED = frozenset({
    "training.sft", "training.pretrain", "training.distill", "merge.run", "merge.dense", "merge.search",
    "merge.extract", "merge.bake", "merge.quantize", "merge.export",
})  # fmt: skip
"""Kinds whose spec says everything: a clone is the same work again. Others belong to a row that has its job already."""


def clone(session: Session, actor: Actor, job: Job, *, title: str | None = None) -> Job:
    """Order the same work again as a job of its own; only for whoever ordered it, whose rights were looked at then.

    Raises NotPermitted, JobMoveNotAllowed.
    """
    auth.require(actor, Permission.RUN_JOBS, job.department_id)
    if job.kind not in CLONED:
        raise JobMoveNotAllowed(
            f"A job of the kind {job.kind} belongs to what ordered it. Order it from there again.", kind=job.kind
        )
    if actor.id is None or job.created_by != actor.id:
        raise NotPermitted(
            "Only whoever ordered a job can clone it: the models and data in it were opened to that person. Copy its "
            "recipe and order it in your own name.",
            job=str(job.id),
        )
    copy = Job(
        kind=job.kind, title=(title or job.title)[:200], department_id=job.department_id, created_by=actor.id,
        spec=job.spec, since=(at := database_now(session)), queued_at=at, **job.needs.model_dump(),
        shape=job.shape, estimate=job.estimate,
    )  # fmt: skip
    session.add(copy)
    session.flush()
    _note_state(session, copy)
    audit.record(session, actor, "jobs.job.queued", copy, kind=job.kind, clone_of=str(job.id))
    return copy


def _locked(session: Session, job: Job) -> Job:
    """The same job as it is now, locked until the transaction ends."""
    found = session.scalar(
        select(Job).where(Job.id == job.id).with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise JobNotFound("There is no such job.", id=str(job.id))
    return found
