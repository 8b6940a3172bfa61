"""Approvals as the API shows them to one actor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from aird.approval import conversation, differences, queries, standing
from aird.approval.models import Approval
from aird.approval.queries import Look
from aird.approval.readiness import readiness
from aird.approval.schemas import ApprovalEventRead, ApprovalRead, ReadinessLine, ReplacedRead
from aird.approval.standing import ApprovalState, Void
from aird.auth import queries as auth_queries
from aird.auth.permissions import Actor, Permission, allowed
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.evaluation.gates import GateReport
from aird.evaluation.schemas import GateReportRead
from aird.requests.lifecycle import RequestState
from aird.store.artifacts import Store

NAMED = 8
"""So many people who may decide are named; the others are there all the same."""


@dataclass(frozen=True)
class _House:
    """What every line of a list needs and is read once."""

    actor: Actor
    everybody: list[Actor]
    keys: dict[UUID, str]
    names: dict[UUID, str]
    lines: dict[UUID, int]


def read_one(session: Session, store: Store, actor: Actor, approval: Approval) -> ApprovalRead:
    """The approval as it stands."""
    return reads(session, actor, [queries.look(session, store, approval)])[0]


def reads(session: Session, actor: Actor, found: Sequence[Look]) -> list[ApprovalRead]:
    """Approvals as the API shows them to this actor."""
    house = _House(
        actor,
        auth_queries.actors(session) if found else [],
        auth_queries.department_keys(session),
        auth_queries.usernames(session),
        conversation.counts(session, queries.ids(found)),
    )
    return [_read(session, house, each) for each in found]


def _read(session: Session, house: _House, seen: Look) -> ApprovalRead:
    approval, version, request = seen.approval, seen.approval.version, seen.approval.request
    noted = differences.noted(session, version)
    case = queries.case_of(session, seen)
    why_not = standing.objection(house.actor, case)
    deciders = [each.label for each in house.everybody if standing.objection(each, case) is None]
    report: GateReport | dict[str, Any] = approval.gate if seen.report is None else seen.report
    return ApprovalRead(
        id=approval.id,
        version=version.ref,
        digest=approval.digest,
        seal=approval.seal,
        seal_now=seen.seal,
        endpoint=approval.endpoint or None,
        alias=approval.alias,
        alias_was=_ref(session, approval.alias_was_id),
        department=house.keys[approval.department_id],
        requester=house.names[approval.requester_id],
        request=request.number,
        title=request.title,
        need=request.need,
        state=seen.state,
        void_because=seen.void,
        gate=GateReportRead.model_validate(report),
        readiness=_readiness(seen, [each.name for each in noted], deciders),
        differences=noted,
        accepted_differences=approval.accepted_differences,
        decided_by=house.names.get(approval.decided_by) if approval.decided_by else None,
        decided_at=approval.decided_at,
        reason=approval.reason,
        created_at=approval.created_at,
        may_decide=why_not is None,
        may_not_because=why_not,
        may_renew=_may_renew(house.actor, seen),
        may_comment=may_comment(house.actor, approval),
        deciders=deciders[:NAMED],
        deciders_more=max(0, len(deciders) - NAMED),
        lines=house.lines.get(approval.id, 0),
    )


def may_comment(actor: Actor, approval: Approval) -> bool:
    """Who may ask or decide in the department of the endpoint or of the version may speak."""
    departments = (approval.department_id, approval.version.model.department_id)
    return actor.id is not None and any(allowed(actor, Permission.ASK_APPROVAL, each) for each in departments)


def _may_renew(actor: Actor, seen: Look) -> bool:
    approval = seen.approval
    renewable = (
        seen.state is ApprovalState.CHANGES_REQUESTED
        or seen.void in (Void.EVIDENCE_CHANGED, Void.ALIAS_MOVED)
        or (seen.void is Void.VERSION_LEFT and approval.state in standing.OPEN)
    )
    in_review = approval.request.state is RequestState.IN_REVIEW
    return renewable and in_review and allowed(actor, Permission.ASK_APPROVAL, approval.department_id)


def _ref(session: Session, version_id: UUID | None) -> str | None:
    return catalog_queries.version_by_id(session, version_id).ref if version_id else None


def _readiness(seen: Look, names: list[str], deciders: list[str]) -> list[ReadinessLine]:
    if seen.report is None:
        return []
    points = readiness(
        version=seen.approval.version.state,
        request=seen.approval.request.state,
        asked=seen.approval.digest,
        artifact=seen.approval.version.artifact,
        report=seen.report,
        differences=names,
        evidence_unchanged=seen.approval.seal in ("", seen.seal),
        deciders=deciders,
    )
    return [ReadinessLine.model_validate(each) for each in points]


def replaced(session: Session, actor: Actor, approval: Approval) -> ReplacedRead:
    """What the version would follow; not named to who may not see it."""
    before = queries.replaced_by(session, approval)
    if before is None or not access.may_see(actor, before.model):
        return ReplacedRead(version=None, hidden=before is not None)
    return ReplacedRead(version=before.ref, hidden=False)


def event_reads(session: Session, approval: Approval) -> list[ApprovalEventRead]:
    """The conversation, the first line first."""
    return [ApprovalEventRead.model_validate(each) for each in conversation.events(session, approval)]
