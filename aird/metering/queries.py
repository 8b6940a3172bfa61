"""Read the ledger: single entries, compute time, what a budget's subject cost."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.core.clock import now
from aird.metering import prices
from aird.metering.errors import MonthUnreadable
from aird.metering.models import BudgetKind, ComputeEntry, PriceRow, UsageEntry
from aird.metering.prices import MILLION, Price, Rates, Segment, Sku
from aird.metering.schemas import DepartmentJobs, JobsUsage, JobUsage, PriceBook, PriceEntry

Departments = frozenset[UUID] | None
"""The departments whose usage may be seen; None means all."""


def find_entry(session: Session, request_id: str) -> UsageEntry | None:
    """The ledger's entry of a completion id, None when there is none."""
    return session.scalar(select(UsageEntry).where(UsageEntry.request_id == request_id))


def price_book(session: Session) -> list[Price]:
    """Every price that was ever set."""
    return [Price(row.sku, row.per_million_micro, row.valid_from) for row in session.scalars(select(PriceRow))]


def price_history(session: Session) -> PriceBook:
    """Every price that was ever set, the newest first, then the defaults; the present ones are marked."""
    book = sorted(price_book(session), key=lambda each: each.valid_from, reverse=True)
    present: set[str] = set()
    items = []
    for each in book:
        counts = each.valid_from <= now() + prices.NOTICE and each.sku not in present
        if counts:
            present.add(each.sku)
        items.append(
            PriceEntry(
                sku=each.sku, per_million_micro=each.per_million_micro, valid_from=each.valid_from, present=counts
            )
        )
    for sku, micro in prices.DEFAULT_PRICES.items():
        items.append(PriceEntry(sku=sku, per_million_micro=micro, valid_from=None, present=sku not in present))
    return PriceBook(items=items, currency=prices.CURRENCY)


def used_micro(session: Session, month: str, kind: BudgetKind, subject: str, department_id: UUID) -> int:
    """What the ledger says that a budget's subject cost in a month."""
    _, start, end = bounds(month)
    return _used(session, start, end, kind, subject, department_id)


def used_since(session: Session, since: datetime, kind: BudgetKind, subject: str, department_id: UUID) -> int:
    """What a budget's subject cost since then."""
    return _used(session, since, now() + prices.NOTICE, kind, subject, department_id)


def _used(session: Session, start: datetime, end: datetime, kind: BudgetKind, subject: str, department_id: UUID) -> int:
    entry, total = UsageEntry, 0
    covered: dict[BudgetKind, ColumnElement[bool]] = {
        BudgetKind.DEPARTMENT: entry.department_id == department_id,
        BudgetKind.ENDPOINT: entry.endpoint == subject,
    }
    for each in prices.segments(price_book(session), start, end):
        own = covered[kind] if kind in covered else entry.token_id == UUID(subject)
        query = select(func.sum(cost(each.rates))).where(entry.at >= each.start, entry.at < each.end, own)
        total += int(session.scalar(query) or 0)
        if kind is BudgetKind.DEPARTMENT:
            held = ComputeEntry
            within = (held.at >= each.start, held.at < each.end, held.department_id == department_id)
            total += int(session.scalar(select(func.sum(time_cost(each))).where(*within)) or 0)
    return total


def jobs_usage(session: Session, month: str | None, departments: Departments) -> JobsUsage:
    """The time that jobs held chips in a month. Raises MonthUnreadable."""
    month, start, end = bounds(month)
    keys = auth_queries.department_keys(session)
    entry = ComputeEntry
    query = (
        select(
            entry.job_id,
            entry.kind,
            entry.department_id,
            entry.chip,
            func.count(),
            func.sum(entry.milliseconds),
        )
        .where(entry.at >= start, entry.at < end)
        .group_by(entry.job_id, entry.kind, entry.department_id, entry.chip)
        .order_by(func.max(entry.at).desc())
    )
    if departments is not None:
        query = query.where(entry.department_id.in_(departments))
    jobs = [
        JobUsage(
            job_id=job,
            kind=kind,
            department=keys[department],
            chip=chip,
            attempts=attempts,
            milliseconds=int(milliseconds),
        )
        for job, kind, department, chip, attempts, milliseconds in session.execute(query)
    ]
    found: dict[str, DepartmentJobs] = {}
    for each in jobs:
        empty = DepartmentJobs(department=each.department, jobs=0, milliseconds=0)
        line = found.setdefault(each.department, empty)
        line.jobs += 1
        line.milliseconds += each.milliseconds
    return JobsUsage(
        month=month,
        jobs=jobs,
        departments=[found[key] for key in sorted(found)],
        total_milliseconds=sum(each.milliseconds for each in jobs),
    )


def cost(rates: Rates) -> ColumnElement[int]:
    """prices.cost_micro as SQL: whole numbers, one rounding per entry."""
    entry = UsageEntry
    cached = func.coalesce(entry.cached_tokens, 0)
    prompt = (entry.prompt_tokens - cached) * rates.prompt + cached * rates.of_cached
    return (prompt + entry.completion_tokens * rates.completion + MILLION // 2) // MILLION


def time_cost(segment: Segment) -> ColumnElement[int]:
    """prices.held_micro as SQL."""
    entry, flavoured = ComputeEntry, f"{Sku.CHIP_TIME}."
    rates = {prices.CPU: segment.book[Sku.CPU_TIME]}
    rates |= {sku.removeprefix(flavoured): micro for sku, micro in segment.book.items() if sku.startswith(flavoured)}
    rate = case(rates, value=entry.chip, else_=segment.book[Sku.CHIP_TIME])
    return (entry.milliseconds * rate + MILLION // 2) // MILLION


def bounds(month: str | None) -> tuple[str, datetime, datetime]:
    """(`2026-11`, its first moment, the first one after it); None: the present month. Raises MonthUnreadable."""
    name = month or f"{now():%Y-%m}"
    try:
        return name, *prices.month_bounds(name)
    except ValueError as error:
        raise MonthUnreadable(f"{name!r} is not a month. Write it as 2026-11.", month=name) from error
