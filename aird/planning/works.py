"""The work behind stages: found by its key when somebody had it done, else ordered, once.

Everything here happens under one lock for all plans (`hold`): two plans that reach the same stage at one moment find
the same work, and a plan that is cancelled knows who else uses what it started.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from aird.auth.permissions import SYSTEM, Actor
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Model, Version
from aird.core.db import advisory_lock
from aird.jobs import estimates
from aird.jobs import service as jobs
from aird.jobs.lifecycle import FINAL, JobState
from aird.jobs.models import Job
from aird.metering.models import ComputeEntry
from aird.planning.lifecycle import AT_WORK, PlanState
from aird.planning.models import Plan, Stage, StageKind, Work

LOCK = 0x706C616E
GONE = frozenset({JobState.FAILED, JobState.CANCELLED})


def hold(session: Session) -> None:
    """Every other plan waits until this transaction ends, and so does every job that a plan waits for with its end.

    The jobs are held before anything is written: they lock themselves first and the audit's chain last, so that who
    held the chain already and then wanted a job would wait for it in a circle.
    """
    advisory_lock(session, LOCK)
    waited_for = select(Job.id).where(Job.id.in_(select(Work.job_id)), Job.state.not_in(FINAL))
    session.execute(waited_for.order_by(Job.id).with_for_update())


def find(session: Session, actor: Actor, key: str, *, model_id: UUID | None = None) -> Work | None:
    """Work of this key that is done or under way, in a model whose weights the actor may use; the oldest of several.

    With `model_id` in this model alone. Work that failed, and a version that is out of use since, are no help.
    """
    query = select(Work, Model, Job).join(Model, Model.id == Work.model_id).join(Job, Job.id == Work.job_id)
    if model_id is not None:
        query = query.where(Work.model_id == model_id)
    for work, model, job in session.execute(query.where(Work.key == key).order_by(Work.created_at, Work.id)):
        if job.state in GONE or job.cancel_requested or not access.may_use_weights(session, actor, model):
            continue
        version = version_of(session, work, job)
        if version is None or catalog_queries.out_of_use(session, version) is None:
            return work
    return None


def started(session: Session, plan: Plan, key: str, kind: StageKind, model_id: UUID, job: Job) -> Work:
    """Note that this job does the work of this key; it replaces a job that failed."""
    work = session.scalar(select(Work).where(Work.key == key, Work.model_id == model_id))
    if work is None:
        work = Work(key=key, model_id=model_id, kind=kind, job_id=job.id, plan_id=plan.id)
        session.add(work)
    else:
        work.job_id, work.plan_id, work.version_id = job.id, plan.id, None
        work.seconds = work.micro = None
    session.flush()
    return work


def job_of(session: Session, work: Work) -> Job:
    """The job that does the work at present, as it is now."""
    return session.get_one(Job, work.job_id, populate_existing=True)


def version_of(session: Session, work: Work, job: Job) -> Version | None:
    """What the work made, once it is done; an exam makes none."""
    if work.kind is StageKind.EXAM or job.state is not JobState.SUCCEEDED:
        return None
    if work.version_id is None:
        digest = str((job.result or {}).get("digest"))
        query = select(Version.id).where(Version.model_id == work.model_id, Version.artifact == digest)
        work.version_id = session.scalar(query)
    return catalog_queries.version_by_id(session, work.version_id) if work.version_id else None


def close(session: Session, work: Work) -> None:
    """Note what work that is done has taken and cost at today's prices, failed attempts included."""
    if work.seconds is None:
        query = select(func.coalesce(func.sum(ComputeEntry.milliseconds), 0)).where(ComputeEntry.job_id == work.job_id)
        work.seconds = int(session.execute(query).scalar_one()) / 1000
        work.micro = estimates.money(session, job_of(session, work).needs, work.seconds)


def users(session: Session, ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """By work, the plans whose stages use it."""
    wanted = list(ids)
    found: dict[UUID, set[UUID]] = {each: set() for each in wanted}
    query = select(Stage.plan_id, Stage.work_id, Stage.exam_id)
    query = query.where(or_(Stage.work_id.in_(wanted), Stage.exam_id.in_(wanted)))
    for plan_id, *used in session.execute(query):
        for work_id in used:
            if work_id in found:
                found[work_id].add(plan_id)
    return found


def let_go(session: Session, ids: Sequence[UUID]) -> None:
    """Stop the jobs of works that no stage of a plan that still goes on waits for."""
    at_work = (
        select(Stage.work_id, Stage.exam_id)
        .join(Plan, Plan.id == Stage.plan_id)
        .where(Stage.state.in_(AT_WORK), Plan.state != PlanState.CANCELLED)
    )
    wanted = {work_id for row in session.execute(at_work) for work_id in row}
    for work_id in sorted(set(ids) - wanted):
        job = job_of(session, session.get_one(Work, work_id))
        if not job.is_final and not job.cancel_requested:
            jobs.cancel(session, SYSTEM, job)
