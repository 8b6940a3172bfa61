"""Read the audit log."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.audit.chain import Link
from aird.audit.models import AuditEntry


def entries(
    session: Session,
    *,
    before: int | None = None,
    limit: int = 50,
    event: str | None = None,
    actor: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    subject_id: UUID | None = None,
) -> list[AuditEntry]:
    """The newest entries first; `event` matches a prefix, `actor` and `subject` any part of the name."""
    query = select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEntry.seq < before)
    if event:
        query = query.where(AuditEntry.event.startswith(event, autoescape=True))
    if actor:
        query = query.where(AuditEntry.actor_name.contains(actor, autoescape=True))
    if subject:
        query = query.where(AuditEntry.subject.contains(subject, autoescape=True))
    if subject_id:
        query = query.where(AuditEntry.subject_id == subject_id)
    if since:
        query = query.where(AuditEntry.at >= since)
    return list(session.scalars(query))


def all_entries(session: Session) -> Iterator[AuditEntry]:
    """Every entry in order, streamed."""
    found = session.scalars(select(AuditEntry).order_by(AuditEntry.seq).execution_options(yield_per=1000))
    try:
        yield from found
    finally:
        found.close()  # a verification may stop at the first fault, with rows still to come


def links(session: Session) -> Iterator[Link]:
    """Every entry as the chain sees it."""
    for entry in all_entries(session):
        yield Link(entry.seq, entry.content(), entry.previous, entry.hash)
