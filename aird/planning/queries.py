"""Read career plans, with the rights of whoever reads.

A plan is for its department and for those who work for the whole organisation, as its jobs are. What it names of
private models that the reader may not see is left out.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission, allowed, departments_where
from aird.planning.errors import PlanNotFound
from aird.planning.lifecycle import PlanState
from aird.planning.models import Plan, Stage


def find_plan(session: Session, name: str, *, lock: bool = False) -> Plan | None:
    """The plan of this name, None when there is none; with `lock` as it is now, and held."""
    query = select(Plan).where(Plan.name == name)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def get_plan(session: Session, actor: Actor, name: str) -> Plan:
    """The plan of this name. Raises PlanNotFound, also when the actor may not see it."""
    plan = find_plan(session, name)
    if plan is None or not allowed(actor, Permission.READ_JOBS, plan.department_id):
        raise PlanNotFound(
            f"There is no career plan {name!r}, or it belongs to a department you do not work in. "
            "`GET /api/v1/plans` lists yours.",
            name=name,
        )
    return plan


def get_locked(session: Session, plan_id: UUID) -> Plan:
    """The plan as it is now, held until the transaction ends. Raises PlanNotFound."""
    query = select(Plan).where(Plan.id == plan_id).with_for_update().execution_options(populate_existing=True)
    plan = session.scalar(query)
    if plan is None:
        raise PlanNotFound("There is no such career plan.", id=str(plan_id))
    return plan


def plans(
    session: Session,
    actor: Actor,
    *,
    department: str | None = None,
    state: PlanState | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Plan]:
    """The plans that the actor may see, newest first; those that follow the plan `after`."""
    query = select(Plan).order_by(Plan.created_at.desc(), Plan.id.desc()).limit(limit)
    everywhere, ids = departments_where(actor.grants, Permission.READ_JOBS)
    if not (everywhere or actor.is_system):
        query = query.where(Plan.department_id.in_(ids))
    if department:
        query = query.join(Department, Department.id == Plan.department_id).where(Department.key == department)
    if state is not None:
        query = query.where(Plan.state == state)
    last = session.get(Plan, after) if after else None
    if last is not None:
        older = (Plan.created_at < last.created_at) | ((Plan.created_at == last.created_at) & (Plan.id < last.id))
        query = query.where(older)
    return list(session.scalars(query))


def stages_of(session: Session, plan: Plan) -> list[Stage]:
    """The stages in their order."""
    return list(session.scalars(select(Stage).where(Stage.plan_id == plan.id).order_by(Stage.position)))


def stages_by_plan(session: Session, found: Sequence[Plan]) -> dict[UUID, list[Stage]]:
    """The stages of several plans, in their order."""
    by_plan: dict[UUID, list[Stage]] = {plan.id: [] for plan in found}
    query = select(Stage).where(Stage.plan_id.in_(list(by_plan))).order_by(Stage.position)
    for stage in session.scalars(query):
        by_plan[stage.plan_id].append(stage)
    return by_plan
