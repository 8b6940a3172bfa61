"""Where a model has worked, over HTTP."""

from datetime import datetime

from fastapi import APIRouter

from aird.auth.deps import ReadSession
from aird.catalog import access
from aird.catalog.errors import ModelNotFound
from aird.core.http import problems
from aird.core.schemas import Page, Schema
from aird.deploy import assignments
from aird.deploy.models import Action
from aird.deploy.routes import Reader

router = APIRouter(tags=["models"])


class AssignmentRead(Schema):
    """A version at an endpoint; `until` is null while it is wanted there, `reason` is that of a rollback to it."""

    endpoint: str
    department: str
    title: str
    version: str
    action: Action
    since: datetime
    until: datetime | None
    reason: str


@router.get("/models/{department}/{model}/assignments", responses=problems(ModelNotFound))
def list_assignments(department: str, model: str, session: ReadSession, actor: Reader) -> Page[AssignmentRead]:
    """Where the versions of this model worked and work, the newest assignment first (at most 500)."""
    found = access.get_model(session, actor, f"{department}/{model}")
    return Page(items=[AssignmentRead.model_validate(each) for each in assignments.of_model(session, found)])
