"""What an answer should have been, as people said: corrections, and answers of others that were rated well.

A pair is looked up by the answer's id, for a correction of the very answer that the baseline gave, and by its question.
An answer that one of the two versions on trial gave is no reference, however well it was rated: it would speak for
the version that gave it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from aird.datasets.models import Exchange, FeedbackItem
from aird.deploy.delivery import pairs

MOST = 5000
"""Opinions that are looked at, the newest."""


@dataclass(frozen=True)
class References:
    """The answers that were wanted, by the id of an answer and by what was asked."""

    by_answer: Mapping[str, list[str]] = field(default_factory=dict)
    by_question: Mapping[str, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_answer or self.by_question)


def known(session: Session, endpoint: str, units: Iterable[str]) -> References:
    """What people said about answers of the endpoint, while these two units are on trial there."""
    rated = and_(FeedbackItem.rating > 0, FeedbackItem.unit.not_in(list(units)))
    query = select(FeedbackItem).where(FeedbackItem.endpoint == endpoint, or_(FeedbackItem.correction != "", rated))
    items = list(session.scalars(query.order_by(FeedbackItem.created_at.desc(), FeedbackItem.id).limit(MOST)))
    silent = [each.completion_id for each in items if not each.messages]
    kept = select(Exchange).where(Exchange.endpoint == endpoint, Exchange.completion_id.in_(silent))
    words = {each.completion_id: each for each in session.scalars(kept)} if silent else {}
    by_answer, by_question = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for each in items:
        said = words.get(each.completion_id)
        wanted = each.correction or each.answer or (said.answer if said else "")
        messages = each.messages or (said.messages if said else [])
        if wanted and each.correction:
            by_answer[each.completion_id].append(wanted)
        if wanted and messages:
            by_question[key(pairs.question_of(messages))].append(wanted)
    return References(dict(by_answer), dict(by_question))


def key(question: str) -> str:
    """What names a question without personal data, however it is spaced."""
    return hashlib.sha256(" ".join(question.split()).encode()).hexdigest()
