"""Find approvals, and tell what each is worth now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, exists, not_, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from aird.approval import conversation, standing
from aird.approval.errors import ApprovalNotFound
from aird.approval.evidence import Evidence, seal
from aird.approval.models import Approval
from aird.approval.standing import ApprovalState, Case, Changes, Void
from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Alias, Clearance, Commit, Version
from aird.evaluation import queries as evaluation_queries
from aird.evaluation.gates import GateReport
from aird.requests.lifecycle import RequestState
from aird.requests.models import Request
from aird.store.artifacts import Store

CHUNK = 50


@dataclass(frozen=True)
class Look:
    """An approval as it stands: `report` and `seal` are of now while nothing is decided, None afterwards."""

    approval: Approval
    state: ApprovalState
    void: Void | None
    report: GateReport | None
    seal: str | None


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
    store: Store,
    *,
    state: ApprovalState | None = None,
    version: Version | None = None,
    endpoint: str | None = None,
    alias: str | None = None,
    actor: Actor | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Look]:
    """Approvals, newest first, of models that the actor may see; `state` is what they are worth now."""
    query = select_approvals().order_by(Approval.created_at.desc(), Approval.id.desc())
    if actor is not None:
        query = access.visible(query, actor)
    if state is not None:
        query = query.where(_may_stand_as(state))
    if version is not None:
        query = query.where(Approval.version_id == version.id)
    if endpoint:
        query = query.where(Approval.endpoint == endpoint)
    if alias:
        query = query.where(Approval.alias == alias)
    found: list[Look] = []
    for each in _following(session, query, after):
        seen = look(session, store, each)
        if state is None or seen.state is state:
            found.append(seen)
        if len(found) >= limit:
            break
    return found


def _following(session: Session, query: Select[Approval], after: UUID | None) -> Iterator[Approval]:
    """The rows behind `after`, a chunk at a time: some of them may turn out to stand otherwise than asked for."""
    last = session.get(Approval, after) if after else None
    while True:
        page = query.limit(CHUNK)
        if last is not None:
            same_time = and_(Approval.created_at == last.created_at, Approval.id < last.id)
            page = page.where(or_(Approval.created_at < last.created_at, same_time))
        rows = list(session.scalars(page))
        yield from rows
        if len(rows) < CHUNK:
            return
        last = rows[-1]


def _may_stand_as(state: ApprovalState) -> ColumnElement[bool]:
    """standing.standing() as SQL, but for what only the evidence tells: that a pending one is void."""
    open_still = and_(
        Version.state.in_(standing.ASKABLE),
        Request.state == RequestState.IN_REVIEW,
        or_(Approval.alias.is_(None), _alias_now().is_not_distinct_from(Approval.alias_was_id)),
    )
    pending = and_(Approval.state == ApprovalState.PENDING, open_still)
    changes = and_(Approval.state == ApprovalState.CHANGES_REQUESTED, open_still)
    approved = and_(
        Approval.state == ApprovalState.APPROVED,
        Version.state == VersionState.APPROVED,
        Request.state != RequestState.WITHDRAWN,
        not_(exists().where(Clearance.approval_id == Approval.id, Clearance.ended_at.is_not(None))),
    )
    rejected = Approval.state == ApprovalState.REJECTED
    return {
        ApprovalState.PENDING: pending,
        ApprovalState.CHANGES_REQUESTED: changes,
        ApprovalState.APPROVED: approved,
        ApprovalState.REJECTED: rejected,
        ApprovalState.VOID: not_(or_(changes, approved, rejected)),
    }[state]


def _alias_now() -> ScalarSelect[UUID]:
    """The version that the approval's alias points at, null while it is not set."""
    found = select(Alias.version_id).where(Alias.model_id == Version.model_id, Alias.name == Approval.alias)
    return found.correlate(Version, Approval).scalar_subquery()


def look(session: Session, store: Store, approval: Approval) -> Look:
    """What the approval is worth now."""
    version, request, decided = approval.version, approval.request, approval.state
    report = sealed = None
    if decided not in standing.OPEN:
        changes = Changes(examined_again=decided is ApprovalState.APPROVED and _ended(session, approval))
    else:
        report = evaluation_queries.report(session, store, version, approval.department_id)
        sealed = seal(evidence(session, version, report))
        changes = Changes(
            alias_moved=approval.alias is not None
            and alias_version(session, version, approval.alias) != approval.alias_was_id,
            evidence_changed=approval.seal not in ("", sealed),  # one from before there were seals has none
        )
    void = standing.voided(decided, version.state, request.state, changes)
    return Look(approval, decided if void is None else ApprovalState.VOID, void, report, sealed)


def evidence(session: Session, version: Version, report: GateReport) -> Evidence:
    """What a signature under this report would be about."""
    base = catalog_queries.base_of(session, version).artifact if version.base_id is not None else None
    return Evidence(version.artifact, base, report)


def _ended(session: Session, approval: Approval) -> bool:
    query = select(Clearance.id).where(Clearance.approval_id == approval.id, Clearance.ended_at.is_not(None))
    return session.scalar(query) is not None


def alias_version(session: Session, version: Version, alias: str) -> UUID | None:
    """The version that an alias of the same model points at now."""
    query = select(Alias.version_id).where(Alias.model_id == version.model_id, Alias.name == alias)
    return session.scalar(query)


def uploaders(session: Session, version: Version) -> list[UUID]:
    """Who made the version or pushed its files, the last one first."""
    query = select(Commit.author_id).where(Commit.version_id == version.id, Commit.author_id.is_not(None))
    pushed = [each for each in session.scalars(query.order_by(Commit.created_at.desc())) if each]
    return pushed + ([version.created_by] if version.created_by else [])


def replaced_by(session: Session, approval: Approval) -> Version | None:
    """The version that this one would follow: where the alias pointed, or what was signed last for the endpoint."""
    if approval.alias is not None:
        before = approval.alias_was_id
        return catalog_queries.version_by_id(session, before) if before else None
    query = select_approvals().where(
        Approval.endpoint == approval.endpoint, Approval.id != approval.id, Approval.state == ApprovalState.APPROVED
    )
    if approval.decided_at is not None:
        query = query.where(Approval.decided_at < approval.decided_at)
    found = session.scalar(query.order_by(Approval.decided_at.desc()).limit(1))
    return found.version if found is not None else None


def case_of(session: Session, seen: Look) -> Case:
    """What a decision about the approval would concern."""
    approval, version = seen.approval, seen.approval.version
    return Case(
        state=seen.state,
        involved=conversation.askers(session, approval) | frozenset(uploaders(session, version)),
        version_department_id=version.model.department_id,
        endpoint_department_id=approval.department_id,
    )


def ids(found: Sequence[Look]) -> list[UUID]:
    """The ids of these approvals."""
    return [each.approval.id for each in found]
