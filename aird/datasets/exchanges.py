"""Questions and answers that an endpoint keeps for a while, because its owner agreed to it.

Personal data is taken out before anything is written, and who asked is not written at all. What has expired is
erased by the server's own round; until then it is read by those who work in the endpoint's department, gives the
words to what people say about answers, and can be frozen into a version to train on (see `feedback`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session

from aird.core.clock import now
from aird.core.db import Database
from aird.datasets.models import Dataset, Exchange
from aird.datasets.quality import personal


@dataclass(frozen=True)
class Clean:
    """One exchange without personal data; `masked` counts what was taken out, by kind."""

    completion_id: str
    unit: str
    version: str
    messages: list[dict[str, Any]]
    answer: str
    masked: dict[str, int]


def clean(completion_id: str, unit: str, version: str, messages: Sequence[dict[str, Any]], answer: str) -> Clean:
    """Take personal data out of an exchange."""
    counts, turns = Counter[str](), list[dict[str, Any]]()
    for each in messages:
        text, found = personal.masked(each["content"])
        turns.append({"role": each["role"], "content": text})
        counts += found
    text, found = personal.masked(answer)
    return Clean(completion_id, unit, version, turns, text, dict(sorted((counts + found).items())))


def keep(session: Session, endpoint: str, dataset: Dataset, exchange: Clean, *, days: int) -> Exchange:
    """Keep an exchange for so many days, beside the data set of the endpoint's feedback."""
    kept = Exchange(
        endpoint=endpoint,
        dataset_id=dataset.id,
        completion_id=exchange.completion_id,
        unit=exchange.unit,
        version=exchange.version,
        days=days,
        messages=exchange.messages,
        answer=exchange.answer,
        masked=dict(exchange.masked),
        expires_at=now() + timedelta(days=days),
    )
    session.add(kept)
    return kept


def listed(session: Session, endpoint: str, *, after: UUID | None = None, limit: int | None = None) -> list[Exchange]:
    """What is kept of an endpoint, newest first; what follows the exchange `after`."""
    query = select(Exchange).where(Exchange.endpoint == endpoint, Exchange.expires_at > now())
    last = session.get(Exchange, after) if after else None
    if last is not None:
        earlier = and_(Exchange.created_at == last.created_at, Exchange.id < last.id)
        query = query.where(or_(Exchange.created_at < last.created_at, earlier))
    return list(session.scalars(query.order_by(Exchange.created_at.desc(), Exchange.id.desc()).limit(limit)))


def count(session: Session, endpoint: str) -> int:
    """How many are kept of an endpoint."""
    query = select(func.count()).select_from(Exchange).where(Exchange.endpoint == endpoint)
    return session.scalar(query.where(Exchange.expires_at > now())) or 0


def of_dataset(session: Session, dataset: Dataset) -> list[Exchange]:
    """What is kept beside a data set of feedback, oldest first."""
    query = select(Exchange).where(Exchange.dataset_id == dataset.id, Exchange.expires_at > now())
    return list(session.scalars(query.order_by(Exchange.created_at, Exchange.id)))


def erase(session: Session, endpoint: str) -> int:
    """Erase everything that is kept of an endpoint; gives how many there were."""
    found = session.scalars(select(Exchange.id).where(Exchange.endpoint == endpoint)).all()
    session.execute(delete(Exchange).where(Exchange.endpoint == endpoint))
    return len(found)


def sweep(database: Database) -> None:
    """Erase what has expired."""
    old = Exchange.expires_at <= now()
    with database.read() as session:
        if session.scalar(select(Exchange.id).where(old).limit(1)) is None:
            return
    with database.write() as session:
        session.execute(delete(Exchange).where(old))
