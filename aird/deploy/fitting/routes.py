"""Fits and evidence over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from aird.auth.deps import CurrentSettings, ReadSession, WriteSession, permit
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog.errors import ModelNotFound, VersionNotFound
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.deploy.errors import NotOneModel
from aird.deploy.fitting import queries, service
from aird.deploy.fitting.schemas import ConformanceOrder, EvidenceRead, EvidenceTable, FitsRead
from aird.jobs import queries as job_queries
from aird.jobs.schemas import JobRead
from aird.store.deps import CurrentStore

router = APIRouter(tags=["runtimes"])

Reader = Annotated[Actor, permit(Permission.READ_ENDPOINTS)]


@router.get("/fits", responses=problems(ModelNotFound, VersionNotFound))
def read_fits(
    version: Annotated[str, Query(max_length=160)],
    session: ReadSession,
    store: CurrentStore,
    settings: CurrentSettings,
    actor: Reader,
) -> FitsRead:
    """Where a version can run, the best place first, and why it cannot elsewhere."""
    return queries.fits(session, store, settings, access.get_ref(session, actor, version))


@router.get("/evidence")
def read_evidence(session: ReadSession, _actor: Reader) -> EvidenceTable:
    """What was verified on which chips."""
    return queries.table(session)


@router.get("/evidence/runs")
def list_evidence_runs(
    session: ReadSession, _actor: Reader, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> Page[EvidenceRead]:
    """Runs of the conformance suite, the newest first."""
    return Page(items=queries.evidence_reads(session, queries.runs(session, limit=limit)), next=None)


@router.post(
    "/evidence/runs", status_code=202, responses=problems(NotPermitted, ModelNotFound, VersionNotFound, NotOneModel)
)
def order_conformance(
    body: ConformanceOrder,
    session: WriteSession,
    settings: CurrentSettings,
    actor: Annotated[Actor, permit(Permission.RUN_JOBS)],
) -> JobRead:
    """Try a runtime on a kind of chip with the conformance suite."""
    job = service.order(session, actor, body, settings=settings)
    return job_queries.reads(session, [job])[0]
