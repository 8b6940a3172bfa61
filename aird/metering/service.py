"""Write the ledger and the price book. Entries are only ever added."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.core.clock import now
from aird.metering import queries
from aird.metering.errors import PriceInThePast
from aird.metering.models import ComputeEntry, PriceRow, Status, UsageEntry
from aird.metering.prices import Sku


def record_tokens(
    session: Session,
    request_id: str,
    *,
    department_id: UUID,
    endpoint: str,
    unit: str,
    version: str,
    token_id: UUID | None,
    person_id: UUID | None,
    prompt_tokens: int,
    completion_tokens: int,
    status: Status,
    milliseconds: int,
    ttft_milliseconds: int | None = None,
    estimated: bool = False,
    at: datetime | None = None,
) -> UsageEntry:
    """Note one answer; a second note with the same `request_id` changes nothing and gives the first."""
    noted = queries.find_entry(session, request_id)
    if noted is not None:
        return noted
    entry = UsageEntry(
        request_id=request_id,
        at=at or now(),
        department_id=department_id,
        endpoint=endpoint,
        unit=unit,
        version=version,
        token_id=token_id,
        person_id=person_id,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        status=status,
        estimated=estimated,
        milliseconds=milliseconds,
        ttft_milliseconds=ttft_milliseconds,
    )
    try:
        with session.begin_nested():
            session.add(entry)
    except IntegrityError:  # somebody else noted it a moment ago
        first = queries.find_entry(session, request_id)
        if first is None:
            raise
        return first
    return entry


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
