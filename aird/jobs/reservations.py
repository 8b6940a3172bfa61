"""Places for what is not a job and is never asked to hand them back: serving engines, inside the department's quota."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from aird.auth import queries as auth
from aird.core.db import advisory_lock, database_now
from aird.jobs import admission, decisions, machines, queue
from aird.jobs.admission import Decision
from aird.jobs.house import Ask, House, Room, Seat
from aird.jobs.leases import CLAIMS
from aird.jobs.machines import Known
from aird.jobs.models import Reservation
from aird.jobs.needs import Needs
from aird.jobs.queue import HERE

GRACE_SECONDS = 30.0
"""What jobs that borrow its place have to a checkpoint."""


def book(
    session: Session, holder: UUID, department_id: UUID, needs: Needs, *, kind: str, title: str,
    on: Callable[[Known], bool] | None = None,
) -> Decision:  # fmt: skip
    """Give `holder` places, or say why not; nothing happens when it has them.

    What asks for no chip takes no slot of a machine either, and only a quota of `cpu` can stand against it. `on` says
    which machines will do. Jobs that borrow what the department deserves are asked to hand it back, for a later try.
    """
    advisory_lock(session, CLAIMS)
    at = database_now(session)
    keys = auth.department_keys(session)
    ask = Ask(holder, keys[department_id], kind, needs, at.timestamp())
    kept = session.scalar(select(Reservation).where(Reservation.holder == holder))
    if kept is not None:
        return Decision(ask, "starts", "It has its place.", worker=kept.worker, seats=queue.seats_of(kept.seats))
    now = queue.house(session, at)
    house = House(_rooms(session, needs, on), now.holdings, now.quotas, {}, now.served)
    [decision] = admission.decide(house, [ask])
    if decision.victims:
        decisions.ask_back(session, at, decision, GRACE_SECONDS)
    if not decision.starts:
        return decision
    seats = [{"machine": each.machine, "flavour": each.flavour, "chips": list(each.chips)} for each in decision.seats]
    session.add(
        Reservation(
            holder=holder, kind=kind, title=title[:200], department_id=department_id, worker=decision.worker,
            seats=seats, memory=needs.memory, since=at,
        )
    )  # fmt: skip
    session.flush()
    return decision


def release(session: Session, holders: Sequence[UUID]) -> None:
    """Give the places back."""
    session.execute(delete(Reservation).where(Reservation.holder.in_(holders)))


def chips(session: Session) -> dict[UUID, int]:
    """How many chips each holder has."""
    rows = session.execute(select(Reservation.holder, Reservation.seats))
    return {row.holder: sum(len(seat["chips"]) for seat in row.seats) for row in rows}


def seats(session: Session, holder: UUID) -> tuple[Seat, ...]:
    """What the holder has."""
    kept = session.scalar(select(Reservation).where(Reservation.holder == holder))
    return queue.seats_of(kept.seats) if kept is not None else ()


def _rooms(session: Session, needs: Needs, on: Callable[[Known], bool] | None) -> list[Room]:
    if not needs.chips:
        return [Room("", HERE, None)]
    return [
        Room(each.worker, each.name, each.slots, each.chips, each.memory)
        for each in machines.known(session, alive=True) if on is None or on(each)
    ]  # fmt: skip
