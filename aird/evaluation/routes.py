"""Suites, gates and evaluations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from aird.auth import queries as auth_queries
from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog.errors import ModelNotFound, VersionNotFound
from aird.catalog.names import NameRefused
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.datasets import queries as dataset_queries
from aird.datasets.errors import DatasetNotFound, DatasetVersionNotFound
from aird.evaluation import queries, service
from aird.evaluation.errors import (
    GateExists,
    GateNotFound,
    GateRefused,
    NothingToMeasure,
    SuiteExists,
    SuiteNotFound,
    SuiteRefused,
)
from aird.evaluation.schemas import (
    EvaluationCreate,
    GateChange,
    GateCreate,
    GateRead,
    GateReportRead,
    RunRead,
    SuiteCreate,
    SuiteRead,
)
from aird.jobs import queries as job_queries
from aird.jobs.schemas import JobRead

router = APIRouter(tags=["evaluation"])

Reader = Annotated[Actor, permit(Permission.READ_EVALUATIONS)]
Writer = Annotated[Actor, permit(Permission.WRITE_EVALUATIONS)]
Number = Annotated[int, Path(ge=1, le=999_999_999)]


@router.get("/suites")
def list_suites(session: ReadSession, _actor: Reader) -> Page[SuiteRead]:
    """Every exam."""
    return Page(items=queries.suite_reads(session, queries.suites(session)))


@router.post(
    "/suites",
    status_code=201,
    responses=problems(
        NotPermitted,
        DepartmentNotFound,
        DatasetNotFound,
        DatasetVersionNotFound,
        SuiteExists,
        SuiteRefused,
        NameRefused,
    ),
)
def add_suite(body: SuiteCreate, session: WriteSession, actor: Writer) -> SuiteRead:
    """Make an exam of one split of a data set."""
    dataset = dataset_queries.get_ref(session, body.dataset)
    suite = service.add_suite(session, actor, body.name, body.title, dataset, split=body.split, scorer=body.scorer)
    return queries.suite_reads(session, [suite])[0]


@router.get("/gates")
def list_gates(session: ReadSession, actor: Reader) -> Page[GateRead]:
    """What versions must reach before they may serve a department."""
    return Page(items=queries.gate_reads(session, actor, queries.gates(session)))


@router.post(
    "/gates",
    status_code=201,
    responses=problems(NotPermitted, DepartmentNotFound, GateExists, GateRefused, ModelNotFound, VersionNotFound),
)
def add_gate(body: GateCreate, session: WriteSession, actor: Writer) -> GateRead:
    """Guard a department's endpoints."""
    department = auth_queries.get_department(session, body.department)
    return queries.gate_reads(session, actor, [service.add_gate(session, actor, department, body.name, body.rules)])[0]


@router.put(
    "/gates/{gate_id}", responses=problems(NotPermitted, GateNotFound, GateRefused, ModelNotFound, VersionNotFound)
)
def change_gate(gate_id: UUID, body: GateChange, session: WriteSession, actor: Writer) -> GateRead:
    """Give a gate other rules."""
    gate = service.change_gate(session, actor, queries.get_gate(session, gate_id), body.rules, reason=body.reason)
    return queries.gate_reads(session, actor, [gate])[0]


@router.get(
    "/models/{department}/{model}/versions/{number}/gates",
    responses=problems(ModelNotFound, VersionNotFound, DepartmentNotFound),
)
def check_gates(
    department: str,
    model: str,
    number: Number,
    session: ReadSession,
    actor: Reader,
    for_department: Annotated[str | None, Query(alias="department", max_length=64)] = None,
) -> GateReportRead:
    """The version before the gates of a department; without one, of its own."""
    version = access.get_ref(session, actor, f"{department}/{model}@{number}")
    guarded = auth_queries.get_department(session, for_department or department)
    return GateReportRead.model_validate(
        queries.hide_references(session, actor, queries.report(session, version, guarded.id))
    )


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
    job = service.order(session, actor, versions, suites, body.split)
    return job_queries.reads(session, [job])[0]


@router.get("/evaluations", responses=problems(ModelNotFound, VersionNotFound, NameRefused))
def list_evaluations(
    session: ReadSession,
    actor: Reader,
    version: Annotated[str | None, Query(max_length=112)] = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[RunRead]:
    """What versions that you may see scored, newest first."""
    of = access.get_ref(session, actor, version) if version else None
    found = queries.runs(session, actor, version=of, after=cursor, limit=limit + 1)
    following = str(found[limit - 1].id) if len(found) > limit else None
    return Page(items=queries.run_reads(session, found[:limit]), next=following)
