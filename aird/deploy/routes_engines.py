"""What endpoints run on, over HTTP: choose it, and look at the engines."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Request

from aird.auth.deps import ReadSession, WriteSession, permit
from aird.auth.permissions import Actor, Permission
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import Page
from aird.deploy import capacity, queries
from aird.deploy.errors import ChipNotThere, EndpointNotFound
from aird.deploy.schemas import EndpointDetail
from aird.deploy.schemas_engines import EndpointCapacity, EngineRead

router = APIRouter(tags=["endpoints"])


@router.patch(
    "/endpoints/{department}/{name}/capacity", responses=problems(NotPermitted, EndpointNotFound, ChipNotThere)
)
def configure_endpoint(
    department: str,
    name: str,
    body: EndpointCapacity,
    session: WriteSession,
    actor: Annotated[Actor, permit(Permission.MANAGE_ENDPOINTS)],
    request: Request,
    background: BackgroundTasks,
) -> EndpointDetail:
    """Choose the endpoint's runtime, number of engines and chip."""
    endpoint = queries.get_endpoint(session, f"{department}/{name}")
    endpoint = capacity.configure(session, actor, endpoint, body)
    reconciler = getattr(request.app.state, "reconciler", None)
    if reconciler is not None:
        background.add_task(reconciler.wake)
    return queries.endpoint_detail(session, actor, endpoint)


@router.get("/engines")
def list_engines(session: ReadSession, actor: Annotated[Actor, permit(Permission.READ_ENDPOINTS)]) -> Page[EngineRead]:
    """Every engine with what it holds and what it takes."""
    return Page(items=capacity.engines(session, actor), next=None)
