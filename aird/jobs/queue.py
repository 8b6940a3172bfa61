"""What admission is asked about, read from the database: who waits, who holds what, which machines are there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from aird.auth import queries as auth
from aird.jobs import machines
from aird.jobs.admission import Decision, Rules, decide
from aird.jobs.house import NOBODY, Ask, Holding, House, Quota, Room, Seat
from aird.jobs.lifecycle import JobState
from aird.jobs.models import Job, QuotaRow, Reservation
from aird.jobs.needs import CPU, Needs, Priority
from aird.metering.models import ComputeEntry

WINDOW = timedelta(hours=2)
"""Over this it is counted what a department was served."""
HERE = "here"
"""The machine of a worker that has announced none: it takes any job without chips."""


@dataclass(frozen=True)
class Terms:
    """Under which a worker claims: limits per kind or slice, and seats of processes that are not gone yet."""

    rules: Rules = field(default_factory=Rules)
    limits: Mapping[str, int] = field(default_factory=dict)
    grace: float = 30.0  # seconds for a checkpoint
    lingering: Mapping[tuple[UUID, int], Sequence[Seat]] = field(default_factory=dict)


USUAL = Terms()


@dataclass(frozen=True)
class Head:
    """The oldest of a department's equal jobs, and how many of them wait."""

    ask: Ask
    count: int
    reason: str
    verdict: str


def waiting(at: datetime) -> ColumnElement[bool]:
    """Jobs that may start now as far as time and other jobs are concerned."""
    due = or_(Job.not_before.is_(None), Job.not_before <= at)
    return and_(Job.state == JobState.QUEUED, Job.waits_for == 0, due)


def heads(session: Session, at: datetime, *, without: Collection[UUID] = ()) -> list[Head]:
    """One ask for all equal jobs of a department."""
    same = (Job.department_id, Job.priority, Job.shape, Job.kind)
    query = select(*same, func.min(Job.queued_at).label("first"), func.count().label("number")).where(waiting(at))
    if without:
        query = query.where(Job.id.not_in(without))
    groups = query.group_by(*same).subquery()
    place = func.row_number().over(partition_by=same, order_by=Job.id).label("place")  # of those of the same moment
    oldest = select(Job.id, groups.c.number, place).join(
        groups,
        and_(*(column == groups.c[column.key] for column in same), Job.queued_at == groups.c.first),
    ).where(waiting(at)).subquery()  # fmt: skip
    rows = session.execute(
        select(
            Job.id, Job.kind, Job.department_id, Job.queued_at, Job.chips, Job.flavours, Job.memory, Job.nodes,
            Job.priority, Job.preemptible, Job.reason, Job.verdict, oldest.c.number,
        ).join(oldest, oldest.c.id == Job.id).where(oldest.c.place == 1)
    )  # fmt: skip
    keys = auth.department_keys(session)
    found = list[Head]()
    for row in rows:
        needs = Needs.model_construct(
            chips=row.chips, flavours=row.flavours, memory=row.memory, nodes=row.nodes,
            priority=Priority(row.priority), preemptible=row.preemptible,
        )  # fmt: skip
        waited = (at - row.queued_at).total_seconds()
        ask = Ask(row.id, keys[row.department_id], row.kind, needs, row.queued_at.timestamp(), waited)
        found.append(Head(ask, row.number, row.reason, row.verdict))
    return found


def house(session: Session, at: datetime, *, worker: str | None = None, terms: Terms = USUAL) -> House:
    """Everything at this moment; a `worker` that asks is there, and so is what it last offered, however long ago."""
    keys = auth.department_keys(session)
    known = machines.known(session)
    rooms = [
        Room(each.worker, each.name, each.slots, each.chips, each.memory)
        for each in known if each.alive or (each.worker == worker and each.offered)
    ]  # fmt: skip
    if worker is not None and not any(each.worker == worker for each in known):
        rooms.append(Room(worker, HERE, None))
    quotas = quotas_by_department(session, keys)
    served = _served(session, at, keys) if quotas else {}
    return House(rooms, _holdings(session, at, keys, worker, terms), quotas, terms.limits, served)


