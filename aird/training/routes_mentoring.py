"""Mentoring over HTTP beside its order: what one would take, and who should teach whom."""

from typing import Annotated, cast

from fastapi import APIRouter, Query

from aird.auth.deps import CurrentSettings, ReadSession, permit
from aird.auth.permissions import Actor, Permission
from aird.catalog.errors import VersionNotFound
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.recipe_yaml import RecipeRefused
from aird.evaluation.errors import SuiteNotFound
from aird.store.deps import CurrentStore
from aird.training import matches, mentoring, recipe
from aird.training.errors import NotTrainable
from aird.training.recipe import DistillSpec
from aird.training.schemas import RecipeBody
from aird.training.schemas_mentoring import DistillationEstimate, MatchList

router = APIRouter(tags=["training"])

Trainer = Annotated[Actor, permit(Permission.RUN_JOBS)]
Reader = Annotated[Actor, permit(Permission.READ_EVALUATIONS)]
Ref = Annotated[str | None, Query(max_length=128)]


@router.post("/distillations/estimate", responses=problems(NotPermitted, VersionNotFound, RecipeRefused, NotTrainable))
def estimate_distillation(
    body: RecipeBody, session: ReadSession, store: CurrentStore, settings: CurrentSettings, actor: Trainer
) -> DistillationEstimate:
    """What a mentoring would take, which teachers have spoken before, and what stands against it."""
    spec = recipe.parse(body.yaml, "Distill") if body.yaml else recipe.check(body.recipe, "Distill")
    return mentoring.estimate(session, actor, cast(DistillSpec, spec), store=store, settings=settings)


@router.get("/mentoring/matches", responses=problems(VersionNotFound, SuiteNotFound))
def list_mentoring_matches(
    session: ReadSession,
    actor: Reader,
    student: Ref = None,
    skill: Annotated[str | None, Query(max_length=96)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> MatchList:
    """Which version should teach which skill to whom: for a student, for a skill (or exam), or of all."""
    return matches.find(session, actor, student=student, skill=skill, limit=limit)
