"""How skills went from version to version, over HTTP; the matrix of all versions is the catalog's."""

from typing import Annotated

from fastapi import APIRouter, Query

from aird.auth.deps import ReadSession, permit
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog.errors import ModelNotFound
from aird.core.http import problems
from aird.evaluation import evolution
from aird.evaluation.schemas_skills import SkillsHistory
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
