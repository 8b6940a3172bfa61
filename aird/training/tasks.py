"""The jobs of this slice: read from the catalog, let the recipe compute, file what came out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from aird.catalog import files, twins
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.files import Folders
from aird.catalog.models import Kind, Model, Relation, Version
from aird.catalog.service import NewVersion, Parent
from aird.datasets import service as datasets
from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.runtimes.device import device_class
from aird.training.recipes import distill, pretrain, sft
from aird.training.recipes.progress import TrainResult
from aird.training.schemas import DatasetUse, DistillJob, TrainJob
from aird.training.service import version_ids
from aird.training.settings import PretrainSettings, SftSettings
from aird.training.settings_distill import DistillSettings


@dataclass(frozen=True)
class Made:
    """What a recipe made, in a folder, and what the catalog is to know of it."""

    out: Path
    result: TrainResult
    base: Version | None
    parents: list[Parent]
    kind: Kind | None = None


def remake(job: JobContext, spec: TrainJob | DistillJob, record: Mapping[str, Any], folder: Path) -> Path:
    """The files again, in `folder`: the same recipe on the same inputs, with the seed of its settings."""
    if isinstance(spec, DistillJob):
        return _distil(job, spec, folder).out
    return (_pretrain if spec.method == "pretrain" else _sft)(job, spec, folder).out


@task("training.sft", TrainJob, remake=remake)
def run_sft(job: JobContext, spec: TrainJob) -> None:
    """Train an adapter, or all weights, from a version on."""
    with job.scratch() as folder:
        _file(job, spec, _sft(job, spec, folder))


@task("training.pretrain", TrainJob, remake=remake)
def run_pretrain(job: JobContext, spec: TrainJob) -> None:
    """Train a base from scratch."""
    with job.scratch() as folder:
        _file(job, spec, _pretrain(job, spec, folder))


@task("training.distill", DistillJob, remake=remake)
def run_distill(job: JobContext, spec: DistillJob) -> None:
    """Let the student learn from its teachers' probabilities."""
    with job.scratch() as folder:
        _file(job, spec, _distil(job, spec, folder))


def _sft(job: JobContext, spec: TrainJob, folder: Path) -> Made:
    versions = _versions(job, spec)
    start, base = versions[spec.base_id] if spec.base_id else _impossible()
    settings = SftSettings.model_validate(spec.settings)
    found = files.fetch(job.store, start, base, folder / "in")
    items = _items(job, spec.datasets)
    job.log(f"{len(items)} items; starts from {start.ref}")
    result = sft.train(
        settings,
        found.base,
        items,
        folder / "out",
        report=job.report,
        start_adapter=found.adapter,
        base_name=base.ref,
        threads=job.settings.job_threads,
    )
    adapter = settings.method == "lora"
    parents = [Parent(start, Relation.CONTINUED)] if start.base_id or not adapter else []
    return Made(folder / "out", result, base if adapter else None, parents, None if adapter else Kind.FULL)


def _pretrain(job: JobContext, spec: TrainJob, folder: Path) -> Made:
    versions = _versions(job, spec)
    settings = PretrainSettings.model_validate(spec.settings)
    tokenizer = None
    if spec.tokenizer_id:
        version, base = versions[spec.tokenizer_id]
        tokenizer = files.fetch(job.store, version, base, folder / "in").base
    items = _items(job, spec.datasets)
    job.log(f"{len(items)} items")
    result = pretrain.train(
        settings,
        items,
        folder / "out",
        report=job.report,
        tokenizer_from=tokenizer,
        threads=job.settings.job_threads,
    )
    return Made(folder / "out", result, None, [], Kind.BASE)


def _distil(job: JobContext, spec: DistillJob, folder: Path) -> Made:
    versions = _versions(job, spec)
    student, base = versions[spec.student_id]
    settings = DistillSettings.model_validate(spec.settings)
    own = files.fetch(job.store, student, base, folder / "in")
    teachers = []
    for each in spec.teachers:
        found: Folders = files.fetch(job.store, *versions[each.version_id], folder / "in")
        teachers.append(distill.Teacher(found.base, found.adapter, _items(job, [each.prompts])))
    job.log(f"{student.ref} learns from {', '.join(versions[each.version_id][0].ref for each in spec.teachers)}")
    result = distill.distill(
        settings,
        teachers,
        own.base,
        own.adapter,
        folder / "out",
        report=job.report,
        base_name=base.ref,
        threads=job.settings.job_threads,
    )
    parents = [Parent(student, Relation.STUDENT)] if student.base_id or settings.student == "full" else []
    seen = {parent.version.id for parent in parents}
    for each in spec.teachers:
        if each.version_id not in seen:
            seen.add(each.version_id)
            parents.append(Parent(versions[each.version_id][0], Relation.TEACHER))
    adapter = settings.student == "adapter"
    return Made(folder / "out", result, base if adapter else None, parents, None if adapter else Kind.FULL)


def _versions(job: JobContext, spec: TrainJob | DistillJob) -> dict[Any, tuple[Version, Version]]:
    """Every version the job reads, with the whole model it needs."""
    with job.read() as session:
        found = catalog_queries.versions_by_id(session, version_ids(spec))
        return {key: (version, catalog_queries.base_of(session, version)) for key, version in found.items()}


def _items(job: JobContext, uses: list[DatasetUse]) -> list[dict[str, Any]]:
    return [item for use in uses for item in islice(datasets.read_split(job.store, use.artifact, use.split), use.limit)]


def _impossible() -> tuple[Version, Version]:
    raise ValueError("a training that is not `pretrain` names its base; the recipe was checked for that")


def _file(job: JobContext, spec: TrainJob | DistillJob, made: Made) -> None:
    """Examine what came out, then file it and end the job in one transaction."""
    examined = files.examine(job.store, made.out, base=made.base, kind=made.kind)
    result = made.result
    if isinstance(spec, TrainJob):
        made_by, uses = "training.pretrain" if spec.method == "pretrain" else "training.sft", spec.datasets
    else:
        made_by, uses = "training.distill", [each.prompts for each in spec.teachers]
    record = {
        "kind": made_by,
        "recipe": spec.recipe,
        "metrics": asdict(result),
        "seconds": result.seconds,
        "device": device_class(job.settings.job_threads),
        "datasets": [use.model_dump() for use in uses],
    }
    with job.finish() as session:
        model = session.get_one(Model, spec.model_id)
        version, _ = catalog.file_version(
            session,
            job.actor,
            model,
            NewVersion(
                kind=examined.kind,
                manifest=examined.manifest,
                parameters=examined.parameters,
                facts=examined.facts,
                base=made.base,
                parents=made.parents,
                job_id=job.id,
                record=record,
                license=spec.license,
                notes=spec.notes,
                card=examined.card,
                watts=job.settings.chip_watts,
            ),
        )
        twins.order_comparison(session, version)
        job.result = {"version": version.ref, "digest": version.artifact, **asdict(result)}
