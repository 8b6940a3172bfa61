"""What this house has measured before: how much children kept of their parents, and how long signatures took."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from aird.approval.models import Approval
from aird.catalog.models import Parentage, Relation, Skill, Version
from aird.jobs.models import Job
from aird.planning.advice.expecting import TAILS, quantile
from aird.planning.advice.facts import Span, Way

LOOKED_AT = 400
"""Rows of scores of the latest children that are looked at."""
RELATIONS = {Way.MERGE: Relation.MERGE, Way.DISTIL: Relation.TEACHER}
TRAININGS = "training.sft"
ENOUGH_SIGNATURES = 3

Scores = dict[str, tuple[float, float]]
"""By exam: the child's score, and the best of its parents'."""


def kept(session: Session) -> dict[Way, list[float]]:
    """By way, one figure of each of the latest children that sat an exam which a parent sat as well.

    A merge keeps the mean over its exams; of a mentoring counts the exam that its teacher is best in, of a training the
    exam in which it gained most: those were taught.
    """
    found = {way: _children(session, relation) for way, relation in RELATIONS.items()}
    ratios = {
        Way.MERGE: [
            sum(child / best for child, best in scores.values()) / len(scores) for scores in found[Way.MERGE]
        ],
        Way.DISTIL: [
            child / best
            for child, best in (max(each.values(), key=lambda pair: pair[1]) for each in found[Way.DISTIL])
        ],
    }  # fmt: skip
    gaps = [
        max((child - start) / (1 - start) for child, start in scores.values())
        for scores in _children(session, Relation.BASE, kind=TRAININGS, floor=-1.0)
    ]
    return {**ratios, Way.TRAIN: gaps}


def _children(session: Session, relation: Relation, *, kind: str | None = None, floor: float = 0.0) -> list[Scores]:
    """The scores of children of this relation beside their best parent's, by child; parents at or below `floor`, and
    for trainings at 1, say nothing."""
    own, theirs = aliased(Skill), aliased(Skill)
    query = (
        select(Version.id, own.suite, own.score, theirs.score.label("parent"))
        .join(Parentage, Parentage.child_id == Version.id)
        .join(own, own.version_id == Version.id)
        .join(theirs, (theirs.version_id == Parentage.parent_id) & (theirs.suite == own.suite))
        .where(Parentage.relation == relation, theirs.score > floor)
        .order_by(Version.created_at.desc(), Version.id)
        .limit(LOOKED_AT)
    )
    if kind is not None:
        query = query.join(Job, Job.id == Version.job_id).where(Job.kind == kind, theirs.score < 1.0)
    found: dict[UUID, Scores] = defaultdict(dict)
    for row in session.execute(query):
        _, best = found[row.id].get(row.suite, (row.score, row.parent))
        found[row.id][row.suite] = (row.score, max(best, row.parent))
    return list(found.values())


def signature_hours(session: Session) -> Span | None:
    """How long the latest signatures took to be given or refused; None before there were enough."""
    query = select(Approval.created_at, Approval.decided_at).where(Approval.decided_at.is_not(None))
    rows = session.execute(query.order_by(Approval.decided_at.desc()).limit(50))
    hours = sorted((row.decided_at - row.created_at).total_seconds() / 3600 for row in rows)
    return span(hours) if len(hours) >= ENOUGH_SIGNATURES else None


def span(ordered: Sequence[float]) -> Span:
    """Where four of five of these values lie, and their median."""
    return Span(quantile(ordered, TAILS[0]), quantile(ordered, 0.5), quantile(ordered, TAILS[1]))
