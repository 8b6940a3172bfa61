"""Approvals over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from aird.approval import queries, service
from aird.approval.errors import (
    AdminMayNotSign,
    ApprovalNotFound,
    ApprovalPending,
    ApprovalVoid,
    DigestChanged,
    GateFailed,
    NotACandidate,
    NotPending,
    OwnRequest,
    RequestElsewhere,
)
from aird.approval.schemas import ApprovalCreate, ApprovalDecision, ApprovalRead, ApprovalRejection
from aird.approval.standing import ApprovalState
from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import Actor, Permission
from aird.catalog import queries as catalog_queries
from aird.catalog.errors import ModelNotFound, VersionNotFound
from aird.catalog.names import NameRefused
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.requests import queries as request_queries
from aird.requests.errors import RequestMoveNotAllowed, RequestNotFound

router = APIRouter(tags=["approval"])

Reader = Annotated[Actor, permit(Permission.READ_APPROVALS)]
Decider = Annotated[Actor, permit(Permission.DECIDE_APPROVAL)]

REFUSALS = (ApprovalNotFound, NotPermitted, AdminMayNotSign, OwnRequest, NotPending, ApprovalVoid)


@router.get("/approvals")
def list_approvals(
    session: ReadSession,
    actor: Reader,
    state: ApprovalState | None = None,
    endpoint: Annotated[str | None, Query(max_length=96)] = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[ApprovalRead]:
    """What waits for a signature and what was decided, newest first."""
    found = queries.approvals(session, state=state, endpoint=endpoint, after=cursor, limit=limit + 1)
    following = str(found[limit - 1].id) if len(found) > limit else None
    return Page(items=queries.approval_reads(session, actor, found[:limit]), next=following)


@router.get("/approvals/{approval_id}", responses=problems(ApprovalNotFound))
def get_approval(approval_id: UUID, session: ReadSession, actor: Reader) -> ApprovalRead:
    """One approval."""
    return queries.approval_reads(session, actor, [queries.get_approval(session, approval_id)])[0]


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
        NameRefused,
    ),
)
def ask_approval(
    body: ApprovalCreate, session: WriteSession, actor: Annotated[Actor, permit(Permission.ASK_APPROVAL)]
) -> ApprovalRead:
    """Ask for a version on an endpoint."""
    version = catalog_queries.get_ref(session, body.version)
    request = request_queries.get_request(session, body.request) if body.request else None
    approval = service.ask(session, actor, version, body.endpoint, body.title, body.need, request=request)
    return queries.approval_reads(session, actor, [approval])[0]


@router.post("/approvals/{approval_id}/approve", responses=problems(*REFUSALS, DigestChanged, GateFailed))
def approve(approval_id: UUID, body: ApprovalDecision, session: WriteSession, actor: Decider) -> ApprovalRead:
    """Sign these very bytes for this endpoint."""
    approval = queries.get_approval(session, approval_id)
    approval = service.approve(session, actor, approval, digest=body.digest, reason=body.reason)
    return queries.approval_reads(session, actor, [approval])[0]


@router.post("/approvals/{approval_id}/reject", responses=problems(*REFUSALS))
def reject(approval_id: UUID, body: ApprovalRejection, session: WriteSession, actor: Decider) -> ApprovalRead:
    """Say no."""
    approval = service.reject(session, actor, queries.get_approval(session, approval_id), reason=body.reason)
    return queries.approval_reads(session, actor, [approval])[0]
