"""Read the audit log."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from aird.audit.chain import Link
from aird.audit.models import AuditEntry


@dataclass(frozen=True)
class Wanted:
    """Which entries: `event` matches a prefix, `actor`, `subject` and `reason` any part of the text."""

    event: str | None = None
    actor: str | None = None
    subject: str | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    subject_id: UUID | None = None

    def narrow(self, query: Select[AuditEntry]) -> Select[AuditEntry]:
        """The query with these conditions."""
        if self.event:
            query = query.where(AuditEntry.event.startswith(self.event, autoescape=True))
        if self.actor:
            query = query.where(AuditEntry.actor_name.contains(self.actor, autoescape=True))
        if self.subject:
            query = query.where(AuditEntry.subject.contains(self.subject, autoescape=True))
        if self.reason:
            query = query.where(AuditEntry.reason.contains(self.reason, autoescape=True))
        if self.subject_id:
            query = query.where(AuditEntry.subject_id == self.subject_id)
        if self.since:
            query = query.where(AuditEntry.at >= self.since)
        return query if self.until is None else query.where(AuditEntry.at < self.until)


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
    """The newest entries first; as in Wanted."""
    return found(
        session,
        Wanted(event=event, actor=actor, subject=subject, since=since, subject_id=subject_id),
        before=before,
        limit=limit,
    )


def found(session: Session, wanted: Wanted, *, before: int | None = None, limit: int = 50) -> list[AuditEntry]:
    """The wanted entries, the newest first."""
    query = wanted.narrow(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(limit))
    return list(session.scalars(query if before is None else query.where(AuditEntry.seq < before)))


EVERYTHING = Wanted()


def all_entries(session: Session, wanted: Wanted = EVERYTHING) -> Iterator[AuditEntry]:
    """Every entry, or all that are wanted, in order, streamed."""
    query = wanted.narrow(select(AuditEntry).order_by(AuditEntry.seq))
    found = session.scalars(query.execution_options(yield_per=1000))
    try:
        yield from found
    finally:
        found.close()  # a verification may stop at the first fault, with rows still to come


def links(session: Session) -> Iterator[Link]:
    """Every entry as the chain sees it."""
    for entry in all_entries(session):
        yield Link(entry.seq, entry.content(), entry.previous, entry.hash)


@dataclass(frozen=True)
class Told:
    """Which entries somebody is told of.

    What they began (`beginnings`) is followed: `ends` whoever notes them, `turns` (beginnings of names) when somebody
    else does. `waiting` names events whose subjects are for them to deal with, and which subjects these are.
    """

    person: UUID
    beginnings: Sequence[str]
    ends: Sequence[str]
    turns: Sequence[str]
    waiting: Mapping[str, Select[tuple[UUID]] | None]


def told(
    session: Session, who: Told, *, since: datetime, after: int = 0, before: int | None = None, limit: int = 50
) -> list[AuditEntry]:
    """The newest first, of the time since then and between the two entries."""
    entry = AuditEntry
    began = select(entry.subject_id).where(entry.actor_id == who.person, entry.event.in_(who.beginnings))
    others = or_(entry.actor_id.is_(None), entry.actor_id != who.person)
    turned = or_(*(entry.event.startswith(each, autoescape=True) for each in who.turns))
    followed = and_(
        entry.event.not_in(who.beginnings),
        entry.subject_id.in_(began),
        or_(entry.event.in_(who.ends), and_(others, turned)),
    )
    waiting = [
        and_(entry.event == event, others, entry.subject_id.in_(subjects))
        for event, subjects in who.waiting.items()
        if subjects is not None
    ]
    query = select(entry).where(entry.at >= since, entry.seq > after, or_(followed, *waiting))
    if before is not None:
        query = query.where(entry.seq < before)
    return list(session.scalars(query.order_by(entry.seq.desc()).limit(limit)))


def head(session: Session) -> int:
    """The number of the last entry, 0 before the first."""
    return session.scalar(select(func.max(AuditEntry.seq))) or 0


def happened(session: Session, *, after: int, limit: int) -> list[tuple[int, str]]:
    """(number, event) of the entries after this one, in order."""
    query = select(AuditEntry.seq, AuditEntry.event).where(AuditEntry.seq > after)
    return [(row.seq, row.event) for row in session.execute(query.order_by(AuditEntry.seq).limit(limit))]
