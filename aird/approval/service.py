"""Ask for a version on an endpoint or under an alias; approve or reject what another person asked for."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from aird.approval import conversation, differences, queries, standing
from aird.approval.errors import (
    ApprovalPending,
    DigestChanged,
    GateFailed,
    NotACandidate,
    NothingToRenew,
    PlaceNotNamed,
    RequestElsewhere,
    SealChanged,
    VersionElsewhere,
)
from aird.approval.evidence import seal, suites
from aird.approval.models import Approval, ApprovalEvent, Step
from aird.approval.queries import Look
from aird.approval.refusals import refusal
from aird.approval.standing import ASKABLE, ApprovalState
from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.models import Department
from aird.auth.permissions import Actor, Permission, allowed
from aird.catalog import aliases
from aird.catalog import service as catalog
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Version
from aird.catalog.names import check_alias, check_name
from aird.core.clock import now
from aird.core.db import advisory_lock
from aird.core.errors import NotPermitted
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
    _require_askable(version)
    advisory_lock(session, LOCK)  # one open approval for each version and endpoint or alias
    for state in standing.OPEN:
        for seen in queries.approvals(
            session, store, state=state, version=version, endpoint=endpoint, alias=alias, limit=1
        ):
            _refuse_second(seen.approval, state)
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
        seal=seal(queries.evidence(session, version, report)),
        maker_id=next(iter(queries.uploaders(session, version)), None),
    )
    session.add(approval)
    session.flush()
    conversation.note(session, actor, approval, Step.ASKED, need)
    audit.record(
        session,
        actor,
        "approval.approval.asked",
        approval,
        digest=approval.digest,
        seal=approval.seal,
        gate=approval.gate,
        alias=alias,
        request=approval.request.number,
    )
    return approval


def _require_askable(version: Version) -> None:
    if version.state not in ASKABLE:
        raise NotACandidate(
            f"{version.ref} is {version.state}. Only a measured version in service can be asked for: "
            "have it evaluated first, or choose another one.",
            ref=version.ref,
            state=version.state,
        )


def _refuse_second(approval: Approval, state: ApprovalState) -> None:
    waits = "its signature" if state is ApprovalState.PENDING else "the changes that were asked for"
    raise ApprovalPending(
        f"{approval.label} waits for {waits} already (request {approval.request.number}).",
        approval=str(approval.id),
        request=approval.request.number,
    )


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
    sealed: str | None = None,
) -> Approval:
    """Sign these very bytes for this endpoint, or let the alias point at them.

    `accept_differences` names every way in which the version's words are not its base's, `sealed` is the seal of the
    approval that was read. Raises NotPending, ChangesWanted, ApprovalVoid, AdminMayNotSign, OwnRequest, NotPermitted,
    DigestChanged, SealChanged, DifferencesNotAccepted, GateFailed.
    """
    approval = _locked(session, approval)
    _require_decider(session, store, actor, approval)
    version = approval.version
    if not digest == approval.digest == version.artifact:
        raise DigestChanged(
            f"Asked for was {approval.digest}, {version.ref} has {version.artifact}, signed was {digest}. "
            "Read the approval again before you sign.",
            asked=approval.digest,
            version=version.artifact,
            signed=digest,
        )
    if sealed is not None and sealed != approval.seal:
        raise SealChanged(
            f"The approval was asked for again since you read it: its seal is {approval.seal} now. Read it again "
            "before you sign.",
            asked=approval.seal,
            signed=sealed,
        )
    accepted = differences.require_accepted(session, version, accept_differences)
    report = evaluation_queries.report(session, store, version, approval.department_id)
    if not report.passed:
        lines = [line for line in _snapshot(report)["lines"] if not line["passed"]]
        exams = ", ".join(line["suite"] or "every suite" for line in lines)
        raise GateFailed(
            f"{version.ref} fails {len(lines)} of {len(report.lines)} rules of this department's gates: "
            f"{exams}. Have it evaluated or improved, then ask again.",
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
        catalog.clear(session, version, endpoint=approval.endpoint, approval_id=approval.id, suites=suites(report))
        return _decide(session, actor, approval, ApprovalState.APPROVED, report, reason)
    aliases.move(session, actor, version.model, approval.alias, version, reason=reason, approval_id=approval.id)
    _decide(session, actor, approval, ApprovalState.APPROVED, report, reason)
    requests.move(session, actor, approval.request, RequestState.DELIVERED, note=f"{version.ref} {approval.place}")
    session.flush()
    return approval


def reject(session: Session, store: Store, actor: Actor, approval: Approval, *, reason: str) -> Approval:
    """Say no; the version may be asked for again. Raises NotPending, ApprovalVoid, AdminMayNotSign, OwnRequest."""
    approval = _locked(session, approval)
    _require_decider(session, store, actor, approval)
    report = evaluation_queries.report(session, store, approval.version, approval.department_id)
    return _decide(session, actor, approval, ApprovalState.REJECTED, report, reason)


def request_changes(session: Session, store: Store, actor: Actor, approval: Approval, *, reason: str) -> Approval:
    """Have the askers put something right first; the same people may do so as may sign. Raises what `reject` does."""
    approval = _locked(session, approval)
    _require_decider(session, store, actor, approval)
    approval.state = ApprovalState.CHANGES_REQUESTED
    conversation.note(session, actor, approval, Step.CHANGES_REQUESTED, reason)
    audit.record(
        session, actor, "approval.approval.changes_requested", approval, reason=reason, seal=approval.seal,
        request=approval.request.number,
    )  # fmt: skip
    return approval


def renew(
    session: Session, store: Store, actor: Actor, approval: Approval, *, text: str, version: Version | None = None
) -> Approval:
    """Ask again with the evidence as it is now, after changes were asked for or something changed by itself.

    `version` puts another version of the same model in its place. Who renews asks for it too, and so cannot sign.
    Raises NothingToRenew, NotACandidate, VersionElsewhere, NotPermitted.
    """
    auth.require(actor, Permission.ASK_APPROVAL, approval.department_id)
    if actor.id is None:
        raise NotPermitted("A version is asked for by a person, not by aird itself.")
    approval = _locked(session, approval)
    seen = queries.look(session, store, approval)
    settled = approval.state not in standing.OPEN or approval.request.state is not RequestState.IN_REVIEW
    if settled or (seen.state is ApprovalState.PENDING and version in (None, approval.version)):
        raise NothingToRenew(
            f"{approval.label} is {seen.state}. Only what has to be put right, or is void while its request is still "
            "in review, is asked for again; anything else is a new request.",
            state=seen.state,
        )
    was = approval.seal
    if version is not None:
        if version.model_id != approval.version.model_id:
            raise VersionElsewhere(f"{version.ref} is not a version of {approval.version.model.name}.")
        approval.version, approval.request.version = version, version.ref
    _require_askable(approval.version)
    approval.state = ApprovalState.PENDING
    approval.alias_was_id = queries.alias_version(session, approval.version, approval.alias) if approval.alias else None
    _take_evidence(session, store, approval)
    session.flush()
    conversation.note(session, actor, approval, Step.RENEWED, text)
    audit.record(
        session, actor, "approval.approval.renewed", approval, reason=text, was=was, seal=approval.seal,
        digest=approval.digest, gate=approval.gate, request=approval.request.number,
    )  # fmt: skip
    return approval


def _take_evidence(session: Session, store: Store, approval: Approval) -> None:
    """Bind the approval to the version as it is now, and to what is known of it."""
    version = approval.version
    report = evaluation_queries.report(session, store, version, approval.department_id)
    approval.digest, approval.gate = version.artifact, _snapshot(report)
    approval.seal = seal(queries.evidence(session, version, report))
    approval.maker_id = next(iter(queries.uploaders(session, version)), None)


def comment(session: Session, actor: Actor, approval: Approval, *, text: str) -> ApprovalEvent:
    """Say something about it; who may ask or decide in its departments may. Raises NotPermitted."""
    if not allowed(actor, Permission.ASK_APPROVAL, approval.department_id):
        auth.require(actor, Permission.ASK_APPROVAL, approval.version.model.department_id)
    session.execute(select(Approval.id).where(Approval.id == approval.id).with_for_update(key_share=True))
    event = conversation.note(session, actor, approval, Step.COMMENTED, text)
    audit.record(session, actor, "approval.comment.added", approval, seq=event.seq, request=approval.request.number)
    return event


def _locked(session: Session, approval: Approval) -> Approval:
    """The approval, its version and its request as they are now, locked in one order until the transaction ends."""
    for table, row in (
        (Approval, approval.id), (Request, approval.request_id), (Version, approval.version_id),
    ):  # fmt: skip
        session.execute(select(table.id).where(table.id == row).with_for_update(key_share=True))
    query = queries.select_approvals().where(Approval.id == approval.id)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _require_decider(session: Session, store: Store, actor: Actor, approval: Approval) -> Look:
    seen = queries.look(session, store, approval)
    objection = standing.objection(actor, queries.case_of(session, seen))
    if objection is not None:
        raise refusal(objection, seen.void, actor, approval)
    return seen


def _decide(
    session: Session, actor: Actor, approval: Approval, state: ApprovalState, report: GateReport, reason: str
) -> Approval:
    approval.state, approval.reason, approval.gate = state, reason, _snapshot(report)
    approval.decided_by, approval.decided_at = actor.id, now()
    requests.move(session, actor, approval.request, RequestState(state.value), note=reason)
    session.flush()
    conversation.note(session, actor, approval, Step(state.value), reason)
    audit.record(
        session,
        actor,
        f"approval.approval.{state.value}",
        approval,
        reason=reason,
        digest=approval.digest,
        seal=approval.seal,
        gate=approval.gate,
        endpoint=approval.endpoint or None,
        alias=approval.alias,
        accepted_differences=approval.accepted_differences,
        request=approval.request.number,
    )
    return approval


def _snapshot(report: GateReport) -> dict[str, Any]:
    return GateReportRead.model_validate(report).model_dump(mode="json")
