"""The jobs of training: read from the catalog, let the recipe compute, file what came out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aird.catalog import files
from aird.catalog.files import Folders
from aird.catalog.models import Kind, Relation, Version
from aird.catalog.service import Parent
from aird.jobs import nodes
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


def assist(job: JobContext, spec: TrainJob, seat: int) -> None:
    """The part of a further machine: the same model and items, and its processes beside those of the first."""
    with job.scratch() as folder:
        found, _, _, items = _lesson(job, spec, folder)
        machines = nodes.count(job)
        address = nodes.follow(job)
        meeting = launch.Meeting(machines, seat, address, nodes.interface(nodes.own_address()))
        settings = SftSettings.model_validate(spec.settings)
        more = _more(job, found, "", folder / "kept", None)
        launch.assist(
            settings.processes // machines, spec.settings, found.base, items, folder / "out", meeting=meeting, **more
        )


@task("training.sft", TrainJob, remake=remake, yields=True, assist=assist)
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
    settings = SftSettings.model_validate(spec.settings)
    found, start, base, items = _lesson(job, spec, folder)
    job.log(f"{len(items)} items; starts from {start.ref}")
    more = _more(job, found, base.ref, kept, halved_at)
    how: dict[str, Any] = {"report": job.report, "pause": lambda: job.should_yield, **more}
    (folder / "out").mkdir(exist_ok=True)
    machines = nodes.count(job)
    if settings.processes > 1:
        meeting = None
        if machines > 1:
            address = nodes.lead(job)
            meeting = launch.Meeting(machines, 0, address, nodes.interface(address.rpartition(":")[0]))
        job.log(f"{settings.processes} processes share every update" + (f", on {machines} machines" if meeting else ""))
        here = settings.processes // machines
        result = launch.train(here, spec.settings, found.base, items, folder / "out", meeting=meeting, **how)
    else:
        result = sft.train(settings, found.base, items, folder / "out", **how)
    adapter = settings.method == "lora"
    parents = [Parent(start, Relation.CONTINUED)] if start.base_id or not adapter else []
    return Made(
        folder / "out", result, base if adapter else None, parents, None if adapter else Kind.FULL, settings.processes
    )


def _lesson(job: JobContext, spec: TrainJob, folder: Path) -> tuple[Folders, Version, Version, list[dict[str, Any]]]:
    """What is trained, in `folder`, its version and base, and the items."""
    start, base = filing.versions(job, spec)[spec.base_id] if spec.base_id else _impossible()
    return files.fetch(job.store, start, base, folder / "in"), start, base, filing.items(job, spec.datasets)


def _more(job: JobContext, found: Folders, base_name: str, kept: Path | None, halved_at: int | None) -> dict[str, Any]:
    """What every process of the training is told the same."""
    return {
        "start_adapter": found.adapter,
        "base_name": base_name,
        "threads": job.settings.job_threads,
        "checkpoints": kept,
        "halved_at": halved_at,
    }


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
