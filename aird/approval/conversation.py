"""What was said about an approval, and each step that it took."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aird.approval.models import Approval, ApprovalEvent, Step
from aird.auth.permissions import Actor

ASKING = (Step.ASKED, Step.RENEWED)
"""Steps whose authors stand behind the wish."""


def note(session: Session, actor: Actor, approval: Approval, step: Step, text: str) -> ApprovalEvent:
    """Append one line, with the version and the seal that lay on the table."""
    mine = select(func.max(ApprovalEvent.seq)).where(ApprovalEvent.approval_id == approval.id)
    event = ApprovalEvent(
        approval_id=approval.id,
        seq=(session.scalar(mine) or 0) + 1,
        person_id=actor.id,
        actor=actor.label,
        step=step,
        text=text,
        version=approval.version.ref,
        seal=approval.seal,
    )
    session.add(event)
    session.flush()
    return event


def events(session: Session, approval: Approval) -> list[ApprovalEvent]:
    """Every line, the first first."""
    query = select(ApprovalEvent).where(ApprovalEvent.approval_id == approval.id)
    return list(session.scalars(query.order_by(ApprovalEvent.seq)))


def counts(session: Session, ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many lines each of these approvals has."""
    query = select(ApprovalEvent.approval_id, func.count()).where(ApprovalEvent.approval_id.in_(list(ids)))
    return {row[0]: row[1] for row in session.execute(query.group_by(ApprovalEvent.approval_id))}


def askers(session: Session, approval: Approval) -> frozenset[UUID]:
    """Everybody who asked for it, the first time or again."""
    query = select(ApprovalEvent.person_id).where(
        ApprovalEvent.approval_id == approval.id, ApprovalEvent.step.in_(ASKING), ApprovalEvent.person_id.is_not(None)
    )
    return frozenset(each for each in session.scalars(query) if each) | {approval.requester_id}
