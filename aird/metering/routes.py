"""Usage, bills and prices over HTTP. Everybody sees the departments that their roles let them see."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import Actor, Permission, departments_where
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.metering import bills, budgets, exports, queries, service, upkeep
from aird.metering.errors import BudgetNotFound, BudgetSubjectUnknown, MonthUnreadable, PriceInThePast
from aird.metering.models import BudgetKind
from aird.metering.schemas import (
    Bill,
    BudgetRead,
    Budgets,
    BudgetWrite,
    JobsUsage,
    PriceBook,
    PriceCreate,
    PriceRead,
    UnitCosts,
)
from aird.metering.settled import LedgerSettled

router = APIRouter(tags=["usage"])

Month = Annotated[str | None, Query(max_length=16, description="A month in UTC, `2026-11`; absent: this one.")]
Reader = Annotated[Actor, permit(Permission.READ_USAGE)]
Keeper = Annotated[Actor, permit(Permission.MANAGE_BUDGETS)]
Subject = Annotated[
    str, Path(max_length=96, description="A department's key, an endpoint's `department/name`, or a key's id.")
]


class ExportFormat(StrEnum):
    """How a bill is written."""

    CSV = "csv"
    FOCUS = "focus"  # FOCUS 1.2, as CSV


def _visible(session: Session, actor: Actor, department: str | None) -> frozenset[UUID] | None:
    """The departments to show: the wanted one, or all that the actor may see; None is all there are."""
    if department is not None:
        found = auth_queries.get_department(session, department)
        auth.require(actor, Permission.READ_USAGE, found.id)
        return frozenset({found.id})
    everywhere, ids = departments_where(actor.grants, Permission.READ_USAGE)
    return None if everywhere or actor.is_system else ids


@router.get("/usage", responses=problems(NotPermitted, DepartmentNotFound, MonthUnreadable))
def read_bill(
    _settled: LedgerSettled, session: ReadSession, actor: Reader, department: str | None = None, month: Month = None
) -> Bill:
    """What the departments used in a month and what it costs."""
    return bills.bill(session, month, _visible(session, actor, department))


@router.get(
    "/usage/export",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        **problems(NotPermitted, DepartmentNotFound, MonthUnreadable),
    },
)
def export_bill(
    _settled: LedgerSettled,
    session: ReadSession,
    actor: Reader,
    department: str | None = None,
    month: Month = None,
    form: Annotated[ExportFormat, Query(alias="format")] = ExportFormat.CSV,
) -> Response:
    """The bill of a month as a file; its lines add up to the bill."""
    seen = _visible(session, actor, department)
    write = exports.focus_csv if form is ExportFormat.FOCUS else exports.bill_csv
    name = "-".join(each for each in ("bill", queries.bounds(month)[0], department, form) if each)
    return Response(
        write(session, month, seen),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}.csv"'},
    )


@router.get("/usage/units", responses=problems(NotPermitted, DepartmentNotFound, MonthUnreadable))
def read_unit_costs(
    session: ReadSession, actor: Reader, department: str | None = None, month: Month = None
) -> UnitCosts:
    """What a million tokens of each version cost by the chips that kept it ready, idle time apart."""
    return upkeep.unit_costs(session, month, _visible(session, actor, department))


@router.get("/usage/budgets", responses=problems(NotPermitted, DepartmentNotFound))
def read_budgets(
    _settled: LedgerSettled,
    session: ReadSession,
    actor: Reader,
    department: str | None = None,
    kind: BudgetKind | None = None,
) -> Budgets:
    """How the budgets stand this month: used, reserved, and where the month is going."""
    return Budgets(items=budgets.read(session, _visible(session, actor, department), kind))


@router.get("/budgets/{kind}/{subject:path}", responses=problems(NotPermitted, BudgetNotFound))
def read_budget(session: ReadSession, actor: Reader, kind: BudgetKind, subject: Subject) -> BudgetRead:
    """One budget."""
    found = budgets.get(session, kind, subject)
    auth.require(actor, Permission.READ_USAGE, found.department_id)
    return budgets.read_one(session, found)


@router.put(
    "/budgets/{kind}/{subject:path}", responses=problems(NotPermitted, DepartmentNotFound, BudgetSubjectUnknown)
)
def set_budget(
    kind: BudgetKind, subject: Subject, body: BudgetWrite, session: WriteSession, actor: Keeper
) -> BudgetRead:
    """Bound what a department, an endpoint or a key may cost in a month; what it used this month counts."""
    found = budgets.set_budget(session, actor, kind, subject, **body.model_dump())
    return budgets.read_one(session, found)


@router.delete("/budgets/{kind}/{subject:path}", status_code=204, responses=problems(NotPermitted, BudgetNotFound))
def remove_budget(kind: BudgetKind, subject: Subject, session: WriteSession, actor: Keeper) -> None:
    """Take a bound away."""
    budgets.remove_budget(session, actor, kind, subject)


@router.get("/usage/prices", responses=problems(NotPermitted))
def read_prices(session: ReadSession, actor: Reader) -> PriceBook:
    """The price book with its history."""
    return queries.price_history(session)


@router.get("/usage/jobs", responses=problems(NotPermitted, DepartmentNotFound, MonthUnreadable))
def read_jobs_usage(
    session: ReadSession, actor: Reader, department: str | None = None, month: Month = None
) -> JobsUsage:
    """The time that jobs held chips in a month."""
    return queries.jobs_usage(session, month, _visible(session, actor, department))


@router.post("/usage/prices", status_code=201, responses=problems(NotPermitted, PriceInThePast))
def set_price(
    body: PriceCreate, session: WriteSession, actor: Annotated[Actor, permit(Permission.MANAGE_PEOPLE)]
) -> PriceRead:
    """Set a price from now on or from a later moment."""
    row = service.set_price(session, actor, body.sku, body.per_million_micro, valid_from=body.valid_from)
    return PriceRead(sku=row.sku, per_million_micro=row.per_million_micro)
