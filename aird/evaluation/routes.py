"""Gates over HTTP; exams and their runs have routers of their own."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from aird.auth import queries as auth_queries
from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog.errors import ModelNotFound, VersionNotFound
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.evaluation import queries, service
from aird.evaluation.errors import GateExists, GateNotFound, GateRefused
from aird.evaluation.routes_comparison import router as comparisons
from aird.evaluation.routes_runs import router as runs
from aird.evaluation.routes_skills import router as skills
from aird.evaluation.routes_suites import router as suites
from aird.evaluation.schemas import GateChange, GateCreate, GateRead, GateReportRead
from aird.store.deps import CurrentStore

router = APIRouter(tags=["evaluation"])
router.include_router(suites)
router.include_router(runs)
router.include_router(comparisons)
router.include_router(skills)

Reader = Annotated[Actor, permit(Permission.READ_EVALUATIONS)]
Writer = Annotated[Actor, permit(Permission.WRITE_EVALUATIONS)]
Number = Annotated[int, Path(ge=1, le=999_999_999)]


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
    store: CurrentStore,
    actor: Reader,
    for_department: Annotated[str | None, Query(alias="department", max_length=64)] = None,
) -> GateReportRead:
    """The version before the gates of a department; without one, of its own."""
    version = access.get_ref(session, actor, f"{department}/{model}@{number}")
    guarded = auth_queries.get_department(session, for_department or department)
    return GateReportRead.model_validate(
        queries.hide_references(session, actor, queries.report(session, store, version, guarded.id))
    )
