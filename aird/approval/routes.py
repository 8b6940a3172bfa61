"""Approvals over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from aird.approval import differences, queries, service, views
from aird.approval.errors import (
    AdminMayNotSign,
    ApprovalNotFound,
    ApprovalPending,
    ApprovalVoid,
    ChangesWanted,
    DifferencesNotAccepted,
    DigestChanged,
    GateFailed,
    NotACandidate,
    NothingToRenew,
    NotPending,
    OwnRequest,
    PlaceNotNamed,
    RequestElsewhere,
    SealChanged,
    VersionElsewhere,
)
from aird.approval.schemas import (
    ApprovalComment,
    ApprovalCreate,
    ApprovalDecision,
    ApprovalEventRead,
    ApprovalRead,
    ApprovalRejection,
    ApprovalRenewal,
    ChangesToMake,
    DifferenceShown,
    ReplacedRead,
)
from aird.approval.standing import ApprovalState
from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.errors import AliasRefused, ModelNotFound, VersionNotFound
from aird.catalog.names import NameRefused
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.requests import queries as request_queries
from aird.requests.errors import RequestMoveNotAllowed, RequestNotFound
from aird.store.deps import CurrentStore

router = APIRouter(tags=["approval"])

Reader = Annotated[Actor, permit(Permission.READ_APPROVALS)]
Decider = Annotated[Actor, permit(Permission.DECIDE_APPROVAL)]
Asker = Annotated[Actor, permit(Permission.ASK_APPROVAL)]

REFUSALS = (ApprovalNotFound, NotPermitted, AdminMayNotSign, OwnRequest, NotPending, ApprovalVoid, ChangesWanted)


@router.get("/approvals")
def list_approvals(
    session: ReadSession,
    store: CurrentStore,
    actor: Reader,
    state: ApprovalState | None = None,
    endpoint: Annotated[str | None, Query(max_length=96)] = None,
    alias: Annotated[str | None, Query(max_length=64)] = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[ApprovalRead]:
    """What waits for a signature and what was decided, newest first."""
    found = queries.approvals(
        session, store, state=state, endpoint=endpoint, alias=alias, actor=actor, after=cursor, limit=limit + 1
    )
    following = str(found[limit - 1].approval.id) if len(found) > limit else None
    return Page(items=views.reads(session, actor, found[:limit]), next=following)


@router.get("/approvals/{approval_id}", responses=problems(ApprovalNotFound))
def get_approval(approval_id: UUID, session: ReadSession, store: CurrentStore, actor: Reader) -> ApprovalRead:
    """One approval."""
    return views.read_one(session, store, actor, queries.get_approval(session, approval_id, actor))


@router.get("/approvals/{approval_id}/differences", responses=problems(ApprovalNotFound))
def get_differences(
    approval_id: UUID, session: ReadSession, store: CurrentStore, actor: Reader
) -> list[DifferenceShown]:
    """Where the version's template and tokenizer are not its base's, as diffs: what a signature has to accept."""
    return differences.shown(session, store, queries.get_approval(session, approval_id, actor).version)


@router.post(
    "/approvals",
    status_code=201,
    responses=problems(
        NotPermitted,
        ModelNotFound,
        VersionNotFound,
        DepartmentNotFound,
        RequestNotFound,
        NotACandidate,
        ApprovalPending,
        RequestMoveNotAllowed,
        RequestElsewhere,
        PlaceNotNamed,
        NameRefused,
    ),
)
def ask_approval(
    body: ApprovalCreate,
    session: WriteSession,
    store: CurrentStore,
    actor: Asker,
) -> ApprovalRead:
    """Ask for a version on an endpoint, or under an alias of its model."""
    version = access.get_ref(session, actor, body.version)
    request = request_queries.get_request(session, actor, body.request) if body.request else None
    approval = service.ask(
        session, store, actor, version, body.endpoint, body.title, body.need, request=request, alias=body.alias
    )
    return views.read_one(session, store, actor, approval)


@router.post(
    "/approvals/{approval_id}/approve",
    responses=problems(*REFUSALS, DigestChanged, SealChanged, GateFailed, DifferencesNotAccepted, AliasRefused),
)
def approve(
    approval_id: UUID, body: ApprovalDecision, session: WriteSession, store: CurrentStore, actor: Decider
) -> ApprovalRead:
    """Sign these very bytes for this endpoint, or let the alias point at them."""
    approval = service.approve(
        session,
        store,
        actor,
        queries.get_approval(session, approval_id, actor),
        digest=body.digest,
        reason=body.reason,
        accept_differences=body.accept_differences,
        sealed=body.seal,
    )
    return views.read_one(session, store, actor, approval)


@router.post("/approvals/{approval_id}/reject", responses=problems(*REFUSALS))
def reject(
    approval_id: UUID, body: ApprovalRejection, session: WriteSession, store: CurrentStore, actor: Decider
) -> ApprovalRead:
    """Say no."""
    approval = service.reject(
        session, store, actor, queries.get_approval(session, approval_id, actor), reason=body.reason
    )
    return views.read_one(session, store, actor, approval)


@router.post("/approvals/{approval_id}/request-changes", responses=problems(*REFUSALS))
def request_changes(
    approval_id: UUID, body: ChangesToMake, session: WriteSession, store: CurrentStore, actor: Decider
) -> ApprovalRead:
    """Have the askers put something right first."""
    found = queries.get_approval(session, approval_id, actor)
    return views.read_one(
        session, store, actor, service.request_changes(session, store, actor, found, reason=body.reason)
    )


@router.post(
    "/approvals/{approval_id}/renew",
    responses=problems(
        ApprovalNotFound, NotPermitted, NothingToRenew, NotACandidate, VersionNotFound, VersionElsewhere
    ),
)
def renew(
    approval_id: UUID, body: ApprovalRenewal, session: WriteSession, store: CurrentStore, actor: Asker
) -> ApprovalRead:
    """Ask again with the evidence as it is now, in the same conversation."""
    found = queries.get_approval(session, approval_id, actor)
    version = catalog_queries.get_version(session, found.version.model.name, body.version) if body.version else None
    approval = service.renew(session, store, actor, found, text=body.text, version=version)
    return views.read_one(session, store, actor, approval)


@router.get("/approvals/{approval_id}/conversation", responses=problems(ApprovalNotFound))
def get_conversation(approval_id: UUID, session: ReadSession, actor: Reader) -> list[ApprovalEventRead]:
    """What was said, and every step that was taken, the first first."""
    return views.event_reads(session, queries.get_approval(session, approval_id, actor))


@router.post(
    "/approvals/{approval_id}/conversation", status_code=201, responses=problems(ApprovalNotFound, NotPermitted)
)
def add_comment(approval_id: UUID, body: ApprovalComment, session: WriteSession, actor: Asker) -> ApprovalEventRead:
    """Say something about it."""
    event = service.comment(session, actor, queries.get_approval(session, approval_id, actor), text=body.text)
    return ApprovalEventRead.model_validate(event)


@router.get("/approvals/{approval_id}/replaces", responses=problems(ApprovalNotFound))
def get_replaced(approval_id: UUID, session: ReadSession, actor: Reader) -> ReplacedRead:
    """The version that this one would follow, to be compared with it."""
    return views.replaced(session, actor, queries.get_approval(session, approval_id, actor))
