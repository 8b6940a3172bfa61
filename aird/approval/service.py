"""Ask for a version on an endpoint; approve or reject what another person asked for."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from aird.approval import queries, standing
from aird.approval.errors import (
    AdminMayNotSign,
    ApprovalPending,
    ApprovalVoid,
    DigestChanged,
    GateFailed,
    NotACandidate,
    NotPending,
    OwnRequest,
    RequestElsewhere,
)
from aird.approval.models import Approval
from aird.approval.standing import ASKABLE, ApprovalState, Objection
from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission
from aird.catalog import service as catalog
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Version
from aird.catalog.names import check_name
from aird.core.clock import now
from aird.core.db import advisory_lock
from aird.core.errors import AirdError, NotPermitted
from aird.evaluation import queries as evaluation_queries
from aird.evaluation.gates import GateReport
from aird.evaluation.schemas import GateReportRead
from aird.requests import service as requests
from aird.requests.lifecycle import RequestState
from aird.requests.models import Request

LOCK = 0x61736B73


def ask(
    session: Session,
    actor: Actor,
    version: Version,
    endpoint: str,
    title: str,
    need: str,
    *,
    request: Request | None = None,
) -> Approval:
    """Ask for a version on an endpoint of a department; files the request, or answers the open one that is given.

    Raises NotACandidate, ApprovalPending, RequestElsewhere, DepartmentNotFound, NameRefused.
    """
    department = auth_queries.get_department(session, check_name(endpoint).partition("/")[0])
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
    advisory_lock(session, LOCK)  # one pending approval for each version and endpoint
    pending = queries.approvals(session, state=ApprovalState.PENDING, version=version, endpoint=endpoint, limit=1)
    if pending:
        raise ApprovalPending(
            f"{version.ref} waits for its signature on {endpoint} already (request {pending[0].request.number}).",
            approval=str(pending[0].id),
            request=pending[0].request.number,
        )
    report = evaluation_queries.report(session, version, department.id)
    approval = Approval(
        version=version,
        digest=version.artifact,
        endpoint=endpoint,
        department_id=department.id,
        requester_id=actor.id,
        gate=_snapshot(report),
        request=_request(session, actor, department, version, endpoint, title, need, request),
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
        request=approval.request.number,
    )
    return approval


def _request(
    session: Session,
    actor: Actor,
    department: Department,
    version: Version,
    endpoint: str,
    title: str,
    need: str,
    request: Request | None,
) -> Request:
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
            f"Request {request.number} is another department's than the endpoint {endpoint}.", request=request.number
        )
    return requests.propose(session, actor, request, version=version.ref, endpoint=endpoint)


def approve(session: Session, actor: Actor, approval: Approval, *, digest: str, reason: str) -> Approval:
    """Sign these very bytes for this endpoint.

    Raises NotPending, ApprovalVoid, AdminMayNotSign, OwnRequest, NotPermitted, DigestChanged, GateFailed.
    """
    approval = _locked(session, approval)
    _require_decider(actor, approval)
    version = approval.version
    if not digest == approval.digest == version.artifact:
        raise DigestChanged(
            f"Asked for was {approval.digest}, {version.ref} has {version.artifact}, signed was {digest}. "
            "Read the approval again before you sign.",
            asked=approval.digest,
            version=version.artifact,
            signed=digest,
        )
    report = evaluation_queries.report(session, version, approval.department_id)
    if not report.passed:
        lines = [line for line in _snapshot(report)["lines"] if not line["passed"]]
        raise GateFailed(
            f"{version.ref} fails {len(lines)} of {len(report.lines)} rules of this department's gates: "
            f"{', '.join(line['suite'] for line in lines)}. Have it evaluated or improved, then ask again.",
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
    catalog.clear(session, version, endpoint=approval.endpoint, approval_id=approval.id)
    return _decide(session, actor, approval, ApprovalState.APPROVED, report, reason)


def reject(session: Session, actor: Actor, approval: Approval, *, reason: str) -> Approval:
    """Say no; the version may be asked for again. Raises NotPending, ApprovalVoid, AdminMayNotSign, OwnRequest."""
    approval = _locked(session, approval)
    _require_decider(actor, approval)
    report = evaluation_queries.report(session, approval.version, approval.department_id)
    return _decide(session, actor, approval, ApprovalState.REJECTED, report, reason)


def _locked(session: Session, approval: Approval) -> Approval:
    """The approval, its version and its request as they are now, locked in one order until the transaction ends."""
    for table, row in (
        (Approval, approval.id), (Request, approval.request_id), (Version, approval.version_id),
    ):  # fmt: skip
        session.execute(select(table.id).where(table.id == row).with_for_update())
    query = queries.select_approvals().where(Approval.id == approval.id)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _require_decider(actor: Actor, approval: Approval) -> None:
    objection = standing.objection(actor, queries.case_of(approval))
    if objection is not None:
        raise _refusal(objection, actor, approval)


def _refusal(objection: Objection, actor: Actor, approval: Approval) -> AirdError:
    match objection:
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
        endpoint=approval.endpoint,
        request=approval.request.number,
    )
    return approval


def _snapshot(report: GateReport) -> dict[str, Any]:
    return GateReportRead.model_validate(report).model_dump(mode="json")
