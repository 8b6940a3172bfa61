"""The bill of a month: tokens and the time of chips, added up in several ways that have to agree.

Every sum comes straight from the ledger's rows, each priced by the book of its moment and rounded once. So
total = sum of departments = sum of endpoints = sum of keys = sum of versions, and the line that says so has compared.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, Select, cast, func, literal, null, select, union_all
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.models import Token
from aird.core.clock import now
from aird.metering import prices, queries, upkeep
from aird.metering.models import ComputeEntry, UsageEntry
from aird.metering.prices import Segment
from aird.metering.schemas import (
    Amount,
    Bill,
    ComputeAmount,
    DepartmentAmount,
    EndpointAmount,
    KeyAmount,
    PriceRead,
    VersionAmount,
)

Departments = queries.Departments


class Group(NamedTuple):
    """What a sum is of; None: of all."""

    department: UUID | None = None
    endpoint: str | None = None
    token: UUID | None = None
    unit: str | None = None
    version: str | None = None
    experiment: bool | None = None


@dataclass
class _Sum:
    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost_micro: int = 0

    def add(self, other: Any) -> None:
        """Add another sum."""
        for name in vars(self):
            setattr(self, name, getattr(self, name) + int(getattr(other, name) or 0))


GROUPED_BY = ("department_id", "endpoint", "token_id", "unit", "version", "experiment")
GROUPINGS: dict[str, frozenset[str]] = {
    "total": frozenset(),
    "department": frozenset({"department_id"}),
    "endpoint": frozenset({"department_id", "endpoint"}),
    "key": frozenset({"department_id", "token_id"}),
    "version": frozenset({"department_id", "unit", "version"}),
    "experiment": frozenset({"experiment"}),
}
FINEST = frozenset({"department_id", "endpoint", "token_id", "unit", "version"})


def bill(session: Session, month: str | None, departments: Departments) -> Bill:
    """What the departments owe for a month (`2026-11`; None: the present one). Raises MonthUnreadable."""
    month, start, end = queries.bounds(month)
    book = queries.price_book(session)
    stretches = prices.segments(book, start, end)
    keys = auth_queries.department_keys(session)
    tokens = {token.id: token for token in session.scalars(select(Token))}
    sums = sums_by(session, stretches, departments, GROUPINGS)
    compute = compute_amounts(session, stretches, departments, keys)
    engines = upkeep.amounts(session, stretches, departments, keys)
    held = _added_time(compute)
    total = _amount(sums["total"].get(Group(), _Sum()))
    everyone = {each.department: each for each in _idle_departments(compute)}
    for group, each in sums["department"].items():
        name = keys[_of(group)]
        line = everyone.get(name) or DepartmentAmount(department=name, **asdict(_Sum()))
        everyone[name] = line.model_copy(update=asdict(each))
    by_department = [_with_compute(each, compute) for each in everyone.values()]
    by_endpoint = [
        EndpointAmount(endpoint=group.endpoint or "", department=keys[_of(group)], **asdict(each))
        for group, each in sums["endpoint"].items()
    ]
    by_key = [
        key_amount(tokens.get(group.token) if group.token else None, keys[_of(group)], asdict(each))
        for group, each in sums["key"].items()
    ]
    by_version = [
        VersionAmount(version=group.version or "", unit=group.unit or "", department=keys[_of(group)], **asdict(each))
        for group, each in sums["version"].items()
    ]
    present = prices.in_force(book, now() + prices.NOTICE)
    lists: tuple[Sequence[Amount], ...] = (by_department, by_endpoint, by_key, by_version)
    whole = total.cost_micro + held.cost_micro
    return Bill(
        month=month,
        departments=sorted(by_department, key=lambda each: each.department),
        endpoints=sorted(by_endpoint, key=lambda each: each.endpoint),
        keys=sorted(by_key, key=lambda each: (each.department, each.name, str(each.key))),
        versions=sorted(by_version, key=lambda each: (each.department, each.version)),
        compute=compute,
        engines=engines,
        engine_milliseconds=sum(each.milliseconds for each in engines),
        engine_micro=sum(each.worth_micro for each in engines),
        experiments=_amount(sums["experiment"].get(Group(experiment=True), _Sum())),
        total=total,
        compute_milliseconds=held.milliseconds,
        compute_micro=held.cost_micro,
        total_micro=whole,
        reconciled=all(_added(parts) == total for parts in lists)
        and sum(each.total_micro for each in by_department) == whole,
        currency=prices.CURRENCY,
        prices=[PriceRead(sku=sku, per_million_micro=micro) for sku, micro in sorted(present.items())],
    )


def sums_by(
    session: Session, segments: Sequence[Segment], departments: Departments, groupings: dict[str, frozenset[str]]
) -> dict[str, dict[Group, _Sum]]:
    """Sums straight from the ledger's rows, by grouping and group.

    One statement, so that all of them see the same rows also while answers are being noted.
    """
    found: dict[str, dict[Group, _Sum]] = {name: {} for name in groupings}
    parts = [_grouped(name, by, each, departments) for each in segments for name, by in groupings.items()]
    for row in session.execute(union_all(*parts)):
        name, *group, requests, prompt, cached, completion, cost = row
        if not requests:  # a sum over no rows
            continue
        line = found[name].setdefault(Group(*group), _Sum())
        line.add(_Sum(requests, prompt, cached, completion, cost))
    return found


def _grouped(name: str, by: frozenset[str], segment: Segment, departments: Departments) -> Select[Any]:
    entry = UsageEntry
    columns = {each: getattr(entry, each) for each in GROUPED_BY}
    shown = [
        column.label(each) if each in by else cast(null(), Boolean() if each == "experiment" else column.type)
        for each, column in columns.items()
    ]
    query = (
        select(
            literal(name),
            *shown,
            func.count(),
            func.sum(entry.prompt_tokens),
            func.sum(func.coalesce(entry.cached_tokens, 0)),
            func.sum(entry.completion_tokens),
            func.sum(queries.cost(segment.rates)),
        )
        .where(entry.at >= segment.start, entry.at < segment.end)
        .group_by(*[column for each, column in columns.items() if each in by])
    )
    return query if departments is None else query.where(entry.department_id.in_(departments))


def compute_amounts(
    session: Session, segments: Sequence[Segment], departments: Departments, keys: dict[UUID, str]
) -> list[ComputeAmount]:
    """The time of chips by department, kind of job and chip."""
    found: dict[tuple[str, str, str], ComputeAmount] = {}
    for segment in segments:
        entry = ComputeEntry
        query = (
            select(
                entry.department_id, entry.kind, entry.chip, func.count(entry.job_id.distinct()),
                func.sum(entry.milliseconds), func.sum(queries.time_cost(segment)),
            )
            .where(entry.at >= segment.start, entry.at < segment.end)
            .group_by(entry.department_id, entry.kind, entry.chip)
        )  # fmt: skip
        if departments is not None:
            query = query.where(entry.department_id.in_(departments))
        for department, kind, chip, jobs, milliseconds, micro in session.execute(query):
            key = (keys[department], kind, chip)
            line = found.setdefault(
                key,
                ComputeAmount(department=key[0], kind=kind, chip=chip, jobs=0, milliseconds=0, cost_micro=0),
            )
            line.jobs += int(jobs)
            line.milliseconds += int(milliseconds)
            line.cost_micro += int(micro)
    return [found[key] for key in sorted(found)]


def key_amount(token: Token | None, department: str, line: dict[str, int]) -> KeyAmount:
    """A line of the list of keys; without a token it is what people asked in the browser."""
    return KeyAmount(
        key=token.id if token else None,
        name=token.name if token else "browser",
        prefix=token.prefix if token else None,
        department=department,
        **line,
    )


def _of(group: Group) -> UUID:
    if group.department is None:
        raise LookupError("this sum is not of a department")
    return group.department


def _amount(line: _Sum) -> Amount:
    return Amount(**asdict(line))


def _added(parts: Iterable[Amount]) -> Amount:
    total = _Sum()
    for each in parts:
        total.add(each)
    return _amount(total)


def _added_time(parts: Iterable[ComputeAmount]) -> ComputeAmount:
    total = ComputeAmount(department="", kind="", chip="", jobs=0, milliseconds=0, cost_micro=0)
    for each in parts:
        total.jobs += each.jobs
        total.milliseconds += each.milliseconds
        total.cost_micro += each.cost_micro
    return total


def _idle_departments(compute: Iterable[ComputeAmount]) -> list[DepartmentAmount]:
    """A line for each department that had jobs, with no tokens on it yet."""
    names = {each.department for each in compute}
    return [DepartmentAmount(department=name, **asdict(_Sum())) for name in names]


def _with_compute(line: DepartmentAmount, compute: Iterable[ComputeAmount]) -> DepartmentAmount:
    held = _added_time(each for each in compute if each.department == line.department)
    return line.model_copy(
        update={
            "compute_milliseconds": held.milliseconds,
            "compute_micro": held.cost_micro,
            "total_micro": line.cost_micro + held.cost_micro,
        }
    )
