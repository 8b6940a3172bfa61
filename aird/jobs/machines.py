"""The machines that run jobs: what each worker offers, and until when it is believed to be there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from aird.core.db import database_now
from aird.jobs.models import Machine
from aird.jobs.needs import Needs

REMEMBERED = timedelta(days=7)
"""A machine that was not seen for so long is forgotten."""


@dataclass(frozen=True)
class Chip:
    """One accelerator of a machine."""

    flavour: str
    index: int
    memory: int = 0  # bytes; 0: not known


@dataclass(frozen=True)
class Offer:
    """What one machine offers: slots for jobs without chips, host memory in bytes (0: not known), chips."""

    name: str
    slots: int
    memory: int = 0
    chips: tuple[Chip, ...] = ()


@dataclass(frozen=True)
class Known:
    """A machine of some worker, as the database knows it."""

    worker: str
    name: str
    executor: str
    slots: int
    memory: int
    chips: tuple[Chip, ...]
    seen_at: datetime
    alive: bool
    offered: bool  # still, when its worker last said what it offers


def announce(session: Session, worker: str, executor: str, offers: Iterable[Offer], *, lease_seconds: float) -> None:
    """Say that these machines are there, until the lease ends. What has gone from the same places is forgotten."""
    at = database_now(session)
    offered = {each.name: each for each in offers}
    rows = {row.name: row for row in session.scalars(select(Machine).where(Machine.worker == worker))}
    for name, offer in offered.items():
        chips = [{"flavour": chip.flavour, "index": chip.index, "memory": chip.memory} for chip in offer.chips]
        row = rows.pop(name, None)
        if row is None:
            replaced = (Machine.name == name, Machine.worker != worker, Machine.alive_until < at)
            session.execute(delete(Machine).where(*replaced))
            row = Machine(
                worker=worker, name=name, executor=executor, slots=offer.slots, memory=offer.memory, chips=chips,
                seen_at=at, alive_until=at,
            )  # fmt: skip
            session.add(row)
        row.slots, row.memory, row.seen_at = offer.slots, offer.memory, at
        row.alive_until = at + timedelta(seconds=lease_seconds)
        if row.chips != chips:
            row.chips = chips
    for gone in rows.values():
        gone.alive_until = min(gone.alive_until, gone.seen_at - timedelta(seconds=1))
    session.execute(delete(Machine).where(Machine.seen_at < at - REMEMBERED))
    session.flush()


def withdraw(session: Session, workers: Sequence[str]) -> None:
    """These workers have stopped or are known to be dead: what they offered is not there any more."""
    past = database_now(session) - timedelta(seconds=1)
    session.execute(
        update(Machine).where(Machine.worker.in_(workers), Machine.alive_until > past).values(alive_until=past)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def known(session: Session, *, alive: bool = False) -> list[Known]:
    """The machines of the last days, or those that are there now."""
    at = database_now(session)
    rows = session.scalars(select(Machine).order_by(Machine.name, Machine.worker))
    found = [
        Known(
            row.worker, row.name, row.executor, row.slots, row.memory,
            tuple(Chip(chip["flavour"], chip["index"], chip["memory"]) for chip in row.chips),
            row.seen_at, row.alive_until >= at, row.alive_until >= row.seen_at,
        )
        for row in rows
    ]  # fmt: skip
    return [each for each in found if each.alive] if alive else found


def capacity(machine: Known, needs: Needs) -> tuple[int, int]:
    """(suitable chips of the most frequent flavour, bytes of each); without chips (slots, bytes of the machine)."""
    if not needs.chips:
        return machine.slots, machine.memory
    best = (0, 0)
    for flavour in {chip.flavour for chip in machine.chips if needs.suits(chip.flavour)}:
        chips = [chip for chip in machine.chips if chip.flavour == flavour]
        best = max(best, (len(chips), min(chip.memory for chip in chips)))
    return best


def holders(machines: Iterable[Known], needs: Needs) -> list[Known]:
    """The machines on which this could run if they were idle; none when there are too few for all its nodes."""
    found = [each for each in machines if _holds(each, needs)]
    by_worker: dict[str, int] = {}
    for each in found:
        by_worker[each.worker] = by_worker.get(each.worker, 0) + 1
    return [each for each in found if by_worker[each.worker] >= needs.nodes]


def _holds(machine: Known, needs: Needs) -> bool:
    if not needs.chips:
        return machine.slots > 0 and (not machine.memory or needs.memory <= machine.memory)
    return any(
        sum(
            chip.flavour == flavour and (not chip.memory or needs.memory <= chip.memory) for chip in machine.chips
        ) >= needs.chips
        for flavour in {chip.flavour for chip in machine.chips if needs.suits(chip.flavour)}
    )  # fmt: skip
