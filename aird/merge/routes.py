"""Plan and order rotations over HTTP; the answer to an order is the job."""

from typing import Annotated

from fastapi import APIRouter

from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.permissions import Actor, Permission
from aird.catalog.errors import VersionNotFound
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.recipe_yaml import RecipeRefused
from aird.jobs import queries as job_queries
from aird.jobs.schemas import JobRead
from aird.merge import service
from aird.merge.errors import NoPlaceForChild, ParentNotUsable, SearchNotPossible
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.plan import ParentsNotCompatible
from aird.merge.schemas import MergeBody, PlanRead

router = APIRouter(prefix="/merges", tags=["merge"])

Merger = Annotated[Actor, permit(Permission.RUN_JOBS)]
REFUSALS = (RecipeRefused, ParentsNotCompatible, MergeNotPossible, ParentNotUsable, SearchNotPossible)


@router.post("/plan", responses=problems(NotPermitted, VersionNotFound, *REFUSALS))
def plan_merge(body: MergeBody, session: ReadSession, actor: Merger) -> PlanRead:
    """What this recipe would do, without doing it."""
    return service.plan_read(service.make_plan(session, actor, body))


@router.post("", status_code=202, responses=problems(NotPermitted, VersionNotFound, NoPlaceForChild, *REFUSALS))
def order_merge(body: MergeBody, session: WriteSession, actor: Merger) -> JobRead:
    """Merge adapters of one base into a version that has the skills of all."""
    return job_queries.reads(session, [service.order_merge(session, actor, body)])[0]
