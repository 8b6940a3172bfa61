"""Whether an approval stands, and who may decide it. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from aird.auth.permissions import Actor, Permission, Role, allowed
from aird.catalog.lifecycle import VersionState
from aird.requests.lifecycle import RequestState


class ApprovalState(StrEnum):
    """What was decided, and whether it stands."""

    PENDING = "pending"  # waits for a signature
    CHANGES_REQUESTED = "changes_requested"  # a reviewer wants something else first; the asker asks again
    APPROVED = "approved"  # signed; these bytes may serve on this endpoint
    REJECTED = "rejected"  # another person said no
    VOID = "void"  # what was asked for or signed is no longer so; `Void` says what changed


class Void(StrEnum):
    """What ended an approval that nobody decided against; stable and translatable."""

    VERSION_LEFT = "version_left_service"
    REQUEST_CLOSED = "request_not_in_review"
    ALIAS_MOVED = "alias_moved"
    EVIDENCE_CHANGED = "evidence_changed"  # other bytes, other gates or another exam report than was asked for
    EXAMINED_AGAIN = "examined_again"  # an exam that the signature stood on has another result now
    ENDED = "ended"  # a signature from before the version left service


ASKABLE = frozenset({VersionState.CANDIDATE, VersionState.APPROVED})
"""States in which a version may be asked for."""
OPEN = frozenset({ApprovalState.PENDING, ApprovalState.CHANGES_REQUESTED})
"""States in which nothing is decided yet."""


@dataclass(frozen=True)
class Changes:
    """What is no longer as it was when the approval was asked for, or signed."""

    alias_moved: bool = False
    evidence_changed: bool = False
    examined_again: bool = False


NOTHING_CHANGED = Changes()


def voided(
    decided: ApprovalState, version: VersionState, request: RequestState, changes: Changes = NOTHING_CHANGED
) -> Void | None:
    """What ended the approval, None while it stands as it was decided.

    Who was asked for changes is expected to change the evidence, so that alone ends nothing there. A signature ends
    with the version's suspension and does not come back when the version is reinstated.
    """
    if decided is ApprovalState.VOID:
        return Void.ENDED
    if decided in OPEN:
        if version not in ASKABLE:
            return Void.VERSION_LEFT
        if request is not RequestState.IN_REVIEW:
            return Void.REQUEST_CLOSED
        if changes.alias_moved:
            return Void.ALIAS_MOVED
        stale = decided is ApprovalState.PENDING and changes.evidence_changed
        return Void.EVIDENCE_CHANGED if stale else None
    if decided is ApprovalState.APPROVED:
        if version is not VersionState.APPROVED:
            return Void.VERSION_LEFT
        if request is RequestState.WITHDRAWN:
            return Void.REQUEST_CLOSED
        return Void.EXAMINED_AGAIN if changes.examined_again else None
    return None


def standing(
    decided: ApprovalState, version: VersionState, request: RequestState, changes: Changes = NOTHING_CHANGED
) -> ApprovalState:
    """What an approval is worth now, given what was decided."""
    return decided if voided(decided, version, request, changes) is None else ApprovalState.VOID


class Objection(StrEnum):
    """Why somebody may not decide; stable and translatable."""

    NOT_PENDING = "not_pending"
    CHANGES_REQUESTED = "changes_requested"
    VOID = "void"
    ADMIN = "admin_may_not_sign"
    OWN_REQUEST = "own_request"
    NOT_PERMITTED = "not_permitted"


@dataclass(frozen=True)
class Case:
    """What a decision is about: who is behind it, and which departments it concerns.

    `involved` are those who asked for it, made it or uploaded its files: none of them decides.
    """

    state: ApprovalState
    involved: frozenset[UUID]
    version_department_id: UUID
    endpoint_department_id: UUID


def objection(actor: Actor, case: Case) -> Objection | None:
    """Why the actor may not decide this, None when they may: another person, with the right in both departments."""
    if case.state is ApprovalState.VOID:
        return Objection.VOID
    if case.state is ApprovalState.CHANGES_REQUESTED:
        return Objection.CHANGES_REQUESTED
    if case.state is not ApprovalState.PENDING:
        return Objection.NOT_PENDING
    if any(grant.role is Role.ADMIN for grant in actor.grants):
        return Objection.ADMIN
    if actor.id is not None and actor.id in case.involved:
        return Objection.OWN_REQUEST
    departments = (case.version_department_id, case.endpoint_department_id)
    if actor.id is None or not all(allowed(actor, Permission.DECIDE_APPROVAL, each) for each in departments):
        return Objection.NOT_PERMITTED
    return None
