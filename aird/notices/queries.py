"""What concerns a person: the end of what they began, and what waits for somebody with their rights."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from aird.approval.models import Approval
from aird.audit import queries as audit
from aird.auth.permissions import Actor, Permission, departments_where
from aird.catalog.models import Model
from aird.core.clock import now
from aird.notices.models import Desk
from aird.requests.models import Request

KEPT = timedelta(days=30)
MOST_UNREAD = 99
BEGINNINGS = (
    "jobs.job.queued", "jobs.job.retried", "requests.request.filed", "approval.approval.asked",
    "catalog.access.asked", "planning.plan.applied", "deploy.rollout.started",
)  # fmt: skip
"""Acts after which their author wants to hear how it went on."""
ENDS = ("jobs.job.succeeded", "jobs.job.failed", "planning.stage.failed", "planning.plan.succeeded")
"""What is told even when it was done in the author's own name: a worker acts as whoever ordered the job."""
TURNS = ("requests.request.", "approval.approval.", "catalog.access.", "planning.plan.", "deploy.rollout.", "jobs.job.")
"""What is told when somebody else did it."""


@dataclass(frozen=True)
class Notice:
    """One line; `page` is the address at which it can be looked at."""

    seq: int
    at: datetime
    event: str
    subject: str
    actor: str
    reason: str
    page: str | None


def desk(session: Session, person: UUID) -> Desk | None:
    """The person's desk, None before they did anything at it."""
    return session.scalars(select(Desk).where(Desk.person_id == person)).one_or_none()


def notices(
    session: Session, actor: Actor, *, after: int = 0, before: int | None = None, limit: int = 50
) -> list[Notice]:
    """The newest first, of the last thirty days."""
    if actor.id is None:
        return []
    told = audit.Told(
        person=actor.id,
        beginnings=BEGINNINGS,
        ends=ENDS,
        turns=TURNS,
        waiting={
            "approval.approval.asked": _within(
                select(Approval.id).where(Approval.requester_id != actor.id),
                Approval.department_id, actor, Permission.DECIDE_APPROVAL,
            ),
            "requests.request.filed": _within(
                select(Request.id), Request.department_id, actor, Permission.RUN_JOBS
            ),
            "catalog.access.asked": _within(
                select(Model.id), Model.department_id, actor, Permission.WRITE_MODELS
            ),
        },
    )  # fmt: skip
    found = audit.told(session, told, since=now() - KEPT, after=after, before=before, limit=limit)
    numbers = _request_numbers(session, [each.subject_id for each in found if each.event.startswith("requests.")])
    return [
        Notice(
            seq=each.seq, at=each.at, event=each.event, subject=each.subject, actor=each.actor_name,
            reason=each.reason, page=_page(each.event, each.subject, each.subject_id, numbers),
        )
        for each in found
    ]  # fmt: skip


def unread(session: Session, actor: Actor, seen: int) -> int:
    """How many the person has not looked at, at most MOST_UNREAD."""
    return len(notices(session, actor, after=seen, limit=MOST_UNREAD))


def _within(
    ids: Select[Any], column: InstrumentedAttribute[UUID], actor: Actor, permission: Permission
) -> Select[Any] | None:
    """Those of the departments in which the actor may do this; None when there is none."""
    everywhere, departments = departments_where(actor.grants, permission)
    if not everywhere and not departments:
        return None
    condition: ColumnElement[bool] = true() if everywhere else column.in_(departments)
    return ids.where(condition)


def _request_numbers(session: Session, ids: list[UUID | None]) -> dict[UUID, int]:
    wanted = [each for each in ids if each is not None]
    if not wanted:
        return {}
    rows = session.execute(select(Request.id, Request.number).where(Request.id.in_(wanted)))
    return {row.id: row.number for row in rows}


def _page(event: str, subject: str, subject_id: UUID | None, numbers: dict[UUID, int]) -> str | None:
    """The page that shows the subject."""
    slice_, noun = event.split(".")[:2]
    match (slice_, noun):
        case ("jobs", "job"):
            return f"/jobs/{subject_id}"
        case ("approval", "approval"):
            return f"/approvals/{subject_id}"
        case ("requests", "request"):
            return f"/requests/{numbers[subject_id]}" if subject_id in numbers else None
        case ("planning", _):
            return f"/plans/{subject}"
        case ("catalog", "access"):
            return f"/models/{subject}?tab=access"
        case ("deploy", _):
            return f"/endpoints/{subject.split(' ')[0]}"
    return None
