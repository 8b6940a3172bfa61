"""Keep what admission decided: every start, every new reason to wait, every place that is asked back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from aird.jobs.admission import Decision
from aird.jobs.models import AdmissionVerdict, Job, JobDecision
from aird.jobs.queue import Head

BEHIND = "behind"


def keep(session: Session, at: datetime, heads: Sequence[Head], decisions: Sequence[Decision], grace: float) -> None:
    """Note why jobs wait where that is new, and ask for the places that others are to have."""
    before = {head.ask.id: head for head in heads}
    for decision in decisions:
        if decision.victims:
            ask_back(session, at, decision, grace)
        head = before[decision.ask.id]
        if decision.starts or decision.code == BEHIND or head.reason == decision.reason:
            continue
        session.execute(
            update(Job).where(Job.id == head.ask.id).values(reason=decision.reason, verdict=decision.code)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        if head.verdict != decision.code:
            _note(session, at, head.ask.id, AdmissionVerdict.WAITS, decision.reason, decision)


def started(session: Session, at: datetime, job: Job, decision: Decision) -> None:
    """Note that the job starts, and where."""
    job.flavour, job.held = decision.flavour, sum(seat.amount for seat in decision.seats)
    job.seats = [
        {"machine": seat.machine, "flavour": seat.flavour, "chips": list(seat.chips)} for seat in decision.seats
    ]
    job.verdict = decision.code
    _note(session, at, job.id, AdmissionVerdict.ADMITTED, decision.reason, decision)


def ask_back(session: Session, at: datetime, decision: Decision, grace: float) -> None:
    """Those who look at `should_yield` get the grace, the others none."""
    reason = f"Its place goes to a job of {decision.ask.department}, which is within its share; it goes on later."
    for victim in decision.victims:
        job = session.scalar(
            select(Job).where(Job.id == victim.id, Job.yield_by.is_(None)).with_for_update()
            .execution_options(populate_existing=True)
        )  # fmt: skip
        if job is None:
            continue
        job.yield_by = at + timedelta(seconds=grace if job.yields else 0.0)
        job.reason = reason
        _note(session, at, job.id, AdmissionVerdict.PREEMPTED, reason, decision)
    session.flush()


def _note(
    session: Session, at: datetime, job_id: UUID, verdict: AdmissionVerdict, reason: str, decision: Decision
) -> None:
    data = {"code": decision.code, **decision.numbers}
    row = JobDecision(job_id=job_id, at=at, verdict=verdict, reason=reason, data=data)
    session.add(row)
    session.flush()


def of(session: Session, job_id: UUID, *, limit: int = 100) -> list[JobDecision]:
    """The latest decisions about a job, newest first."""
    query = select(JobDecision).where(JobDecision.job_id == job_id).order_by(JobDecision.at.desc(), JobDecision.id)
    return list(session.scalars(query.limit(limit)))