def quotas_by_department(session: Session, keys: Mapping[UUID, str]) -> dict[tuple[str, str], Quota]:
    """Every quota, by department and flavour."""
    return {
        (keys[row.department_id], row.flavour): Quota(row.guarantee, row.deserved, row.limit, row.weight)
        for row in session.scalars(select(QuotaRow))
    }


def _holdings(
    session: Session, at: datetime, keys: Mapping[UUID, str], worker: str | None, terms: Terms
) -> list[Holding]:
    rows = session.execute(
        select(
            Job.id, Job.attempt, Job.department_id, Job.kind, Job.worker, Job.seats, Job.priority, Job.preemptible,
            Job.started_at, Job.memory, Job.yield_by,
        ).where(Job.state == JobState.RUNNING)
    )  # fmt: skip
    lingering, found = dict(terms.lingering), list[Holding]()
    for row in rows:
        lingering.pop((row.id, row.attempt), None)
        found.append(
            Holding(
                row.id, keys[row.department_id], row.kind, row.worker or "", seats_of(row.seats), row.priority,
                row.preemptible, (at - row.started_at).total_seconds() if row.started_at else 0.0, row.memory,
                leaving=row.yield_by is not None,
            )
        )  # fmt: skip
    reservations = session.scalars(select(Reservation)).all()
    offering = {each.name: each.worker for each in machines.known(session, alive=True)} if reservations else {}
    for each in reservations:
        places = seats_of(each.seats)
        now_there = offering.get(places[0].machine, each.worker)  # a worker that started anew has another name
        found.append(
            Holding(
                each.holder, keys[each.department_id], each.kind, now_there, places, Priority.HIGH,
                preemptible=False, ran=(at - each.since).total_seconds(), memory=each.memory,
            )
        )  # fmt: skip
    for (job_id, _), seats in lingering.items():
        found.append(Holding(job_id, NOBODY, "", worker or "", tuple(seats), leaving=True))
    return found


def seats_of(kept: Sequence[Mapping[str, object]] | None) -> tuple[Seat, ...]:
    """Seats as a job keeps them."""
    if not kept:
        return (Seat(HERE, CPU),)
    return tuple(Seat(each["machine"], each["flavour"], tuple(each["chips"])) for each in kept)  # type: ignore[arg-type]


def _served(session: Session, at: datetime, keys: Mapping[UUID, str]) -> dict[tuple[str, str], float]:
    """How much of each flavour a department held on average lately."""
    entry, seconds = ComputeEntry, WINDOW.total_seconds()
    rows = session.execute(
        select(entry.department_id, entry.chip, func.sum(entry.milliseconds).label("milliseconds"))
        .where(entry.at >= at - WINDOW).group_by(entry.department_id, entry.chip)
    )  # fmt: skip
    found = {(keys[row.department_id], row.chip): int(row.milliseconds) / 1000 / seconds for row in rows}
    now = select(Job.department_id, Job.flavour, Job.held, Job.started_at).where(
        Job.state == JobState.RUNNING, Job.flavour.is_not(None)
    )
    for row in session.execute(now):
        key = (keys[row.department_id], row.flavour)
        ran = min((at - row.started_at).total_seconds(), seconds)
        found[key] = found.get(key, 0.0) + row.held * ran / seconds
    return found


def plan(
    session: Session, at: datetime, *, worker: str | None = None, terms: Terms = USUAL, without: Collection[UUID] = ()
) -> tuple[list[Head], list[Decision], House]:
    """What admission decides now; with a `worker` up to the first job that starts on one of its machines."""
    found = heads(session, at, without=without)
    if not found:
        return [], [], House([])
    now = house(session, at, worker=worker, terms=terms)
    return found, decide(now, [head.ask for head in found], terms.rules, worker=worker, first=worker is not None), now
