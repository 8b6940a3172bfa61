"""What budgets have used and what is lent of them, in whole micro-units.

For every budget and month: what the ledger says was used, plus what is lent to gateways, is never more than the
limit, because each loan is made under the lock of the budget's row. A gateway spends its lease alone; when its
entries come into the ledger, the same transaction moves their cost from the lease to what is used. So however many
gateways answer at once, together they cannot spend more than the limit.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth.permissions import SYSTEM
from aird.core.clock import now
from aird.core.db import advisory_lock, database_now
from aird.metering.models import Budget, BudgetKind, BudgetMonth, Lease

LEDGER_LOCK = 0x6C656467
"""Held by whoever adds to the ledger or begins a budget: a new budget counts each entry once."""

LOST_AFTER = timedelta(hours=1)
"""A lease whose gateway was silent for so long is taken back; its journal is lost with its machine."""


@dataclass(frozen=True)
class Charge:
    """A cost on the ledger, and whose it is."""

    at: datetime
    department: str
    endpoint: str | None
    key: UUID | None
    micro: int


def month_of(moment: datetime) -> str:
    """The month a moment is charged in, `2026-11`."""
    return f"{moment:%Y-%m}"


def subjects(department: str, endpoint: str | None, key: UUID | None) -> list[tuple[BudgetKind, str]]:
    """The budgets that can cover a cost, the widest first."""
    found = [(BudgetKind.DEPARTMENT, department)]
    if endpoint is not None:
        found.append((BudgetKind.ENDPOINT, endpoint))
    if key is not None:
        found.append((BudgetKind.KEY, str(key)))
    return found


def lend(session: Session, budget_id: UUID, month: str, holder: UUID, *, need: int, wish: int) -> tuple[int, int]:
    """(lent, left): add at least `need`, at best `wish`, to the holder's lease, or lend nothing.

    `left` is what nobody had used or borrowed before.
    """
    budget = session.scalar(select(Budget).where(Budget.id == budget_id).with_for_update())
    if budget is None:
        return 0, 0
    leases = {
        each.holder: each
        for each in session.scalars(select(Lease).where(Lease.budget_id == budget_id, Lease.month == month))
    }
    used = session.scalar(_month(budget_id, month)) or 0
    left = budget.limit_micro - used - sum(max(each.remaining_micro, 0) for each in leases.values())
    if left < need:
        return 0, left
    lent, moment = min(left, max(need, wish)), database_now(session)
    lease = leases.get(holder)
    if lease is None:
        session.add(Lease(budget_id=budget_id, month=month, holder=holder, remaining_micro=lent, renewed_at=moment))
    else:
        lease.remaining_micro, lease.renewed_at = lease.remaining_micro + lent, moment
    session.flush()
    return lent, left


def give_back(session: Session, budget_id: UUID, month: str, holder: UUID, micro: int) -> None:
    """Take a part of a lease back that its holder will not spend."""
    _lock(session, {budget_id})
    _shrink(session, budget_id, month, holder, micro)


def renew(session: Session, holder: UUID) -> None:
    """The holder is alive."""
    session.execute(update(Lease).where(Lease.holder == holder).values(renewed_at=database_now(session)))


def end_leases(session: Session, holder: UUID) -> None:
    """The holder is gone, and all that it spent is in the ledger."""
    session.execute(delete(Lease).where(Lease.holder == holder))


def end_lost_leases(session: Session) -> int:
    """Take leases back whose holders were silent for LOST_AFTER."""
    lost = delete(Lease).where(Lease.renewed_at < database_now(session) - LOST_AFTER).returning(Lease.id)
    return len(session.scalars(lost).all())


def charge(session: Session, charges: Iterable[Charge], *, holder: UUID | None = None) -> None:
    """Count costs that the same transaction puts on the ledger; they come off the holder's leases."""
    sums: dict[tuple[BudgetKind, str, str], int] = defaultdict(int)
    for each in charges:
        for kind, subject in subjects(each.department, each.endpoint, each.key):
            sums[kind, subject, month_of(each.at)] += each.micro
    if not sums:
        return
    names = {subject for _, subject, _ in sums}
    budgets = {(each.kind, each.subject): each for each in session.scalars(_named(names))}
    _lock(session, {each.id for each in budgets.values()})
    for (kind, subject, month), micro in sums.items():
        budget = budgets.get((kind, subject))
        if budget is not None and micro:
            _use(session, budget, month, micro)
            if holder is not None:
                _shrink(session, budget.id, month, holder, micro)


def _named(names: set[str]):  # type: ignore[no-untyped-def]
    return select(Budget).where(Budget.subject.in_(names))


def _month(budget_id: UUID, month: str):  # type: ignore[no-untyped-def]
    return select(BudgetMonth.used_micro).where(BudgetMonth.budget_id == budget_id, BudgetMonth.month == month)


def _lock(session: Session, budget_ids: set[UUID]) -> None:
    """Hold the budgets' rows, always in the same order."""
    wanted = select(Budget.id).where(Budget.id.in_(budget_ids)).order_by(Budget.id).with_for_update()
    session.execute(wanted).all()


def _shrink(session: Session, budget_id: UUID, month: str, holder: UUID, micro: int) -> None:
    mine = (Lease.budget_id == budget_id, Lease.month == month, Lease.holder == holder)
    session.execute(update(Lease).where(*mine).values(remaining_micro=Lease.remaining_micro - micro))


def _use(session: Session, budget: Budget, month: str, micro: int) -> None:
    found = session.scalar(
        select(BudgetMonth).where(BudgetMonth.budget_id == budget.id, BudgetMonth.month == month).with_for_update()
    )
    if found is None:
        found = BudgetMonth(budget_id=budget.id, month=month)
        session.add(found)
    found.used_micro += micro
    session.flush()
    alert_if_due(session, budget, found)


def alert_if_due(session: Session, budget: Budget, used: BudgetMonth) -> None:
    """Put on record, once in a month, that a budget's alert was reached."""
    if used.alerted_at is None and used.used_micro * 100 >= budget.limit_micro * budget.alert_percent:
        used.alerted_at = now()
        audit.record(
            session, SYSTEM, "metering.budget.alerted", budget,
            month=used.month, used_micro=used.used_micro, limit_micro=budget.limit_micro, percent=budget.alert_percent,
        )  # fmt: skip


def lock_ledger(session: Session) -> None:
    """Be the only one who adds to the ledger until this transaction ends."""
    advisory_lock(session, LEDGER_LOCK)


def lent(session: Session, budget_id: UUID, month: str) -> int:
    """What gateways hold of a budget."""
    query = select(func.sum(Lease.remaining_micro)).where(
        Lease.budget_id == budget_id, Lease.month == month, Lease.remaining_micro > 0
    )
    return int(session.scalar(query) or 0)
