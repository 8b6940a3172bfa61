"""Read approvals: as they stand, and as the API shows them to one actor."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, and_, not_, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from aird.approval import differences, standing
from aird.approval.errors import ApprovalNotFound
from aird.approval.models import Approval
from aird.approval.readiness import readiness
from aird.approval.schemas import ApprovalRead, ReadinessLine
from aird.approval.standing import ApprovalState, Case
from aird.auth import queries as auth_queries
from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Alias, Version
from aird.evaluation import queries as evaluation_queries
from aird.evaluation.gates import GateReport
from aird.evaluation.schemas import GateReportRead
from aird.requests.lifecycle import RequestState
from aird.requests.models import Request
from aird.store.artifacts import Store


def select_approvals() -> Select[Approval]:
    """Approvals with their versions and requests."""
    return (
        select(Approval)
        .join(Approval.version)
        .join(Version.model)
        .join(Approval.request)
        .options(contains_eager(Approval.version).contains_eager(Version.model), joinedload(Approval.request))
    )


def get_approval(session: Session, approval_id: UUID, actor: Actor | None = None) -> Approval:
    """The approval with this id, if the actor may see its model. Raises ApprovalNotFound."""
    approval = session.scalar(select_approvals().where(Approval.id == approval_id))
    if approval is None or (actor is not None and not access.may_see(actor, approval.version.model)):
        raise ApprovalNotFound("There is no such approval.", id=str(approval_id))
    return approval


def approvals(
    session: Session,
    *,
    state: ApprovalState | None = None,
    version: Version | None = None,
    endpoint: str | None = None,
    alias: str | None = None,
    actor: Actor | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Approval]:
    """Approvals, newest first, of models that the actor may see; `state` is what they are worth now."""
    query = select_approvals().order_by(Approval.created_at.desc(), Approval.id.desc()).limit(limit)
    if actor is not None:
        query = access.visible(query, actor)
    if state is not None:
        query = query.where(_stands_as(state))
    if version is not None:
        query = query.where(Approval.version_id == version.id)
    if endpoint:
        query = query.where(Approval.endpoint == endpoint)
    if alias:
        query = query.where(Approval.alias == alias)
    last = session.get(Approval, after) if after else None
    if last is not None:
        same_time = and_(Approval.created_at == last.created_at, Approval.id < last.id)
        query = query.where(or_(Approval.created_at < last.created_at, same_time))
    return list(session.scalars(query))


def _stands_as(state: ApprovalState):  # type: ignore[no-untyped-def]
    """standing.standing() as SQL."""
    pending = and_(
        Approval.state == ApprovalState.PENDING,
        Version.state.in_(standing.ASKABLE),
        Request.state == RequestState.IN_REVIEW,
        or_(Approval.alias.is_(None), _alias_now().is_not_distinct_from(Approval.alias_was_id)),
    )
    approved = and_(
        Approval.state == ApprovalState.APPROVED,
        Version.state == VersionState.APPROVED,
        Request.state != RequestState.WITHDRAWN,
    )
    rejected = Approval.state == ApprovalState.REJECTED
    return {
        ApprovalState.PENDING: pending,
        ApprovalState.APPROVED: approved,
        ApprovalState.REJECTED: rejected,
        ApprovalState.VOID: not_(or_(pending, approved, rejected)),
    }[state]


def _alias_now() -> ScalarSelect[UUID]:
    """The version that the approval's alias points at, null while it is not set."""
    found = select(Alias.version_id).where(Alias.model_id == Version.model_id, Alias.name == Approval.alias)
    return found.correlate(Version, Approval).scalar_subquery()


def standing_of(session: Session, approval: Approval) -> ApprovalState:
    """What the approval is worth now."""
    return standing.standing(
        approval.state,
        approval.version.state,
        approval.request.state,
        alias_moved=approval.alias is not None
        and approval.state is ApprovalState.PENDING
        and alias_version(session, approval.version, approval.alias) != approval.alias_was_id,
    )


def alias_version(session: Session, version: Version, alias: str) -> UUID | None:
    """The version that an alias of the same model points at now."""
    query = select(Alias.version_id).where(Alias.model_id == version.model_id, Alias.name == alias)
    return session.scalar(query)


def case_of(session: Session, approval: Approval) -> Case:
    """What a decision about the approval would concern."""
    version = approval.version
    return Case(
        state=standing_of(session, approval),
        requester_id=approval.requester_id,
        maker_id=version.created_by,
        version_department_id=version.model.department_id,
        endpoint_department_id=approval.department_id,
    )


def approval_reads(session: Session, store: Store, actor: Actor, found: Sequence[Approval]) -> list[ApprovalRead]:
    """Approvals as the API shows them to this actor."""
    keys, names = auth_queries.department_keys(session), auth_queries.usernames(session)
    return [_read(session, store, actor, each, keys, names) for each in found]


def _read(
    session: Session, store: Store, actor: Actor, approval: Approval, keys: dict[UUID, str], names: dict[UUID, str]
) -> ApprovalRead:
    version, request, state = approval.version, approval.request, standing_of(session, approval)
    noted = differences.noted(session, version)
    report = None
    if state is ApprovalState.PENDING:
        report = evaluation_queries.report(session, store, version, approval.department_id)
    why_not = standing.objection(actor, case_of(session, approval))
    return ApprovalRead(
        id=approval.id,
        version=version.ref,
        digest=approval.digest,
        endpoint=approval.endpoint or None,
        alias=approval.alias,
        alias_was=_ref(session, approval.alias_was_id),
        department=keys[approval.department_id],
        requester=names[approval.requester_id],
        request=request.number,
        title=request.title,
        need=request.need,
        state=state,
        gate=GateReportRead.model_validate(approval.gate if report is None else report),
        readiness=[] if report is None else _readiness(approval, report, [each.name for each in noted]),
        differences=noted,
        accepted_differences=approval.accepted_differences,
        decided_by=names.get(approval.decided_by) if approval.decided_by else None,
        decided_at=approval.decided_at,
        reason=approval.reason,
        created_at=approval.created_at,
        may_decide=why_not is None,
        may_not_because=why_not,
    )


def _ref(session: Session, version_id: UUID | None) -> str | None:
    return catalog_queries.version_by_id(session, version_id).ref if version_id else None


def _readiness(approval: Approval, report: GateReport, names: list[str]) -> list[ReadinessLine]:
    points = readiness(
        version=approval.version.state,
        request=approval.request.state,
        asked=approval.digest,
        artifact=approval.version.artifact,
        report=report,
        differences=names,
    )
    return [ReadinessLine.model_validate(each) for each in points]
