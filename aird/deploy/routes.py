"""Endpoints over HTTP: open, deploy, roll back, stop, look."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Request
from sqlalchemy.orm import Session

from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.errors import ModelNotFound, VersionNotFound
from aird.catalog.models import Version
from aird.catalog.names import NameRefused
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.deploy import queries, service
from aird.deploy.errors import (
    DigestNotApproved,
    EdgeOnly,
    EndpointExists,
    EndpointNotFound,
    NotCleared,
    NothingNamed,
    NothingToRollBack,
    VersionNotApproved,
)
from aird.deploy.schemas import Because, EndpointCreate, EndpointDetail, EndpointRead, Promotion

router = APIRouter(tags=["endpoints"])

Reader = Annotated[Actor, permit(Permission.READ_ENDPOINTS)]
Manager = Annotated[Actor, permit(Permission.MANAGE_ENDPOINTS)]


def wake(request: Request, background: BackgroundTasks) -> None:
    """Have the reconciler look once the change is committed, when there is one in this process."""
    reconciler = getattr(request.app.state, "reconciler", None)
    if reconciler is not None:
        background.add_task(reconciler.wake)


def named_version(session: Session, actor: Actor, body: Promotion) -> Version:
    """The version that the request names, or that its approval cleared."""
    if body.version is not None:
        return access.get_ref(session, actor, body.version)
    if body.approval is None:
        raise NothingNamed("Name the approval to act on in `approval`, or a version in `version`.")
    clearance = catalog_queries.clearance_of(session, body.approval)
    if clearance is None:
        raise NotCleared(
            "This approval does not exist or was not given yet. Only what was approved can be deployed.",
            approval=str(body.approval),
        )
    return catalog_queries.version_by_id(session, clearance.version_id)


@router.get("/endpoints")
def list_endpoints(
    session: ReadSession,
    actor: Reader,
    department: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[EndpointRead]:
    """Endpoints by name."""
    found = queries.endpoints(session, department=department, after=cursor, limit=limit + 1)
    shown = found[:limit]
    return Page(
        items=queries.endpoint_reads(session, actor, shown), next=shown[-1].name if len(found) > limit else None
    )


@router.post(
    "/endpoints",
    status_code=201,
    responses=problems(NotPermitted, DepartmentNotFound, EndpointExists, NameRefused),
)
def create_endpoint(body: EndpointCreate, session: WriteSession, actor: Manager) -> EndpointDetail:
    """Open an endpoint."""
    return queries.endpoint_detail(session, actor, service.create_endpoint(session, actor, body.name, body.title))


@router.get("/endpoints/{department}/{name}", responses=problems(EndpointNotFound))
def read_endpoint(department: str, name: str, session: ReadSession, actor: Reader) -> EndpointDetail:
    """One endpoint with its history and replicas."""
    return queries.endpoint_detail(session, actor, queries.get_endpoint(session, f"{department}/{name}"))


@router.post(
    "/endpoints/{department}/{name}/deploy",
    responses=problems(
        NothingNamed,
        NotPermitted,
        EndpointNotFound,
        ModelNotFound,
        VersionNotFound,
        EdgeOnly,
        VersionNotApproved,
        NotCleared,
        DigestNotApproved,
    ),
)
def deploy_version(
    department: str,
    name: str,
    body: Promotion,
    session: WriteSession,
    actor: Manager,
    request: Request,
    background: BackgroundTasks,
) -> EndpointDetail:
    """Put an approved version on the endpoint."""
    endpoint = queries.get_endpoint(session, f"{department}/{name}")
    version = named_version(session, actor, body)
    service.deploy(session, actor, endpoint, version, digest=body.digest, approval_id=body.approval)
    wake(request, background)
    return queries.endpoint_detail(session, actor, endpoint)


@router.post(
    "/endpoints/{department}/{name}/rollback",
    responses=problems(NotPermitted, EndpointNotFound, NothingToRollBack, EdgeOnly, VersionNotApproved, NotCleared),
)
def roll_back_endpoint(
    department: str,
    name: str,
    body: Because,
    session: WriteSession,
    actor: Manager,
    request: Request,
    background: BackgroundTasks,
) -> EndpointDetail:
    """Bring back what was deployed before."""
    endpoint = queries.get_endpoint(session, f"{department}/{name}")
    service.rollback(session, actor, endpoint, reason=body.reason)
    wake(request, background)
    return queries.endpoint_detail(session, actor, endpoint)


@router.post("/endpoints/{department}/{name}/stop", responses=problems(NotPermitted, EndpointNotFound))
def stop_endpoint(
    department: str,
    name: str,
    body: Because,
    session: WriteSession,
    actor: Manager,
    request: Request,
    background: BackgroundTasks,
) -> EndpointDetail:
    """Take the endpoint out of service."""
    endpoint = queries.get_endpoint(session, f"{department}/{name}")
    service.stop(session, actor, endpoint, reason=body.reason)
    wake(request, background)
    return queries.endpoint_detail(session, actor, endpoint)
