"""Write the ledger and the price book. Entries are only ever added."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Table, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.core.clock import now
from aird.metering import funds, prices, queries
from aird.metering.errors import PriceInThePast
from aird.metering.funds import Charge
from aird.metering.models import ComputeEntry, PriceRow, Status, UsageEntry

_ENTRIES: Table = inspect(UsageEntry).local_table  # type: ignore[assignment]
"""Rows of the ledger come by the hundred; as a table they cost half of what they do as objects."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the ledger says of one answer; `request_id` is its completion id."""

    request_id: str
    department_id: UUID
    endpoint: str
    unit: str
    version: str
    token_id: UUID | None
    person_id: UUID | None
    prompt_tokens: int
    completion_tokens: int
    status: Status
    milliseconds: int
    ttft_milliseconds: int | None = None
    estimated: bool = False
    cached_tokens: int | None = None
    finish_reason: str | None = None
    deployment: int | None = None
    experiment: bool = False
    at: datetime = field(default_factory=now)


def record_answers(session: Session, answers: Sequence[Answer], *, holder: UUID | None = None) -> int:
    """Note answers and charge the budgets that cover them; returns how many were new.

    One whose `request_id` was noted before changes nothing. With `holder` the costs come off that gateway's leases.
    """
    if not answers:
        return 0
    funds.lock_ledger(session)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    unique = {each.request_id: each for each in answers}
    moment = now()
    rows = [{**vars(each), "id": uuid4(), "created_at": moment} for each in unique.values()]
    add = insert(_ENTRIES).on_conflict_do_nothing(index_elements=["request_id"]).returning(_ENTRIES.c.request_id)
    new = session.connection().execute(add, rows).scalars().all()
    book, keys = queries.price_book(session), auth_queries.department_keys(session)
    charges = []
    for each in (unique[request_id] for request_id in new):
        rates = prices.rates_at(book, each.at)
        micro = prices.cost_micro(rates, each.prompt_tokens, each.completion_tokens, each.cached_tokens)
        charges.append(Charge(each.at, keys[each.department_id], each.endpoint, each.token_id, micro))
    funds.charge(session, charges, holder=holder)
    return len(charges)


def record_job(
    session: Session,
    job_id: UUID,
    attempt: int,
    kind: str,
    department_id: UUID,
    milliseconds: int,
    *,
    chip: str = "cpu",
) -> ComputeEntry:
    """Note the time of one attempt of a job; a second note of the same attempt changes nothing."""
    noted = session.scalar(select(ComputeEntry).where(ComputeEntry.job_id == job_id, ComputeEntry.attempt == attempt))
    if noted is not None:
        return noted
    entry = ComputeEntry(
        job_id=job_id,
        attempt=attempt,
        at=now(),
        department_id=department_id,
        kind=kind,
        chip=chip,
        milliseconds=milliseconds,
    )
    funds.lock_ledger(session)
    session.add(entry)
    session.flush()
    price = prices.of_chip(prices.in_force(queries.price_book(session), entry.at), chip)
    department = auth_queries.department_keys(session)[department_id]
    funds.charge(session, [Charge(entry.at, department, None, None, prices.held_micro(price, milliseconds))])
    return entry


def set_price(
    session: Session, actor: Actor, sku: str, per_million_micro: int, *, valid_from: datetime | None = None
) -> PriceRow:
    """A price from now on, or from a later moment. Raises PriceInThePast.

    From now on means in prices.NOTICE: by then every gateway reserves by it, so none can reserve less than it will pay.
    """
    auth.require(actor, Permission.MANAGE_PEOPLE, None)
    moment = now()
    start = max(valid_from or moment, moment + prices.NOTICE)
    if valid_from is not None and valid_from < moment:
        raise PriceInThePast(
            f"The price would count from {valid_from:%Y-%m-%d %H:%M} UTC on, but what was used is priced already. "
            "Choose a later moment.",
            valid_from=valid_from.isoformat(),
        )
    row = PriceRow(sku=sku, per_million_micro=per_million_micro, valid_from=start)
    session.add(row)
    session.flush()
    audit.record(session, actor, "metering.price.set", row, per_million_micro=per_million_micro, valid_from=start)
    return row
