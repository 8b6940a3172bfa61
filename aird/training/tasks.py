"""The jobs of training: read from the catalog, let the recipe compute, file what came out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aird.catalog import files
from aird.catalog.models import Kind, Relation, Version
from aird.catalog.service import Parent
from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.training import filing
from aird.training.filing import Made
from aird.training.recipes import launch, pretrain, sft
from aird.training.schemas import TrainJob
from aird.training.settings import PretrainSettings, SftSettings


def remake(job: JobContext, spec: TrainJob, record: Mapping[str, Any], folder: Path) -> Path:
    """The files again, in `folder`: the same recipe on the same inputs, with the seed of its settings."""
    halved = record.get("metrics", {}).get("halved_at")
    return (_pretrain if spec.method == "pretrain" else _sft)(job, spec, folder, halved_at=halved).out


@task("training.sft", TrainJob, remake=remake, yields=True)
def run_sft(job: JobContext, spec: TrainJob) -> None:
    """Train an adapter, or all weights, from a version on."""
    with job.scratch() as folder, filing.resuming(job) as kept:
        filing.file(job, spec, _sft(job, spec, folder, kept))


@task("training.pretrain", TrainJob, remake=remake, yields=True)
def run_pretrain(job: JobContext, spec: TrainJob) -> None:
    """Train a base from scratch."""
    with job.scratch() as folder, filing.resuming(job) as kept:
        filing.file(job, spec, _pretrain(job, spec, folder, kept))


def _sft(
    job: JobContext, spec: TrainJob, folder: Path, kept: Path | None = None, *, halved_at: int | None = None
) -> Made:
    versions = filing.versions(job, spec)
    start, base = versions[spec.base_id] if spec.base_id else _impossible()
    settings = SftSettings.model_validate(spec.settings)
    found = files.fetch(job.store, start, base, folder / "in")
    items = filing.items(job, spec.datasets)
    job.log(f"{len(items)} items; starts from {start.ref}")
    more: dict[str, Any] = {
        "report": job.report,
        "pause": lambda: job.should_yield,
        "start_adapter": found.adapter,
        "base_name": base.ref,
        "threads": job.settings.job_threads,
        "checkpoints": kept,
        "halved_at": halved_at,
    }
    (folder / "out").mkdir(exist_ok=True)
    if settings.processes > 1:
        job.log(f"{settings.processes} processes share every update")
        result = launch.train(settings.processes, spec.settings, found.base, items, folder / "out", **more)
    else:
        result = sft.train(settings, found.base, items, folder / "out", **more)
    adapter = settings.method == "lora"
    parents = [Parent(start, Relation.CONTINUED)] if start.base_id or not adapter else []
    return Made(
        folder / "out", result, base if adapter else None, parents, None if adapter else Kind.FULL, settings.processes
    )


def _pretrain(
    job: JobContext, spec: TrainJob, folder: Path, kept: Path | None = None, *, halved_at: int | None = None
) -> Made:
    versions = filing.versions(job, spec)
    settings = PretrainSettings.model_validate(spec.settings)
    tokenizer = None
    if spec.tokenizer_id:
        version, base = versions[spec.tokenizer_id]
        tokenizer = files.fetch(job.store, version, base, folder / "in").base
    items = filing.items(job, spec.datasets)
    job.log(f"{len(items)} items")
    result = pretrain.train(
        settings,
        items,
        folder / "out",
        report=job.report,
        tokenizer_from=tokenizer,
        threads=job.settings.job_threads,
        checkpoints=kept,
        pause=lambda: job.should_yield,
        halved_at=halved_at,
    )
    return Made(folder / "out", result, None, [], Kind.BASE)


def _impossible() -> tuple[Version, Version]:
    raise ValueError("a training that is not `pretrain` names its base; the recipe was checked for that")
