"""Skills over HTTP: by skill or slot, and from version to version; the matrix by exam is the catalog's."""

from typing import Annotated

from fastapi import APIRouter, Query

from aird.auth.deps import ReadSession, permit
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog.cursors import CursorUnknown
from aird.catalog.errors import ModelNotFound
from aird.core.http import problems
from aird.evaluation import evolution, grouping
from aird.evaluation.grouping import By
from aird.evaluation.models import Slot
from aird.evaluation.schemas_skills import GroupedSkills, SkillsHistory
from aird.store.deps import CurrentStore

router = APIRouter(tags=["evaluation"])


@router.get("/models/{department}/{model}/skills", responses=problems(ModelNotFound))
def skills_history(
    department: str,
    model: str,
    session: ReadSession,
    store: CurrentStore,
    actor: Annotated[Actor, permit(Permission.READ_EVALUATIONS)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> SkillsHistory:
    """What the last versions of a model scored, and what each won and lost against the one before it."""
    found = access.get_model(session, actor, f"{department}/{model}")
    return evolution.history(session, store, found, limit=limit)


@router.get("/skills/groups", responses=problems(CursorUnknown))
def grouped_skills(
    session: ReadSession,
    actor: Annotated[Actor, permit(Permission.READ_EVALUATIONS)],
    by: By = By.SKILL,
    slot: Slot | None = None,
    department: str | None = None,
    all: bool = False,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> GroupedSkills:
    """Who can do what, with the exams of a skill or a slot taken together; the newest of each model, or `all`."""
    return grouping.grouped(
        session, actor, by=by, slot=slot, department=department, every=all, cursor=cursor, limit=limit
    )
