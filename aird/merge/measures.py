"""What can be measured of a merge before it runs, worked out once by a job and kept."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission, allowed, departments_where
from aird.core.recipe_yaml import load_mapping
from aird.jobs import service as jobs
from aird.jobs.estimates import suited
from aird.jobs.lifecycle import JobState
from aird.jobs.models import Job
from aird.merge import dense, service
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.plan import circumstances, measured
from aird.merge.plan.planned import Planned
from aird.merge.schemas import MergeBody
from aird.merge.schemas_jobs import MeasureJob, ParentUse

KIND = "merge.measure"


def order(session: Session, actor: Actor, body: MergeBody) -> Job:
    """Queue the measurement of a recipe's parents, or give the job that has done it or is about to.

    Raises as service.make_plan.
    """
    if dense.wants(session, actor, load_mapping(body.yaml)):
        raise MergeNotPossible(
            "Only adapters are measured before a merge: their factors are small. Whole models have to be merged and "
            "examined.",
            reason="not_measurable",
        )
    planned = service.make_plan(session, actor, body)
    _refuse_dora(planned)
    found = planned.plan
    key = measured.key_of(found, planned.digests)
    job = _known(session, actor, key)
    if job is not None:
        return job
    spec = MeasureJob(
        key=key,
        base_id=planned.base.id,
        method="linear" if found.method == "task_arithmetic" else found.method,
        parents=[
            ParentUse(version_id=version.id, weight=weight)
            for version, weight in zip(planned.parents, found.weights, strict=True)
        ],
        scale=found.scale,
        densities=list(found.densities),
        normalize=found.normalize,
        rank=found.rank,
    )
    department = _department(session, actor, planned)
    return jobs.enqueue(
        session,
        actor,
        KIND,
        spec,
        title=f"Measure {len(planned.parents)} adapters by {found.method}",
        department_id=department,
        idempotency_key=f"{KIND}/{key}/{department}/{_tries(session, key)}",
        needs=suited(session),
    )


def _refuse_dora(planned: Planned) -> None:
    for version in planned.parents:
        if "dora" in (version.facts.get("features") or ()):
            raise MergeNotPossible(
                f"{version.ref} is a DoRA adapter, whose change is not in its factors alone. Measure a plain LoRA of "
                f"it, `aird extract {version.ref} --rank 16`.",
                reason="dora",
            )


def _known(session: Session, actor: Actor, key: str) -> Job | None:
    """The newest job that has measured the same or may still do so, of those that the actor may follow."""
    query = select(Job).where(Job.idempotency_key.startswith(f"{KIND}/{key}/", autoescape=True))
    query = query.where(Job.state.not_in((JobState.FAILED, JobState.CANCELLED)))
    found = session.scalars(query.order_by(Job.created_at.desc()))
    return next((each for each in found if allowed(actor, Permission.READ_JOBS, each.department_id)), None)


def _tries(session: Session, key: str) -> int:
    query = select(func.count()).select_from(Job)
    return session.scalar(query.where(Job.idempotency_key.startswith(f"{KIND}/{key}/", autoescape=True))) or 0


def _department(session: Session, actor: Actor, planned: Planned) -> UUID:
    """Whose job it is: of the child's department, else of a parent's, else of one of the actor's own."""
    child = circumstances.department_of(session, planned.child)
    wanted = [child.id] if child is not None else []
    wanted += [version.model.department_id for version in planned.parents]
    _, own = departments_where(actor.grants, Permission.RUN_JOBS)
    wanted += sorted(own)
    for each in wanted:
        if allowed(actor, Permission.RUN_JOBS, each):
            return each
    auth.require(actor, Permission.RUN_JOBS, wanted[0])
    return wanted[0]
