"""What keeping a version ready costs: the time that its part of an engine was held, and how much of it was used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.core.db import advisory_lock, database_now
from aird.metering import prices, queries
from aird.metering.models import EngineEntry, UsageEntry
from aird.metering.prices import MILLION, Segment
from aird.metering.schemas import EngineAmount, UnitCost, UnitCosts

LOCK = 0x68656C64
LONGEST_GAP = timedelta(minutes=5)
"""Time that nobody noted for longer than this was not held: the server was off."""


@dataclass(frozen=True)
class Held:
    """A unit that an endpoint keeps ready: `share` is its part of the chips that its engines hold."""

    department_id: UUID
    endpoint: str
    unit: str
    chip: str
    share: float


def note(session: Session, held: Sequence[Held]) -> None:
    """Count the time since the last note for what is held now. Any number of servers may; each moment counts once."""
    advisory_lock(session, LOCK)
    moment = database_now(session)
    for each in held:
        last = session.scalar(
            select(func.max(EngineEntry.noted_until)).where(
                EngineEntry.unit == each.unit, EngineEntry.endpoint == each.endpoint, EngineEntry.chip == each.chip
            )
        )
        anew = last is None or moment - last > LONGEST_GAP
        at = moment if last is None or anew else last
        while at < moment or anew:
            hour = at.replace(minute=0, second=0, microsecond=0)
            until = min(moment, hour + timedelta(hours=1))
            _add(session, each, hour, at, until)
            at, anew = until, False


def _add(session: Session, held: Held, hour: datetime, since: datetime, until: datetime) -> None:
    entry = session.scalar(
        select(EngineEntry).where(
            EngineEntry.unit == held.unit, EngineEntry.endpoint == held.endpoint,
            EngineEntry.chip == held.chip, EngineEntry.hour == hour,
        )
    )  # fmt: skip
    if entry is None:
        entry = EngineEntry(
            hour=hour, department_id=held.department_id, endpoint=held.endpoint, unit=held.unit, chip=held.chip,
            milliseconds=0, busy_milliseconds=0, noted_until=until,
        )  # fmt: skip
        session.add(entry)
    time = (until - since) / timedelta(milliseconds=1)
    answering = session.scalar(
        select(func.sum(UsageEntry.milliseconds)).where(
            UsageEntry.unit == held.unit, UsageEntry.endpoint == held.endpoint,
            UsageEntry.created_at >= since, UsageEntry.created_at < until,
        )
    )  # fmt: skip
    entry.milliseconds += round(time * held.share)
    entry.busy_milliseconds += round(min(time, float(answering or 0)) * held.share)
    entry.noted_until = until
    session.flush()


def unit_costs(session: Session, month: str | None, departments: queries.Departments) -> UnitCosts:
    """What a million tokens of each version cost by the chips it held, without and with the idle time."""
    month, start, end = queries.bounds(month)
    keys = auth_queries.department_keys(session)
    stretches = prices.segments(queries.price_book(session), start, end)
    found: dict[tuple[str, str], UnitCost] = {}
    versions = _tokens(session, start, end)
    for stretch in stretches:
        query = select(EngineEntry).where(EngineEntry.hour >= stretch.start, EngineEntry.hour < stretch.end)
        if departments is not None:
            query = query.where(EngineEntry.department_id.in_(departments))
        for entry in session.scalars(query):
            version, tokens = versions.get((entry.endpoint, entry.unit), ("", 0))
            line = found.setdefault(
                (entry.endpoint, entry.unit),
                UnitCost(
                    endpoint=entry.endpoint, department=keys[entry.department_id], unit=entry.unit, version=version,
                    tokens=tokens, held_milliseconds=0, busy_milliseconds=0, busy_micro=0, idle_micro=0,
                    per_million_busy_micro=None, per_million_micro=None,
                ),
            )  # fmt: skip
            busy, whole = _worth(stretch, entry)
            line.held_milliseconds += entry.milliseconds
            line.busy_milliseconds += entry.busy_milliseconds
            line.busy_micro += busy
            line.idle_micro += whole - busy
    for line in found.values():
        line.per_million_busy_micro = per_million(line.busy_micro, line.tokens)
        line.per_million_micro = per_million(line.busy_micro + line.idle_micro, line.tokens)
    return UnitCosts(month=month, items=[found[each] for each in sorted(found)], currency=prices.CURRENCY)


def amounts(
    session: Session, segments: Sequence[Segment], departments: queries.Departments, keys: Mapping[UUID, str]
) -> list[EngineAmount]:
    """The time of chips that engines held, by endpoint and chip."""
    found: dict[tuple[str, str, str], EngineAmount] = {}
    for segment in segments:
        query = select(EngineEntry).where(EngineEntry.hour >= segment.start, EngineEntry.hour < segment.end)
        if departments is not None:
            query = query.where(EngineEntry.department_id.in_(departments))
        for entry in session.scalars(query):
            key = (keys[entry.department_id], entry.endpoint, entry.chip)
            line = found.setdefault(
                key,
                EngineAmount(
                    department=key[0], endpoint=key[1], chip=key[2], milliseconds=0, busy_milliseconds=0,
                    worth_micro=0, idle_micro=0,
                ),
            )  # fmt: skip
            busy, whole = _worth(segment, entry)
            line.milliseconds += entry.milliseconds
            line.busy_milliseconds += entry.busy_milliseconds
            line.worth_micro += whole
            line.idle_micro += whole - busy
    return [found[key] for key in sorted(found)]


def _worth(segment: Segment, entry: EngineEntry) -> tuple[int, int]:
    """(of the time in which it answered, of all of its time) in micro-units."""
    rate = prices.of_chip(segment.book, entry.chip)
    whole = prices.held_micro(rate, entry.milliseconds)
    return min(whole, prices.held_micro(rate, entry.busy_milliseconds)), whole


def per_million(micro: int, tokens: int) -> int | None:
    """What a million tokens cost when so many cost so much; None without any."""
    return (micro * MILLION + tokens // 2) // tokens if tokens else None


def _tokens(session: Session, start: datetime, end: datetime) -> dict[tuple[str, str], tuple[str, int]]:
    entry = UsageEntry
    query = (
        select(
            entry.endpoint, entry.unit, func.max(entry.version),
            func.sum(entry.prompt_tokens + entry.completion_tokens),
        )
        .where(entry.at >= start, entry.at < end)
        .group_by(entry.endpoint, entry.unit)
    )  # fmt: skip
    return {(endpoint, unit): (version, int(tokens)) for endpoint, unit, version, tokens in session.execute(query)}
