"""Order trainings and mentorings over HTTP; the answer is the job."""

from typing import Annotated, cast

from fastapi import APIRouter

from aird.auth.deps import WriteSession, permit
from aird.auth.permissions import Actor, Permission
from aird.catalog.errors import VersionNotFound
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.recipe_yaml import RecipeRefused
from aird.jobs import queries as job_queries
from aird.jobs.schemas import JobRead
from aird.training import recipe, service
from aird.training.errors import NotTrainable, TeachersDiffer
from aird.training.recipe import DistillSpec, TrainSpec
from aird.training.schemas import RecipeBody

router = APIRouter(tags=["training"])

Trainer = Annotated[Actor, permit(Permission.RUN_JOBS)]


@router.post(
    "/trainings", status_code=202, responses=problems(NotPermitted, VersionNotFound, RecipeRefused, NotTrainable)
)
def order_training(body: RecipeBody, session: WriteSession, actor: Trainer) -> JobRead:
    """Train a version: an adapter, a whole model, or a base from scratch."""
    spec = recipe.parse(body.yaml, "Train") if body.yaml else recipe.check(body.recipe, "Train")
    return job_queries.reads(session, [service.order_training(session, actor, cast(TrainSpec, spec))])[0]


@router.post(
    "/distillations",
    status_code=202,
    responses=problems(NotPermitted, VersionNotFound, RecipeRefused, NotTrainable, TeachersDiffer),
)
def order_distillation(body: RecipeBody, session: WriteSession, actor: Trainer) -> JobRead:
    """Let a version learn from the answers of others."""
    spec = recipe.parse(body.yaml, "Distill") if body.yaml else recipe.check(body.recipe, "Distill")
    return job_queries.reads(session, [service.order_distillation(session, actor, cast(DistillSpec, spec))])[0]
