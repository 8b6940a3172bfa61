"""Order trainings and mentorings over HTTP; the answer is the job."""

from typing import Annotated, cast

from fastapi import APIRouter

from aird.auth.deps import CurrentSettings, ReadSession, WriteSession, permit
from aird.auth.permissions import Actor, Permission
from aird.catalog.errors import VersionNotFound
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.recipe_yaml import RecipeRefused
from aird.datasets.errors import DatasetNotUsable
from aird.jobs import queries as job_queries
from aird.jobs.schemas import JobRead
from aird.store.deps import CurrentStore
from aird.training import recipe, service
from aird.training.errors import NotTrainable, TeachersDiffer
from aird.training.recipe import DistillSpec, TrainSpec
from aird.training.routes_mentoring import router as mentoring
from aird.training.schemas import RecipeBody, TrainingEstimate

router = APIRouter(tags=["training"])

Trainer = Annotated[Actor, permit(Permission.RUN_JOBS)]


@router.post(
    "/trainings",
    status_code=202,
    responses=problems(NotPermitted, VersionNotFound, RecipeRefused, NotTrainable, DatasetNotUsable),
)
def order_training(
    body: RecipeBody, session: WriteSession, store: CurrentStore, settings: CurrentSettings, actor: Trainer
) -> JobRead:
    """Train a version: an adapter, a whole model, or a base from scratch."""
    job = service.order_training(session, actor, _training(body), store=store, settings=settings)
    return job_queries.reads(session, [job])[0]


@router.post(
    "/trainings/estimate",
    responses=problems(NotPermitted, VersionNotFound, RecipeRefused, NotTrainable, DatasetNotUsable),
)
def estimate_training(
    body: RecipeBody, session: ReadSession, store: CurrentStore, settings: CurrentSettings, actor: Trainer
) -> TrainingEstimate:
    """What a training would take: tokens, steps, arithmetic, memory, time, energy, money, and what is against it."""
    return service.estimate_training(session, actor, _training(body), store=store, settings=settings)


def _training(body: RecipeBody) -> TrainSpec:
    return cast(TrainSpec, recipe.parse(body.yaml, "Train") if body.yaml else recipe.check(body.recipe, "Train"))


@router.post(
    "/distillations",
    status_code=202,
    responses=problems(NotPermitted, VersionNotFound, RecipeRefused, NotTrainable, TeachersDiffer, DatasetNotUsable),
)
def order_distillation(
    body: RecipeBody, session: WriteSession, store: CurrentStore, settings: CurrentSettings, actor: Trainer
) -> JobRead:
    """Let a version learn from the answers of others."""
    spec = recipe.parse(body.yaml, "Distill") if body.yaml else recipe.check(body.recipe, "Distill")
    job = service.order_distillation(session, actor, cast(DistillSpec, spec), store=store, settings=settings)
    return job_queries.reads(session, [job])[0]


router.include_router(mentoring)
