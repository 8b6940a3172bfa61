"""Career plans over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from aird.auth.deps import CurrentSettings, ReadSession, WriteSession, permit
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import Actor, Permission
from aird.catalog.errors import ModelNotFound, VersionNotFound
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.recipe_yaml import RecipeRefused
from aird.core.schemas import Page, Schema
from aird.datasets.errors import DatasetNotFound
from aird.evaluation.errors import SuiteNotFound
from aird.planning import forecast, queries, service, views
from aird.planning.errors import PlanMoveNotAllowed, PlanNotFound, PlanRefused
from aird.planning.lifecycle import PlanState
from aird.planning.schemas import CareerPlanRead, PlanBody, PlanForecast, PlanRow, TemplateRead
from aird.planning.templates import TEMPLATES
from aird.store.deps import CurrentStore

router = APIRouter(prefix="/plans", tags=["planning"])

Reader = Annotated[Actor, permit(Permission.READ_JOBS)]
Planner = Annotated[Actor, permit(Permission.RUN_JOBS)]


class Ending(Schema):
    """Why a plan ends."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


@router.get("")
def list_plans(
    session: ReadSession,
    actor: Reader,
    department: Annotated[str | None, Query(max_length=64)] = None,
    state: PlanState | None = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[PlanRow]:
    """The career plans that you may see, newest first."""
    found = queries.plans(session, actor, department=department, state=state, after=cursor, limit=limit + 1)
    following = str(found[limit - 1].id) if len(found) > limit else None
    return Page(items=views.plan_rows(session, found[:limit]), next=following)


REFUSALS = (
    NotPermitted,
    DepartmentNotFound,
    RecipeRefused,
    PlanRefused,
    ModelNotFound,
    VersionNotFound,
    DatasetNotFound,
    SuiteNotFound,
)


@router.post("", responses=problems(*REFUSALS))
def apply_plan(
    body: PlanBody, session: WriteSession, store: CurrentStore, settings: CurrentSettings, actor: Planner
) -> CareerPlanRead:
    """Make or change the plan of this name: changed stages run, the others stay; the same text again does nothing."""
    plan = service.apply(session, store, actor, body.yaml, settings=settings)
    return views.plan_read(session, actor, plan)


@router.post("/estimate", responses=problems(*REFUSALS))
def estimate_plan(
    body: PlanBody, session: ReadSession, store: CurrentStore, settings: CurrentSettings, actor: Planner
) -> PlanForecast:
    """What a plan would take, stage by stage; nothing of it is ordered."""
    return forecast.forecast(session, store, settings, actor, body.yaml)


@router.get("/templates")
def list_plan_templates(_actor: Reader) -> Page[TemplateRead]:
    """Plans to start from."""
    return Page(items=list(TEMPLATES))


@router.get("/{department}/{name}", responses=problems(PlanNotFound))
def get_plan(department: str, name: str, session: ReadSession, actor: Reader) -> CareerPlanRead:
    """A career plan: its board, what it scored after every stage, what it cost and saved."""
    return views.plan_read(session, actor, queries.get_plan(session, actor, f"{department}/{name}"))


@router.post("/{department}/{name}/advance", responses=problems(NotPermitted, PlanNotFound, PlanMoveNotAllowed))
def advance_plan(
    department: str, name: str, session: WriteSession, store: CurrentStore, settings: CurrentSettings, actor: Planner
) -> CareerPlanRead:
    """Look at the plan now, and try again what has failed."""
    plan = queries.get_plan(session, actor, f"{department}/{name}")
    plan = service.advance(session, store, actor, plan, settings=settings)
    return views.plan_read(session, actor, plan)


@router.post("/{department}/{name}/cancel", responses=problems(NotPermitted, PlanNotFound, PlanMoveNotAllowed))
def cancel_plan(department: str, name: str, body: Ending, session: WriteSession, actor: Planner) -> CareerPlanRead:
    """Stop the plan and the jobs that no other plan waits for."""
    plan = queries.get_plan(session, actor, f"{department}/{name}")
    plan = service.cancel(session, actor, plan, reason=body.reason)
    return views.plan_read(session, actor, plan)
