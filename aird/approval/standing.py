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
    APPROVED = "approved"  # signed; these bytes may serve on this endpoint
    REJECTED = "rejected"  # another person said no
    VOID = "void"  # the version left service, the request was withdrawn, or the alias was moved meanwhile


ASKABLE = frozenset({VersionState.CANDIDATE, VersionState.APPROVED})
"""States in which a version may be asked for."""


def standing(
    decided: ApprovalState, version: VersionState, request: RequestState, *, alias_moved: bool = False
) -> ApprovalState:
    """What an approval is worth now, given what was decided.

    `alias_moved` says that the alias no longer points where it did when its move was asked for. A signature ends with
    the version's suspension and does not come back when the version is reinstated.
    """
    match decided:
        case ApprovalState.PENDING if version not in ASKABLE or request is not RequestState.IN_REVIEW or alias_moved:
            return ApprovalState.VOID
        case ApprovalState.APPROVED if version is not VersionState.APPROVED:
            return ApprovalState.VOID
        case ApprovalState.APPROVED if request is RequestState.WITHDRAWN:
            return ApprovalState.VOID
    return decided


class Objection(StrEnum):
    """Why somebody may not decide; stable and translatable."""

    NOT_PENDING = "not_pending"
    VOID = "void"
    ADMIN = "admin_may_not_sign"
    OWN_REQUEST = "own_request"
    NOT_PERMITTED = "not_permitted"


@dataclass(frozen=True)
class Case:
    """What a decision is about: who is behind it, and which departments it concerns."""

    state: ApprovalState
    requester_id: UUID
    maker_id: UUID | None
    version_department_id: UUID
    endpoint_department_id: UUID


def objection(actor: Actor, case: Case) -> Objection | None:
    """Why the actor may not decide this, None when they may: another person, with the right in both departments."""
    if case.state is ApprovalState.VOID:
        return Objection.VOID
    if case.state is not ApprovalState.PENDING:
        return Objection.NOT_PENDING
    if any(grant.role is Role.ADMIN for grant in actor.grants):
        return Objection.ADMIN
    if actor.id in (case.requester_id, case.maker_id) and actor.id is not None:
        return Objection.OWN_REQUEST
    departments = (case.version_department_id, case.endpoint_department_id)
    if actor.id is None or not all(allowed(actor, Permission.DECIDE_APPROVAL, each) for each in departments):
        return Objection.NOT_PERMITTED
    return None
