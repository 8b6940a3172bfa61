"""Sequential examinations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog.errors import GatedModel, ModelNotFound, VersionNotFound
from aird.catalog.names import NameRefused
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.evaluation import comparing, queries
from aird.evaluation.errors import ComparisonRefused, SuiteNotFound
from aird.evaluation.schemas_comparison import ComparisonCreate, ComparisonRead
from aird.jobs import queries as job_queries
from aird.jobs.schemas import JobRead

router = APIRouter(tags=["evaluation"])


@router.post(
    "/comparisons",
    status_code=202,
    responses=problems(
        NotPermitted, GatedModel, ModelNotFound, VersionNotFound, SuiteNotFound, ComparisonRefused, NameRefused
    ),
)
def order_comparison(
    body: ComparisonCreate, session: WriteSession, actor: Annotated[Actor, permit(Permission.RUN_JOBS)]
) -> JobRead:
    """Examine a version beside a reference and stop as soon as the answer is clear."""
    version = access.get_ref(session, actor, body.version)
    reference = access.get_ref(session, actor, body.reference)
    suites = [queries.get_suite(session, name) for name in body.suites]
    job = comparing.order(session, actor, version, reference, suites, body.question, body.margin)
    return job_queries.reads(session, [job])[0]


@router.get("/comparisons", responses=problems(ModelNotFound, VersionNotFound, NameRefused))
def list_comparisons(
    session: ReadSession,
    actor: Annotated[Actor, permit(Permission.READ_EVALUATIONS)],
    version: Annotated[str | None, Query(max_length=112)] = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[ComparisonRead]:
    """What came out of examinations side by side, of versions that you may see, newest first."""
    of = access.get_ref(session, actor, version) if version else None
    found = comparing.comparisons(session, actor, version=of, after=cursor, limit=limit + 1)
    following = str(found[limit - 1].id) if len(found) > limit else None
    return Page(items=comparing.reads(session, actor, found[:limit]), next=following)
