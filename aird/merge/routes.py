"""Rotation over HTTP: plan, measure, search and order; the answer to an order is the job."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session

from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.permissions import Actor, Permission
from aird.catalog.errors import VersionNotFound
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.recipe_yaml import RecipeRefused
from aird.jobs import queries as job_queries
from aird.jobs.errors import JobNotFound
from aird.jobs.models import Job
from aird.jobs.schemas import JobRead
from aird.merge import candidates, derived, measures, reports, searches, service
from aird.merge.errors import (
    NoPlaceForChild,
    NotDerivable,
    NotMerged,
    ParentNotUsable,
    PlanStops,
    SearchNotPossible,
)
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.plan.merge_plan import ParentsNotCompatible
from aird.merge.schemas import (
    BakeBody,
    CandidatePage,
    ExportBody,
    ExtractBody,
    MergeBody,
    PlanRead,
    QuantizeBody,
    RecipeRead,
    ReportRead,
    SearchRead,
    WithoutBody,
)
from aird.store.deps import CurrentStore

router = APIRouter(prefix="/merges", tags=["merge"])

Merger = Annotated[Actor, permit(Permission.RUN_JOBS)]
Reader = Annotated[Actor, permit(Permission.READ_MODELS)]
VersionName = Annotated[str, Query(max_length=128, description="department/model@number.")]
REFUSALS = (RecipeRefused, ParentsNotCompatible, MergeNotPossible, ParentNotUsable, SearchNotPossible)
ORDERS = (NotPermitted, VersionNotFound, NoPlaceForChild)


def _job(session: Session, job: Job) -> JobRead:
    return job_queries.reads(session, [job])[0]


@router.post("/plan", responses=problems(NotPermitted, VersionNotFound, *REFUSALS))
def plan_merge(body: MergeBody, request: Request, session: ReadSession, actor: Merger) -> PlanRead:
    """What this recipe would do, without doing it; what would stop it stands in `findings`."""
    return service.read_plan(session, actor, body, settings=request.app.state.settings)


@router.post("", status_code=202, responses=problems(*ORDERS, PlanStops, *REFUSALS))
def order_merge(body: MergeBody, session: WriteSession, actor: Merger) -> JobRead:
    """Merge versions into one that has the skills of all."""
    return _job(session, service.order_merge(session, actor, body))


@router.post("/measure", status_code=202, responses=problems(NotPermitted, VersionNotFound, *REFUSALS))
def measure_merge(body: MergeBody, session: WriteSession, actor: Merger) -> JobRead:
    """Measure how the parents lie to each other and what each rank would keep; the next plan shows it."""
    return _job(session, measures.order(session, actor, body))


@router.get("/candidates", responses=problems(VersionNotFound))
def list_candidates(
    session: ReadSession,
    actor: Reader,
    chosen: Annotated[list[str], Query(max_length=64, description="Already picked: department/model@number.")] = [],  # noqa: B006
    q: Annotated[str, Query(max_length=200, description="Part of the name, title or department.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> CandidatePage:
    """Adapters to merge with those picked, the compatible ones first, the others with the reason."""
    return candidates.page(session, actor, chosen, q, limit=limit, offset=offset)


@router.get("/recipe", responses=problems(VersionNotFound, NotMerged))
def get_recipe(version: VersionName, session: ReadSession, actor: Reader) -> RecipeRead:
    """The mergekit YAML that a version was merged by, with every version pinned."""
    return RecipeRead(yaml=reports.recipe_of(session, actor, version))


@router.post("/without", responses=problems(NotPermitted, VersionNotFound, NotMerged, MergeNotPossible))
def without_parents(body: WithoutBody, session: ReadSession, actor: Merger) -> RecipeRead:
    """The recipe of a merged version without some of its parents, as if they had never been there."""
    return RecipeRead(yaml=reports.without(session, actor, body.version, body.without))


@router.get("/report", responses=problems(VersionNotFound, NotMerged))
def get_report(version: VersionName, session: ReadSession, actor: Reader) -> ReportRead:
    """What happened in the merge that a version came from, module by module."""
    return reports.report_of(session, actor, version)


@router.post("/search", status_code=202, responses=problems(*ORDERS, PlanStops, *REFUSALS))
def order_search(body: MergeBody, session: WriteSession, actor: Merger) -> JobRead:
    """Try candidates without filing any; its trials can be watched, and any of them be run."""
    return _job(session, searches.order(session, actor, body))


@router.get("/searches/{job_id}", responses=problems(JobNotFound))
def get_search(job_id: UUID, session: ReadSession, actor: Reader) -> SearchRead:
    """A search and its trials so far."""
    return searches.read(session, actor, job_id)


@router.post("/extract", status_code=202, responses=problems(*ORDERS, NotDerivable))
def order_extraction(body: ExtractBody, session: WriteSession, actor: Merger) -> JobRead:
    """Turn a fine-tune, or an adapter that is more than plain LoRA, into a plain LoRA on its base."""
    return _job(session, derived.order_extraction(session, actor, body))


@router.post("/bake", status_code=202, responses=problems(*ORDERS, NotDerivable))
def order_baking(body: BakeBody, session: WriteSession, actor: Merger) -> JobRead:
    """Put an adapter into its base: a whole model comes out."""
    return _job(session, derived.order_baking(session, actor, body))


@router.post("/export", status_code=202, responses=problems(*ORDERS, NotDerivable))
def order_export(body: ExportBody, session: WriteSession, store: CurrentStore, actor: Merger) -> JobRead:
    """A version as one file for an edge runtime: a child of its own, which that runtime is examined with."""
    return _job(session, derived.order_export(session, actor, body, store=store))


@router.post("/quantize", status_code=202, responses=problems(*ORDERS, NotDerivable))
def order_quantization(body: QuantizeBody, session: WriteSession, actor: Merger) -> JobRead:
    """A whole model in fewer bits, as a child of its own that is examined by itself."""
    return _job(session, derived.order_quantization(session, actor, body))
