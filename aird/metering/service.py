"""Write the ledger and the price book. Entries are only ever added."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.core.clock import now
from aird.metering.errors import PriceInThePast
from aird.metering.models import ComputeEntry, PriceRow, Status, UsageEntry
from aird.metering.prices import Sku


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
    at: datetime = field(default_factory=now)


def record_answers(session: Session, answers: Sequence[Answer]) -> None:
    """Note answers; one whose `request_id` was noted before changes nothing."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [{**vars(each), "id": uuid4(), "created_at": now()} for each in answers]
    session.execute(insert(UsageEntry).on_conflict_do_nothing(index_elements=["request_id"]), rows)


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
    session.add(entry)
    session.flush()
    return entry


def set_price(
    session: Session, actor: Actor, sku: Sku, per_million_micro: int, *, valid_from: datetime | None = None
) -> PriceRow:
    """A price from now on, or from a later moment. Raises PriceInThePast."""
    auth.require(actor, Permission.MANAGE_PEOPLE, None)
    moment = now()
    start = valid_from or moment
    if start < moment:
        raise PriceInThePast(
            f"The price would count from {start:%Y-%m-%d %H:%M} UTC on, but what was used is priced already. "
            "Choose a later moment.",
            valid_from=start.isoformat(),
        )
    row = PriceRow(sku=sku, per_million_micro=per_million_micro, valid_from=start)
    session.add(row)
    session.flush()
    audit.record(session, actor, "metering.price.set", row, per_million_micro=per_million_micro, valid_from=start)
    return row
