"""Set budgets and tell how they stand."""

from calendar import monthrange
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.models import Department, Token, TokenKind
from aird.auth.permissions import Actor, Permission
from aird.core.clock import now
from aird.metering import funds, prices, queries
from aird.metering.errors import BudgetNotFound, BudgetSubjectUnknown
from aird.metering.models import Budget, BudgetKind, BudgetMonth, Lease, OnSpent, UsageEntry
from aird.metering.schemas import BudgetRead

LOOK_BACK_DAYS = 7
"""A forecast goes on at the pace of so many days."""


def set_budget(
    session: Session,
    actor: Actor,
    kind: BudgetKind,
    subject: str,
    *,
    limit_micro: int,
    alert_percent: int,
    on_spent: OnSpent,
) -> Budget:
    """Bound what a subject may cost in a month, from now on; what it used this month counts.

    A department's budget is set for the whole organisation, the others by whoever may in the department.
    Raises NotPermitted, DepartmentNotFound, BudgetSubjectUnknown.
    """
    department = _owner(session, kind, subject)
    auth.require(actor, Permission.MANAGE_BUDGETS, None if kind is BudgetKind.DEPARTMENT else department.id)
    funds.lock_ledger(session)
    budget = find(session, kind, subject)
    if budget is None:
        budget = Budget(
            kind=kind, subject=subject, department_id=department.id,
            limit_micro=limit_micro, alert_percent=alert_percent, on_spent=on_spent,
        )  # fmt: skip
        session.add(budget)
        session.flush()
        month = funds.month_of(now())
        used = queries.used_micro(session, month, kind, subject, department.id)
        session.add(BudgetMonth(budget_id=budget.id, month=month, used_micro=used))
    else:
        budget.limit_micro, budget.alert_percent, budget.on_spent = limit_micro, alert_percent, on_spent
    session.flush()
    audit.record(
        session, actor, "metering.budget.set", budget,
        limit_micro=limit_micro, alert_percent=alert_percent, on_spent=on_spent,
    )  # fmt: skip
    return budget


def remove_budget(session: Session, actor: Actor, kind: BudgetKind, subject: str) -> None:
    """Take the bound away. Raises BudgetNotFound, NotPermitted."""
    budget = get(session, kind, subject)
    auth.require(actor, Permission.MANAGE_BUDGETS, None if kind is BudgetKind.DEPARTMENT else budget.department_id)
    audit.record(session, actor, "metering.budget.removed", budget, limit_micro=budget.limit_micro)
    for each in (BudgetMonth, Lease):
        for row in session.scalars(select(each).where(each.budget_id == budget.id)):
            session.delete(row)
    session.flush()
    session.delete(budget)


def find(session: Session, kind: BudgetKind, subject: str) -> Budget | None:
    """The budget of a subject."""
    return session.scalar(select(Budget).where(Budget.kind == kind, Budget.subject == subject))


def get(session: Session, kind: BudgetKind, subject: str) -> Budget:
    """The budget of a subject. Raises BudgetNotFound."""
    budget = find(session, kind, subject)
    if budget is None:
        raise BudgetNotFound(f"There is no budget for the {kind} {subject!r}.", kind=kind, subject=subject)
    return budget


def read(session: Session, departments: frozenset[UUID] | None, kind: BudgetKind | None = None) -> list[BudgetRead]:
    """How the budgets of these departments (None: of all) stand this month, the widest first."""
    moment = now()
    query = select(Budget)
    if departments is not None:
        query = query.where(Budget.department_id.in_(departments))
    if kind is not None:
        query = query.where(Budget.kind == kind)
    keys, names = auth_queries.department_keys(session), _names(session)
    found = [_read(session, each, keys, names, moment) for each in session.scalars(query)]
    order = list(BudgetKind)
    return sorted(found, key=lambda each: (order.index(each.kind), each.subject))


def read_one(session: Session, budget: Budget) -> BudgetRead:
    """How this budget stands."""
    return _read(session, budget, auth_queries.department_keys(session), _names(session), now())


def forecast_micro(used: int, lately: int, lately_days: float, moment: datetime) -> int:
    """What the month will come to if it goes on at the pace of the last `lately_days`. Pure."""
    days = monthrange(moment.year, moment.month)[1]
    start = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    left = days - (moment - start) / timedelta(days=1)
    return used + round(lately / lately_days * left) if lately_days > 0 else used


def _read(
    session: Session, budget: Budget, keys: dict[UUID, str], names: dict[tuple[BudgetKind, str], str], moment: datetime
) -> BudgetRead:
    month = funds.month_of(moment)
    row = session.scalar(select(BudgetMonth).where(BudgetMonth.budget_id == budget.id, BudgetMonth.month == month))
    used = row.used_micro if row else 0
    since = moment - timedelta(days=LOOK_BACK_DAYS)
    lately = queries.used_since(session, since, budget.kind, budget.subject, budget.department_id)
    first = _first_use(session, budget.department_id)
    days = min(float(LOOK_BACK_DAYS), max(1.0, (moment - first) / timedelta(days=1))) if first else 0.0
    return BudgetRead(
        kind=budget.kind,
        subject=budget.subject,
        name=names.get((budget.kind, budget.subject), budget.subject),
        department=keys[budget.department_id],
        month=month,
        limit_micro=budget.limit_micro,
        used_micro=used,
        reserved_micro=funds.lent(session, budget.id, month),
        forecast_micro=forecast_micro(used, lately, days, moment),
        alert_percent=budget.alert_percent,
        on_spent=budget.on_spent,
        alerted_at=row.alerted_at if row else None,
        currency=prices.CURRENCY,
    )


def _first_use(session: Session, department_id: UUID) -> datetime | None:
    found: datetime | None = session.scalar(
        select(func.min(UsageEntry.at)).where(UsageEntry.department_id == department_id)
    )
    return found


def _names(session: Session) -> dict[tuple[BudgetKind, str], str]:
    """What departments and keys are called."""
    rows = session.execute(select(Token.id, Token.name, Token.prefix).where(Token.kind == TokenKind.KEY))
    names = {(BudgetKind.KEY, str(row.id)): f"{row.name} ({row.prefix}…)" for row in rows}
    return names | {(BudgetKind.DEPARTMENT, each.key): each.title for each in auth_queries.departments(session)}


def _owner(session: Session, kind: BudgetKind, subject: str) -> Department:
    """The department that pays for the subject."""
    if kind is BudgetKind.DEPARTMENT:
        return auth_queries.get_department(session, subject)
    if kind is BudgetKind.ENDPOINT:
        return auth_queries.get_department(session, subject.partition("/")[0])
    try:
        token = session.get(Token, UUID(subject))
    except ValueError:
        token = None
    if token is None or str(token.id) != subject or token.department_id is None or token.kind is not TokenKind.KEY:
        raise BudgetSubjectUnknown(f"There is no key {subject[:64]!r}. `GET /api/v1/tokens` lists them.")
    return session.get_one(Department, token.department_id)
