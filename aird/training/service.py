"""Order trainings and mentorings: check the recipe against the catalog, then queue the job."""

from uuid import UUID

from sqlalchemy.orm import Session

from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.intake.differences import own_words
from aird.catalog.models import Kind, Version
from aird.datasets import queries as dataset_queries
from aird.jobs import service as jobs
from aird.jobs.models import Job
from aird.training.errors import NotTrainable, TeachersDiffer
from aird.training.recipe import DistillSpec, TrainSpec
from aird.training.schemas import DatasetUse, DistillJob, TeacherUse, TrainJob


def order_training(session: Session, actor: Actor, spec: TrainSpec) -> Job:
    """Queue a training. Raises the catalog's and the datasets' NotFound, NotTrainable, NotPermitted."""
    model = catalog.model_for_output(session, actor, spec.model, spec.title or spec.model)
    auth.require(actor, Permission.RUN_JOBS, model.department_id)
    base = _trainable(_usable(session, actor, spec.base)) if spec.base else None
    tokenizer = _usable(session, actor, spec.tokenizer_from) if spec.tokenizer_from else None
    if base is not None and base.kind is Kind.ADAPTER and spec.method == "full":
        raise NotTrainable(
            f"{base.ref} is an adapter: method `full` trains all weights of a whole model. "
            "Use method `lora` to train it on, or name its base."
        )
    job = TrainJob(
        model_id=model.id,
        method=spec.method,
        base_id=base.id if base else None,
        tokenizer_id=tokenizer.id if tokenizer else None,
        datasets=[_dataset(session, actor, ref, spec.split, spec.limit) for ref in spec.datasets],
        settings=spec.checked_settings().model_dump(mode="json"),
        recipe={"apiVersion": "aird/v1", "kind": "Train", "spec": spec.model_dump(mode="json", exclude_defaults=True)},
        license=spec.license,
        notes=spec.notes,
    )
    kind = "training.pretrain" if spec.method == "pretrain" else "training.sft"
    return jobs.enqueue(
        session, actor, kind, job, title=spec.title or f"Train {model.name}", department_id=model.department_id
    )


def order_distillation(session: Session, actor: Actor, spec: DistillSpec) -> Job:
    """Queue a mentoring. Raises as order_training, and TeachersDiffer."""
    model = catalog.model_for_output(session, actor, spec.model, spec.title or spec.model)
    auth.require(actor, Permission.RUN_JOBS, model.department_id)
    student = _trainable(_usable(session, actor, spec.student))
    teachers = [_usable(session, actor, each.version) for each in spec.teachers]
    _check_tokenizers(session, student, teachers)
    if spec.settings.student == "full" and student.kind is Kind.ADAPTER:
        raise NotTrainable(
            f"{student.ref} is an adapter: a student of kind `full` is a whole model. "
            "Name a whole model as student, or set `student: adapter`."
        )
    job = DistillJob(
        model_id=model.id,
        student_id=student.id,
        teachers=[
            TeacherUse(version_id=teacher.id, prompts=_dataset(session, actor, each.dataset, each.split, each.limit))
            for teacher, each in zip(teachers, spec.teachers, strict=True)
        ],
        settings=spec.settings.model_dump(mode="json"),
        recipe={
            "apiVersion": "aird/v1",
            "kind": "Distill",
            "spec": spec.model_dump(mode="json", exclude_defaults=True),
        },
        license=spec.license,
        notes=spec.notes,
    )
    return jobs.enqueue(
        session,
        actor,
        "training.distill",
        job,
        title=spec.title or f"Mentor {model.name}",
        department_id=model.department_id,
    )


def _usable(session: Session, actor: Actor, ref: str) -> Version:
    version = access.get_ref(session, actor, ref)
    access.require_weights(session, actor, version.model)
    out = catalog_queries.out_of_use(session, version)
    if out is not None:
        raise NotTrainable(f"{out.ref} is {out.state}; nothing is trained from it. Choose another version.")
    return version


def _trainable(version: Version) -> Version:
    """The version, when its weights are not rounded to eight bits."""
    if version.facts.get("quantization"):
        raise NotTrainable(f"{version.ref} has weights in eight bits. Train the version it was made from.")
    return version


def _dataset(session: Session, actor: Actor, ref: str, split: str, limit: int | None) -> DatasetUse:
    version = dataset_queries.get_ref(session, ref)
    auth.require(actor, Permission.READ_DATASETS, version.dataset.department_id)
    if split not in version.splits:
        raise NotTrainable(
            f"{version.ref} has no split {split!r}; it has {', '.join(sorted(version.splits))}.", split=split
        )
    return DatasetUse(ref=version.ref, artifact=version.artifact, split=split, limit=limit)


def _check_tokenizers(session: Session, student: Version, teachers: list[Version]) -> None:
    wanted = _tokenizer(session, student)
    for teacher in teachers:
        if _tokenizer(session, teacher) != wanted:
            raise TeachersDiffer(
                f"{teacher.ref} and {student.ref} have different tokenizers or chat templates, so their probabilities "
                "cannot be compared token by token. Choose versions of one family.",
                teacher=teacher.ref,
                student=student.ref,
            )


def _tokenizer(session: Session, version: Version) -> tuple[str | None, str]:
    """The base's tokenizer, and what an adapter speaks with instead."""
    found: str | None = catalog_queries.base_of(session, version).facts.get("tokenizer_sha256")
    return found, own_words(version.facts) if version.kind is Kind.ADAPTER else own_words({})


def version_ids(job: TrainJob | DistillJob) -> list[UUID]:
    """Every version that the job reads."""
    if isinstance(job, TrainJob):
        return [each for each in (job.base_id, job.tokenizer_id) if each]
    return [job.student_id, *(each.version_id for each in job.teachers)]
