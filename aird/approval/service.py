"""Ask for a version on an endpoint or under an alias; approve or reject what another person asked for."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from aird.approval import differences, queries, standing
from aird.approval.errors import (
    AdminMayNotSign,
    ApprovalPending,
    ApprovalVoid,
    DigestChanged,
    GateFailed,
    NotACandidate,
    NotPending,
    OwnRequest,
    PlaceNotNamed,
    RequestElsewhere,
)
from aird.approval.models import Approval
from aird.approval.standing import ASKABLE, ApprovalState, Objection
from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission
from aird.catalog import aliases
from aird.catalog import service as catalog
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Version
from aird.catalog.names import check_alias, check_name
from aird.core.clock import now
from aird.core.db import advisory_lock
from aird.core.errors import AirdError, NotPermitted
from aird.evaluation import queries as evaluation_queries
from aird.evaluation.gates import GateReport
from aird.evaluation.schemas import GateReportRead
from aird.requests import service as requests
from aird.requests.lifecycle import RequestState
from aird.requests.models import Request
from aird.store.artifacts import Store

LOCK = 0x61736B73


def ask(
    session: Session,
    store: Store,
    actor: Actor,
    version: Version,
    endpoint: str | None,
    title: str,
    need: str,
    *,
    request: Request | None = None,
    alias: str | None = None,
) -> Approval:
    """Ask for a version on an endpoint of a department, or under an alias of its model; one of the two is named.

    Files the request, or answers the open one that is given. Raises PlaceNotNamed, NotACandidate, ApprovalPending,
    RequestElsewhere, DepartmentNotFound, NameRefused.
    """
    if bool(endpoint) == bool(alias):
        raise PlaceNotNamed("Name the endpoint that the version is to answer on, or the alias that is to point at it.")
    if alias:
        check_alias(alias)
    place = check_name(endpoint) if endpoint else version.model.name
    department = auth_queries.get_department(session, place.partition("/")[0])
    auth.require(actor, Permission.ASK_APPROVAL, department.id)
    if actor.id is None:
        raise NotPermitted("A version is asked for by a person, not by aird itself.")
    if version.state not in ASKABLE:
        raise NotACandidate(
            f"{version.ref} is {version.state}. Only a measured version in service can be asked for: "
            "have it evaluated first, or choose another one.",
            ref=version.ref,
            state=version.state,
        )
    advisory_lock(session, LOCK)  # one pending approval for each version and endpoint or alias
    pending = queries.approvals(
        session, state=ApprovalState.PENDING, version=version, endpoint=endpoint, alias=alias, limit=1
    )
    if pending:
        raise ApprovalPending(
            f"{pending[0].label} waits for its signature already (request {pending[0].request.number}).",
            approval=str(pending[0].id),
            request=pending[0].request.number,
        )
    report = evaluation_queries.report(session, store, version, department.id)
    approval = Approval(
        version=version,
        digest=version.artifact,
        endpoint=endpoint or "",
        alias=alias,
        alias_was_id=queries.alias_version(session, version, alias) if alias else None,
        department_id=department.id,
        requester_id=actor.id,
        gate=_snapshot(report),
        request=_request(session, actor, department, version, (endpoint, alias), title, need, request),
    )
    session.add(approval)
    session.flush()
    audit.record(
        session,
        actor,
        "approval.approval.asked",
        approval,
        digest=approval.digest,
        gate=approval.gate,
        alias=alias,
        request=approval.request.number,
    )
    return approval


def _request(
    session: Session,
    actor: Actor,
    department: Department,
    version: Version,
    place: tuple[str | None, str | None],
    title: str,
    need: str,
    request: Request | None,
) -> Request:
    endpoint, alias = place
    if request is None:
        return requests.file(
            session,
            actor,
            department,
            title=title,
            need=need,
            version=version.ref,
            endpoint=endpoint,
            state=RequestState.IN_REVIEW,
        )
    if request.department_id != department.id:
        raise RequestElsewhere(
            f"Request {request.number} is another department's than {endpoint or version.model.name}.",
            request=request.number,
        )
    return requests.propose(session, actor, request, version=version.ref, endpoint=endpoint, alias=alias)


def approve(
    session: Session,
    store: Store,
    actor: Actor,
    approval: Approval,
    *,
    digest: str,
    reason: str,
    accept_differences: Sequence[str] = (),
) -> Approval:
    """Sign these very bytes for this endpoint, or let the alias point at them.

    `accept_differences` names every way in which the version's words are not its base's. Raises NotPending,
    ApprovalVoid, AdminMayNotSign, OwnRequest, NotPermitted, DigestChanged, DifferencesNotAccepted, GateFailed.
    """
    approval = _locked(session, approval)
    _require_decider(session, actor, approval)
    version = approval.version
    if not digest == approval.digest == version.artifact:
        raise DigestChanged(
            f"Asked for was {approval.digest}, {version.ref} has {version.artifact}, signed was {digest}. "
            "Read the approval again before you sign.",
            asked=approval.digest,
            version=version.artifact,
            signed=digest,
        )
    accepted = differences.require_accepted(session, version, accept_differences)
    report = evaluation_queries.report(session, store, version, approval.department_id)
    if not report.passed:
        lines = [line for line in _snapshot(report)["lines"] if not line["passed"]]
        suites = ", ".join(line["suite"] or "every suite" for line in lines)
        raise GateFailed(
            f"{version.ref} fails {len(lines)} of {len(report.lines)} rules of this department's gates: "
            f"{suites}. Have it evaluated or improved, then ask again.",
            lines=lines,
        )
    if version.state is not VersionState.APPROVED:
        # Whatever was signed before the version left service ends here, and does not come back with this signature.
        session.execute(
            update(Approval)
            .where(Approval.version_id == version.id, Approval.state == ApprovalState.APPROVED)
            .values(state=ApprovalState.VOID)
        )
        catalog.move(session, actor, version, VersionState.APPROVED, reason=reason)
    approval.accepted_differences = accepted
    if approval.alias is None:
        catalog.clear(session, version, endpoint=approval.endpoint, approval_id=approval.id)
        return _decide(session, actor, approval, ApprovalState.APPROVED, report, reason)
    aliases.move(session, actor, version.model, approval.alias, version, reason=reason, approval_id=approval.id)
    _decide(session, actor, approval, ApprovalState.APPROVED, report, reason)
    requests.move(session, actor, approval.request, RequestState.DELIVERED, note=f"{version.ref} {approval.place}")
    session.flush()
    return approval


def reject(session: Session, store: Store, actor: Actor, approval: Approval, *, reason: str) -> Approval:
    """Say no; the version may be asked for again. Raises NotPending, ApprovalVoid, AdminMayNotSign, OwnRequest."""
    approval = _locked(session, approval)
    _require_decider(session, actor, approval)
    report = evaluation_queries.report(session, store, approval.version, approval.department_id)
    return _decide(session, actor, approval, ApprovalState.REJECTED, report, reason)


def _locked(session: Session, approval: Approval) -> Approval:
    """The approval, its version and its request as they are now, locked in one order until the transaction ends."""
    for table, row in (
        (Approval, approval.id), (Request, approval.request_id), (Version, approval.version_id),
    ):  # fmt: skip
        session.execute(select(table.id).where(table.id == row).with_for_update(key_share=True))
    query = queries.select_approvals().where(Approval.id == approval.id)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _require_decider(session: Session, actor: Actor, approval: Approval) -> None:
    case = queries.case_of(session, approval)
    objection = standing.objection(actor, case)
    if objection is not None:
        raise _refusal(objection, actor, approval)


def _refusal(objection: Objection, actor: Actor, approval: Approval) -> AirdError:
    match objection:
        case Objection.VOID if approval.version.state in ASKABLE and approval.request.state is RequestState.IN_REVIEW:
            return ApprovalVoid(
                f"{approval.alias} was moved since this was asked for, so what would be replaced is another version "
                "than the one that was looked at. Ask again.",
                alias=approval.alias,
            )
        case Objection.VOID:
            return ApprovalVoid(
                f"{approval.version.ref} is {approval.version.state} and request {approval.request.number} is "
                f"{approval.request.state}, so there is nothing to decide. Ask again when the version is in service.",
                version_state=approval.version.state,
                request_state=approval.request.state,
            )
        case Objection.NOT_PENDING:
            return NotPending(f"This was {approval.state} already. Ask again for a new decision.", state=approval.state)
        case Objection.ADMIN:
            return AdminMayNotSign("An admin runs the house and signs nothing. A lead or staff member must decide.")
        case Objection.OWN_REQUEST:
            return OwnRequest(
                f"{actor.label} asked for {approval.version.ref} or made it. Another person must decide.",
                requester=approval.requester_id,
                maker=approval.version.created_by,
            )
        case Objection.NOT_PERMITTED:
            return NotPermitted(
                f"{actor.label} may not decide this: it needs the right {Permission.DECIDE_APPROVAL.value} in the "
                "departments of both the version and the endpoint. Ask somebody who has it in both.",
                permission=Permission.DECIDE_APPROVAL.value,
            )


def _decide(
    session: Session, actor: Actor, approval: Approval, state: ApprovalState, report: GateReport, reason: str
) -> Approval:
    approval.state, approval.reason, approval.gate = state, reason, _snapshot(report)
    approval.decided_by, approval.decided_at = actor.id, now()
    requests.move(session, actor, approval.request, RequestState(state.value), note=reason)
    session.flush()
    audit.record(
        session,
        actor,
        f"approval.approval.{state.value}",
        approval,
        reason=reason,
        digest=approval.digest,
        gate=approval.gate,
        endpoint=approval.endpoint or None,
        alias=approval.alias,
        accepted_differences=approval.accepted_differences,
        request=approval.request.number,
    )
    return approval


def _snapshot(report: GateReport) -> dict[str, Any]:
    return GateReportRead.model_validate(report).model_dump(mode="json")
