"""Read the ledger: single entries, the bill of a month, compute time."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, cast, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.models import Token
from aird.core.clock import now
from aird.metering import prices
from aird.metering.errors import MonthUnreadable
from aird.metering.models import ComputeEntry, PriceRow, UsageEntry
from aird.metering.prices import MILLION, Price, Segment
from aird.metering.schemas import (
    Amount,
    Bill,
    DepartmentAmount,
    DepartmentJobs,
    EndpointAmount,
    JobsUsage,
    JobUsage,
    KeyAmount,
    PriceRead,
)

Departments = frozenset[UUID] | None
"""The departments whose usage may be seen; None means all."""


@dataclass
class _Sum:
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_micro: int = 0


def find_entry(session: Session, request_id: str) -> UsageEntry | None:
    """The ledger's entry of a completion id, None when there is none."""
    return session.scalar(select(UsageEntry).where(UsageEntry.request_id == request_id))


def price_book(session: Session) -> list[Price]:
    """Every price that was ever set."""
    return [Price(row.sku, row.per_million_micro, row.valid_from) for row in session.scalars(select(PriceRow))]


def bill(session: Session, month: str | None, departments: Departments) -> Bill:
    """What the departments owe for a month (`2026-11`; None: the present one). Raises MonthUnreadable."""
    month, start, end = _bounds(month)
    book = price_book(session)
    keys = auth_queries.department_keys(session)
    tokens = {token.id: token for token in session.scalars(select(Token))}
    sums = _sums(session, prices.segments(book, start, end), departments)
    total = Amount(**asdict(sums["total"].get((None, None, None), _Sum())))
    by_department = [
        DepartmentAmount(department=keys[department], **asdict(each))
        for (department, _, _), each in sums["department"].items()
        if department
    ]
    by_endpoint = [
        EndpointAmount(endpoint=endpoint, department=keys[department], **asdict(each))
        for (department, endpoint, _), each in sums["endpoint"].items()
        if department and endpoint
    ]
    by_key = [
        _key_amount(tokens.get(token) if token else None, keys[department], each)
        for (department, _, token), each in sums["key"].items()
        if department
    ]
    present = prices.in_force(book, now() + prices.NOTICE)
    return Bill(
        month=month,
        departments=sorted(by_department, key=lambda each: each.department),
        endpoints=sorted(by_endpoint, key=lambda each: each.endpoint),
        keys=sorted(by_key, key=lambda each: (each.department, each.name, str(each.key))),
        total=total,
        reconciled=all(_added(parts) == total for parts in (by_department, by_endpoint, by_key)),
        currency=prices.CURRENCY,
        prices=[PriceRead(sku=sku, per_million_micro=micro) for sku, micro in sorted(present.items())],
    )


def _key_amount(token: Token | None, department: str, line: _Sum) -> KeyAmount:
    name = token.name if token else "browser"
    return KeyAmount(
        key=token.id if token else None,
        name=name,
        prefix=token.prefix if token else None,
        department=department,
        **asdict(line),
    )


def _added(parts: Iterable[Amount]) -> Amount:
    total = _Sum()
    for each in parts:
        total.requests += each.requests
        total.prompt_tokens += each.prompt_tokens
        total.completion_tokens += each.completion_tokens
        total.cost_micro += each.cost_micro
    return Amount(**asdict(total))


def jobs_usage(session: Session, month: str | None, departments: Departments) -> JobsUsage:
    """The time that jobs held chips in a month. Raises MonthUnreadable."""
    month, start, end = _bounds(month)
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


Group = tuple[UUID | None, str | None, UUID | None]

GROUPED_BY = ("department_id", "endpoint", "token_id")
GROUPINGS: dict[str, frozenset[str]] = {
    "total": frozenset(),
    "department": frozenset({"department_id"}),
    "endpoint": frozenset({"department_id", "endpoint"}),
    "key": frozenset({"department_id", "token_id"}),
}


def _sums(session: Session, segments: Sequence[Segment], departments: Departments) -> dict[str, dict[Group, _Sum]]:
    """Four sums, each straight from the ledger's rows, by grouping and group.

    One statement, so that all four see the same rows also while answers are being noted.
    """
    found: dict[str, dict[Group, _Sum]] = {name: {} for name in GROUPINGS}
    parts = [_grouped(name, segment, departments) for segment in segments for name in GROUPINGS]
    for row in session.execute(union_all(*parts)):
        name, department, endpoint, token, requests, prompt, completion, cost = row
        if not requests:  # a sum over no rows
            continue
        line = found[name].setdefault((department, endpoint, token), _Sum())
        line.requests += int(requests)
        line.prompt_tokens += int(prompt)
        line.completion_tokens += int(completion)
        line.cost_micro += int(cost)
    return found


def _grouped(name: str, segment: Segment, departments: Departments) -> Select[Any]:
    entry, by = UsageEntry, GROUPINGS[name]
    columns = {each: getattr(entry, each) for each in GROUPED_BY}
    shown = [column if each in by else cast(null(), column.type) for each, column in columns.items()]
    query = (
        select(
            literal(name),
            *shown,
            func.count(),
            func.sum(entry.prompt_tokens),
            func.sum(entry.completion_tokens),
            func.sum(_cost(segment)),
        )
        .where(entry.at >= segment.start, entry.at < segment.end)
        .group_by(*[column for each, column in columns.items() if each in by])
    )
    return query if departments is None else query.where(entry.department_id.in_(departments))


def _cost(segment: Segment) -> ColumnElement[int]:
    """prices.cost_micro as SQL: whole numbers, one rounding per entry."""
    entry, rates = UsageEntry, segment.rates
    cached = func.coalesce(entry.cached_tokens, 0)
    prompt = (entry.prompt_tokens - cached) * rates.prompt + cached * rates.of_cached
    return (prompt + entry.completion_tokens * rates.completion + MILLION // 2) // MILLION


def _bounds(month: str | None) -> tuple[str, datetime, datetime]:
    name = month or f"{now():%Y-%m}"
    try:
        return name, *prices.month_bounds(name)
    except ValueError as error:
        raise MonthUnreadable(f"{name!r} is not a month. Write it as 2026-11.", month=name) from error
