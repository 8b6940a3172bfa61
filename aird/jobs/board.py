"""Read the compute board: every machine with who holds what, the queue with its reasons, the quotas."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.auth import queries as auth
from aird.auth.permissions import Actor, Permission, departments_where
from aird.core.db import database_now
from aird.jobs import machines, queue
from aird.jobs.house import House, Seat
from aird.jobs.lifecycle import JobState
from aird.jobs.machines import Known
from aird.jobs.models import Job, Reservation
from aird.jobs.needs import CPU, Priority
from aird.jobs.queue import Terms
from aird.jobs.schemas_compute import (
    ChipRead,
    ComputeBoard,
    FlavourRead,
    Holder,
    MachineRead,
    QuotaRead,
    WaitingRead,
)

SHOWN = 200  # places of the queue

Place = tuple[str, str, str, int]  # worker, machine, flavour, chip


def compute(session: Session, actor: Actor, limits: Mapping[str, int]) -> ComputeBoard:
    """The board as the actor may see it: jobs of other departments without their names."""
    at = database_now(session)
    heads, decided, _ = queue.plan(session, at, terms=Terms(limits=limits))
    house = queue.house(session, at)  # as it is, before the plan gave places away
    visible = _visible(session, actor)
    chips, slots = _holders(session, visible)
    counts = {head.ask.id: head.count for head in heads}
    position, waiting, alike = 1, list[WaitingRead](), Counter[tuple[str, str]]()
    jobs = _jobs(session, [each.ask.id for each in decided[:SHOWN]])
    for decision in decided:
        number = counts[decision.ask.id]
        for flavour in [decision.flavour] if decision.flavour else house.capacity:
            if decision.ask.needs.suits(flavour):
                alike[decision.ask.department, flavour] += number
        if len(waiting) < SHOWN:
            waiting.append(_waiting(jobs[decision.ask.id], decision, position, number, visible))
        position += number
    total = session.scalar(select(func.count()).where(Job.state == JobState.QUEUED)) or 0
    return ComputeBoard(
        machines=[_machine(each, chips, slots) for each in machines.known(session)],
        flavours=_flavours(house), waiting=waiting, waiting_jobs=position - 1, blocked_jobs=total - position + 1,
        quotas=_quotas(house, alike),
    )  # fmt: skip


def _visible(session: Session, actor: Actor) -> frozenset[str]:
    everywhere, ids = departments_where(actor.grants, Permission.READ_JOBS)
    keys = auth.department_keys(session)
    return frozenset(key for id_, key in keys.items() if everywhere or actor.is_system or id_ in ids)


def _holders(
    session: Session, visible: frozenset[str]
) -> tuple[dict[Place, Holder], dict[tuple[str, str], list[Holder]]]:
    """Who holds which chip, and which slots of which machine."""
    keys = auth.department_keys(session)
    chips: dict[Place, Holder] = {}
    slots: dict[tuple[str, str], list[Holder]] = {}
    rows = session.execute(
        select(
            Job.id, Job.title, Job.kind, Job.department_id, Job.priority, Job.preemptible, Job.started_at, Job.worker,
            Job.seats, Job.yield_by,
        ).where(Job.state == JobState.RUNNING).order_by(Job.started_at)
    )  # fmt: skip
    for row in rows:
        department = keys[row.department_id]
        seen = department in visible
        holder = Holder(
            id=row.id if seen else None, title=row.title if seen else "", kind=row.kind if seen else "",
            department=department, priority=row.priority, preemptible=row.preemptible, since=row.started_at,
            leaving=row.yield_by is not None,
        )  # fmt: skip
        for seat in queue.seats_of(row.seats):
            if seat.flavour == CPU:
                slots.setdefault((row.worker, seat.machine), []).append(holder)
            for place in _places(row.worker, seat):
                chips[place] = holder
    offering = {each.name: each.worker for each in machines.known(session, alive=True)}
    for each in session.scalars(select(Reservation).order_by(Reservation.since)):
        department = keys[each.department_id]
        seen = department in visible
        holder = Holder(
            id=None, title=each.title if seen else "", kind=each.kind if seen else "", department=department,
            priority=Priority.HIGH, preemptible=False, since=each.since, leaving=False,
        )  # fmt: skip
        for seat in queue.seats_of(each.seats):
            for place in _places(offering.get(seat.machine, each.worker), seat):
                chips[place] = holder
    return chips, slots


def _places(worker: str, seat: Seat) -> Iterable[Place]:
    return ((worker, seat.machine, seat.flavour, index) for index in seat.chips)


def _machine(each: Known, chips: Mapping[Place, Holder], slots: Mapping[tuple[str, str], list[Holder]]) -> MachineRead:
    return MachineRead(
        name=each.name, worker=each.worker, executor=each.executor, alive=each.alive, seen_at=each.seen_at,
        memory=each.memory, slots=each.slots, slot_holders=slots.get((each.worker, each.name), []),
        chips=[
            ChipRead(
                index=chip.index, flavour=chip.flavour, memory=chip.memory,
                holder=chips.get((each.worker, each.name, chip.flavour, chip.index)),
            )
            for chip in each.chips
        ],
    )  # fmt: skip


def _jobs(session: Session, ids: Sequence[UUID]) -> dict[UUID, Any]:
    rows = session.execute(select(Job.id, Job.title, Job.queued_at).where(Job.id.in_(ids)))
    return {row.id: row for row in rows}


def _waiting(job: Any, decision: Any, position: int, alike: int, visible: frozenset[str]) -> WaitingRead:
    ask = decision.ask
    seen = ask.department in visible
    starts = decision.starts
    return WaitingRead(
        position=position, id=ask.id if seen else None, title=job.title if seen else "",
        kind=ask.kind if seen else "", department=ask.department, chips=ask.needs.chips, nodes=ask.needs.nodes,
        memory=ask.needs.memory, flavours=ask.needs.flavours, priority=int(ask.needs.priority),
        queued_at=job.queued_at, alike=alike, code="next" if starts else decision.code,
        reason="Starts as soon as a worker takes it." if starts else decision.reason, numbers=decision.numbers,
    )  # fmt: skip


def _flavours(house: House) -> list[FlavourRead]:
    return [
        FlavourRead(
            flavour=flavour, capacity=house.capacity.get(flavour, 0), free=max(house.free(flavour), 0),
            guaranteed=sum(quota.guarantee for (_, each), quota in house.quotas.items() if each == flavour),
            deserved=sum(quota.deserved for (_, each), quota in house.quotas.items() if each == flavour),
        )
        for flavour in sorted(house.governed | set(house.capacity))
    ]  # fmt: skip


def _quotas(house: House, alike: Counter[tuple[str, str]]) -> list[QuotaRead]:
    found = []
    for (department, flavour), quota in sorted(house.quotas.items()):
        held = house.held.get((department, flavour), 0)
        found.append(
            QuotaRead(
                department=department, flavour=flavour, guarantee=quota.guarantee, deserved=quota.deserved,
                limit=quota.limit, weight=quota.weight, held=held, borrowed=max(held - quota.deserved, 0),
                waiting=alike[department, flavour],
            )
        )  # fmt: skip
    return found
