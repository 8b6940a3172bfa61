"""Order trainings: check the recipe against the catalog, then queue the job."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import service as catalog
from aird.catalog.models import Kind, Version
from aird.core.schemas import Finding
from aird.core.settings import Settings
from aird.datasets import queries as dataset_queries
from aird.jobs import service as jobs
from aird.jobs.models import Job
from aird.store.artifacts import Store
from aird.training import costs, mentoring
from aird.training.checks import dataset_use, trainable, usable
from aird.training.errors import NotTrainable
from aird.training.recipe import DistillSpec, TrainSpec
from aird.training.schemas import DistillJob, TrainingEstimate, TrainJob


def order_training(
    session: Session, actor: Actor, spec: TrainSpec, *, store: Store | None = None, settings: Settings | None = None
) -> Job:
    """Queue a training. With the `store` and the house's `settings` it is estimated before, which can refuse it.

    Raises the catalog's and the datasets' NotFound, NotTrainable, NotPermitted.
    """
    model = catalog.model_for_output(session, actor, spec.model, spec.title or spec.model)
    auth.require(actor, Permission.RUN_JOBS, model.department_id)
    base, tokenizer = _start(session, actor, spec)
    told = _estimate(session, actor, spec, base, store, settings) if store and settings else None
    if told is not None:
        refuse_stopped(told.findings)
    job = TrainJob(
        model_id=model.id,
        method=spec.method,
        base_id=base.id if base else None,
        tokenizer_id=tokenizer.id if tokenizer else None,
        datasets=[dataset_use(session, actor, ref, spec.split, spec.limit) for ref in spec.datasets],
        settings=spec.checked_settings().model_dump(mode="json"),
        recipe={"apiVersion": "aird/v1", "kind": "Train", "spec": spec.model_dump(mode="json", exclude_defaults=True)},
        license=spec.license,
        notes=spec.notes,
    )
    kind = "training.pretrain" if spec.method == "pretrain" else "training.sft"
    return jobs.enqueue(
        session,
        actor,
        kind,
        job,
        title=spec.title or f"Train {model.name}",
        department_id=model.department_id,
        needs=told.needs if told else spec.needs,
        estimate=told.estimate if told else None,
    )


def estimate_training(
    session: Session, actor: Actor, spec: TrainSpec, *, store: Store, settings: Settings
) -> TrainingEstimate:
    """What a training would take; nothing is ordered, and no model made. Raises as order_training."""
    department = auth_queries.get_department(session, spec.model.partition("/")[0])
    auth.require(actor, Permission.RUN_JOBS, department.id)
    base, _ = _start(session, actor, spec)
    return _estimate(session, actor, spec, base, store, settings)


def refuse_stopped(findings: Sequence[Finding]) -> None:
    """Raise NotTrainable for the first finding that stops an order."""
    for each in findings:
        if each.level == "stop":
            raise NotTrainable(each.message, finding=each.code, **each.params)


def _start(session: Session, actor: Actor, spec: TrainSpec) -> tuple[Version | None, Version | None]:
    """What a training starts from, and whose tokenizer it takes."""
    base = trainable(usable(session, actor, spec.base)) if spec.base else None
    tokenizer = usable(session, actor, spec.tokenizer_from) if spec.tokenizer_from else None
    if base is not None and base.kind is Kind.ADAPTER and spec.method == "full":
        raise NotTrainable(
            f"{base.ref} is an adapter: method `full` trains all weights of a whole model. "
            "Use method `lora` to train it on, or name its base."
        )
    return base, tokenizer


def _estimate(
    session: Session, actor: Actor, spec: TrainSpec, base: Version | None, store: Store, settings: Settings
) -> TrainingEstimate:
    uses = [dataset_use(session, actor, ref, spec.split, spec.limit) for ref in spec.datasets]
    counted = [(use, int(dataset_queries.get_ref(session, use.ref).splits[use.split])) for use in uses]
    return costs.of_training(
        session, store, spec, base, counted, threads=settings.job_threads, watts=settings.chip_watts
    )


def order_distillation(
    session: Session, actor: Actor, spec: DistillSpec, *, store: Store | None = None, settings: Settings | None = None
) -> Job:
    """Queue a mentoring, as order_training does a training. Raises TeachersDiffer as well."""
    return mentoring.order(session, actor, spec, store=store, settings=settings)


def version_ids(job: TrainJob | DistillJob) -> list[UUID]:
    """Every version that the job reads."""
    if isinstance(job, TrainJob):
        return [each for each in (job.base_id, job.tokenizer_id) if each]
    return [job.student_id, *(each.version_id for each in job.teachers)]
