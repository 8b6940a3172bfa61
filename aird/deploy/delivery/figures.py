"""What the ledger says of the answers of a trial's two units."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, case, func, select
from sqlalchemy.orm import Session

from aird.deploy.delivery.health import Arm, Times
from aird.deploy.gateway.calls import BROKEN, CALLED
from aird.deploy.models import Endpoint
from aird.metering.models import Status, UsageEntry

ENTRY = UsageEntry
CUT_OFF = "length"
REFUSED = "refused"
"""Of a question that no engine would take."""


def arms(session: Session, endpoint: Endpoint, units: Sequence[str], since: datetime) -> dict[str, Arm]:
    """How the answers of each unit on the endpoint were since then, a shadow's among them."""
    counts = {unit: Arm() for unit in units}
    # An embedding has no tokens to give and no reason to stop.
    empty = (ENTRY.completion_tokens == 0) & ENTRY.finish_reason.is_not(None)
    cut = ENTRY.finish_reason == CUT_OFF
    calls, broken = ENTRY.finish_reason.in_((CALLED, BROKEN)), ENTRY.finish_reason == BROKEN
    counted = (_count(each) for each in (empty, cut, calls, broken))
    query = _entries(endpoint, units, since, ENTRY.status, func.count(), *counted)
    for unit, status, number, *found in session.execute(query.group_by(ENTRY.unit, ENTRY.status)):
        arm = counts[unit]
        if status is Status.OK:
            hollow, short, called, spoilt = map(int, found)
            counts[unit] = Arm(number, arm.errors, hollow, short, called, spoilt)
        elif status is Status.ERROR:
            counts[unit] = replace(arm, errors=number)
    ttft = _times(session, endpoint, units, since, ENTRY.ttft_milliseconds, ENTRY.ttft_milliseconds.is_not(None))
    after_first = (ENTRY.milliseconds - ENTRY.ttft_milliseconds) * 1000
    several = (ENTRY.completion_tokens > 1) & ENTRY.ttft_milliseconds.is_not(None)
    tokens = case((ENTRY.completion_tokens > 1, ENTRY.completion_tokens - 1), else_=1)
    tpot = _times(session, endpoint, units, since, after_first // tokens, several)
    return {unit: replace(each, ttft=ttft.get(unit, ()), tpot=tpot.get(unit, ())) for unit, each in counts.items()}


def _times(
    session: Session,
    endpoint: Endpoint,
    units: Sequence[str],
    since: datetime,
    time: SQLColumnExpression[int | None],
    known: ColumnElement[bool],
) -> dict[str, Times]:
    """A histogram of the answers that came to their end, two digits fine."""
    edge = case(
        (time < 100, time),
        (time < 1000, time // 10 * 10 + 9),
        (time < 10_000, time // 100 * 100 + 99),
        (time < 100_000, time // 1000 * 1000 + 999),
        else_=time // 10_000 * 10_000 + 9999,
    )
    query = _entries(endpoint, units, since, edge, func.count())
    query = query.where(known, ENTRY.status == Status.OK).group_by(ENTRY.unit, edge).order_by(edge)
    found: dict[str, list[tuple[int, int]]] = {}
    for unit, upper, number in session.execute(query):
        found.setdefault(unit, []).append((int(upper), number))
    return dict(found)


def _entries(endpoint: Endpoint, units: Sequence[str], since: datetime, *columns: Any) -> Select[Any]:
    return select(ENTRY.unit, *columns).where(
        ENTRY.at >= since,
        ENTRY.department_id == endpoint.department_id,
        ENTRY.endpoint == endpoint.name,
        ENTRY.unit.in_(units),
        func.coalesce(ENTRY.finish_reason, "") != REFUSED,
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
