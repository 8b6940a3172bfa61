"""Evaluations over HTTP: order them, list their runs, explain one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog.errors import ModelNotFound, VersionNotFound
from aird.catalog.names import NameRefused
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.evaluation import explanation, naming, queries, service
from aird.evaluation.comparison import Turn
from aird.evaluation.errors import NothingToCompare, NothingToMeasure, RunNotFound, SuiteNotFound, SuiteRefused
from aird.evaluation.schemas import EvaluationCreate, ExamOrderRead, RunExplained, RunRead
from aird.jobs import queries as job_queries
from aird.jobs.errors import JobNotFound
from aird.jobs.schemas import JobRead
from aird.store.deps import CurrentStore

router = APIRouter()

Reader = Annotated[Actor, permit(Permission.READ_EVALUATIONS)]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.post(
    "/evaluations",
    status_code=202,
    responses=problems(
        NotPermitted, ModelNotFound, VersionNotFound, SuiteNotFound, SuiteRefused, NothingToMeasure, NameRefused
    ),
)
def order_evaluation(
    body: EvaluationCreate, session: WriteSession, actor: Annotated[Actor, permit(Permission.RUN_JOBS)]
) -> JobRead:
    """Have versions sit exams."""
    versions = [access.get_ref(session, actor, ref) for ref in body.versions]
    suites = queries.suites(session) if body.suites is None else [queries.get_suite(session, n) for n in body.suites]
    job = service.order(
        session, actor, versions, suites, body.split, engine=body.engine, checks=body.checks, anchors=body.anchors
    )
    return job_queries.reads(session, [job])[0]


@router.get("/evaluations", responses=problems(ModelNotFound, VersionNotFound, SuiteNotFound, NameRefused))
def list_evaluations(
    session: ReadSession,
    actor: Reader,
    version: Annotated[str | None, Query(max_length=112)] = None,
    suite: Annotated[str | None, Query(max_length=96)] = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> Page[RunRead]:
    """What versions that you may see scored, newest first; of one version or in one exam."""
    of = access.get_ref(session, actor, version) if version else None
    sat = queries.get_suite(session, suite) if suite else None
    found = queries.runs(session, actor, version=of, suite=sat, after=cursor, limit=limit + 1)
    following = str(found[limit - 1].id) if len(found) > limit else None
    return Page(items=queries.run_reads(session, found[:limit]), next=following)


@router.get("/evaluations/jobs/{job_id}", responses=problems(JobNotFound, RunNotFound))
def read_exam_order(job_id: UUID, session: ReadSession, actor: Reader) -> ExamOrderRead:
    """Which versions a job examines in which exams, by name."""
    return naming.order_of(session, actor, job_id)


@router.get("/evaluations/{run_id}", responses=problems(RunNotFound, NothingToCompare))
def explain_evaluation(
    run_id: UUID,
    session: ReadSession,
    store: CurrentStore,
    actor: Reader,
    against: UUID | None = None,
    change: Annotated[list[Turn] | None, Query(max_length=4)] = None,
    cursor: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Limit = 50,
) -> RunExplained:
    """Why a run has its score: items won and lost against its parent's run, or the run `against`.

    The lost come first, then the won, then what is wrong and right in both; `change` chooses among them.
    """
    run = explanation.get_run(session, actor, run_id)
    return explanation.explain(
        session, store, actor, run, against=against, changes=change or (), start=cursor, limit=limit
    )
