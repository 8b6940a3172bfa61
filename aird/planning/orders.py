"""Order what a stage does: its recipe with the stages' versions filled in, given to the slice that does such work."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import yaml
from sqlalchemy.orm import Session

from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission, allowed
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Version
from aird.core.settings import Settings
from aird.evaluation import queries as evaluation_queries
from aird.evaluation import service as evaluation
from aird.evaluation.models import Suite
from aird.evaluation.schemas import EvaluationSpec
from aird.jobs import service as jobs
from aird.jobs.estimates import suited
from aird.jobs.models import Job
from aird.merge import service as merge
from aird.merge.schemas import MergeBody
from aird.planning import dag, recipe, works
from aird.planning.models import Plan, Stage, StageKind, Work
from aird.store.artifacts import Store
from aird.training import recipe as training_recipe
from aird.training import service as training
from aird.training.recipe import DistillSpec, TrainSpec


def begin(
    session: Session,
    store: Store,
    settings: Settings | None,
    actor: Actor,
    plan: Plan,
    stage: Stage,
    made: Mapping[str, str],
) -> Work:
    """The work of a stage: somebody's that is there, else its own, ordered now. `made` are the versions of stages.

    Raises what the slice raises that does the work.
    """
    found = works.find(session, actor, stage.key)
    if found is not None:
        return found
    content = dag.filled(stage.spec, lambda name: made[name])
    if stage.kind is StageKind.EXAM:
        return _examine(session, actor, plan, stage, content)
    target = recipe.checked(stage.kind, content)
    job = _make(session, store, settings, actor, plan, stage, content)
    model = catalog_queries.get_model(session, str(target))
    return works.started(session, plan, stage.key, stage.kind, model.id, job)


def _make(
    session: Session,
    store: Store,
    settings: Settings | None,
    actor: Actor,
    plan: Plan,
    stage: Stage,
    content: dict[str, Any],
) -> Job:
    title = f"{plan.title}: {stage.title}"[:128]
    if stage.kind is StageKind.MERGE:
        body = MergeBody(yaml=yaml.safe_dump(content, sort_keys=False, allow_unicode=True), title=title)
        return merge.order_merge(session, actor, body)
    content.setdefault("title", title)
    if stage.kind is StageKind.MENTOR:
        lesson = cast(DistillSpec, training_recipe.check(content, "Distill"))
        return training.order_distillation(session, actor, lesson, store=store, settings=settings)
    asked = cast(TrainSpec, training_recipe.check(content, "Train"))
    return training.order_training(session, actor, asked, store=store, settings=settings)


def _examine(session: Session, actor: Actor, plan: Plan, stage: Stage, content: dict[str, Any]) -> Work:
    versions = [access.get_ref(session, actor, ref) for ref in content["versions"]]
    suites = [evaluation_queries.get_suite(session, name) for name in content["suites"]]
    job = _order_exam(session, actor, plan, versions, suites, split=content.get("split"))
    return works.started(session, plan, stage.key, StageKind.EXAM, versions[0].model_id, job)


def examine(session: Session, actor: Actor, plan: Plan, key: str, version: Version, suites: Sequence[Suite]) -> Work:
    """The work `key`: this version sits these exams, which it has not sat unless they are under way."""
    found = works.find(session, actor, key, model_id=version.model_id)
    if found is not None and not works.job_of(session, found).is_final:
        return found
    job = _order_exam(session, actor, plan, [version], suites)
    return works.started(session, plan, key, StageKind.EXAM, version.model_id, job)


def _order_exam(
    session: Session,
    actor: Actor,
    plan: Plan,
    versions: Sequence[Version],
    suites: Sequence[Suite],
    *,
    split: str | None = None,
) -> Job:
    if all(allowed(actor, Permission.RUN_JOBS, each.model.department_id) for each in versions):
        return evaluation.order(session, actor, versions, suites, split)
    # Versions of another department, which the plan's may use: it examines them for itself, and pays for that.
    auth.require(actor, Permission.RUN_JOBS, plan.department_id)
    for version in versions:
        access.require_weights(session, actor, version.model)
    spec = EvaluationSpec(versions=[each.id for each in versions], suites=[each.id for each in suites], split=split)
    title = f"{plan.title}: {versions[0].ref}"
    return jobs.enqueue(
        session, actor, evaluation.JOB_KIND, spec, title=title, department_id=plan.department_id, needs=suited(session)
    )
