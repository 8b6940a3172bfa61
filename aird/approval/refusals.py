"""What somebody is told who may not decide. Pure."""

from aird.approval.errors import (
    AdminMayNotSign,
    ApprovalVoid,
    ChangesWanted,
    NotPending,
    OwnRequest,
)
from aird.approval.models import Approval
from aird.approval.standing import Objection, Void
from aird.auth.permissions import Actor, Permission
from aird.core.errors import AirdError, NotPermitted


def refusal(objection: Objection, void: Void | None, actor: Actor, approval: Approval) -> AirdError:
    """The error that says why not and what to do next."""
    match objection:
        case Objection.VOID:
            return ApprovalVoid(_ended(void, approval), because=void, version_state=approval.version.state,
                                request_state=approval.request.state, alias=approval.alias)  # fmt: skip
        case Objection.CHANGES_REQUESTED:
            return ChangesWanted("Changes were asked for. It can be signed when it was asked for again.")
        case Objection.NOT_PENDING:
            return NotPending(f"This was {approval.state} already. Ask again for a new decision.", state=approval.state)
        case Objection.ADMIN:
            return AdminMayNotSign("An admin runs the house and signs nothing. A lead or staff member must decide.")
        case Objection.OWN_REQUEST:
            return OwnRequest(
                f"{actor.label} asked for {approval.version.ref}, made it or uploaded its files. Another person must "
                "decide.",
                requester=approval.requester_id,
                maker=approval.maker_id,
            )
        case Objection.NOT_PERMITTED:
            return NotPermitted(
                f"{actor.label} may not decide this: it needs the right {Permission.DECIDE_APPROVAL.value} in the "
                "departments of both the version and the endpoint. Ask somebody who has it in both.",
                permission=Permission.DECIDE_APPROVAL.value,
            )


def _ended(void: Void | None, approval: Approval) -> str:
    match void:
        case Void.ALIAS_MOVED:
            return (
                f"{approval.alias} was moved since this was asked for, so what would be replaced is another version "
                "than the one that was looked at. Ask again."
            )
        case Void.EVIDENCE_CHANGED:
            return (
                f"What is known of {approval.version.ref} changed since this was asked for: its exam report or the "
                "department's gates. Ask again, so that the signature is under what is known now."
            )
    return (
        f"{approval.version.ref} is {approval.version.state} and request {approval.request.number} is "
        f"{approval.request.state}, so there is nothing to decide. Ask again when the version is in service."
    )
