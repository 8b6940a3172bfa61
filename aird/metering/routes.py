"""Usage, bills and prices over HTTP. Everybody sees the departments that their roles let them see."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import Actor, Permission, departments_where
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.metering import bills, queries, service
from aird.metering.errors import MonthUnreadable, PriceInThePast
from aird.metering.schemas import Bill, JobsUsage, PriceCreate, PriceRead
from aird.metering.settled import LedgerSettled

router = APIRouter(tags=["usage"])

Month = Annotated[str | None, Query(max_length=16, description="A month in UTC, `2026-11`; absent: this one.")]
Reader = Annotated[Actor, permit(Permission.READ_USAGE)]


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
