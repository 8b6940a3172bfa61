"""What every job of this slice does around its recipe: read what it needs, stop at a checkpoint, file what came out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from aird.catalog import files, twins
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.compute import watts_of
from aird.catalog.models import Kind, Model, Version
from aird.catalog.service import NewVersion, Parent
from aird.datasets import leakage
from aird.datasets import service as datasets
from aird.jobs.context import JobContext
from aird.jobs.errors import Yielded
from aird.runtimes.device import device_class
from aird.training.recipes.errors import Paused
from aird.training.recipes.progress import TrainResult
from aird.training.schemas import DatasetUse, DistillJob, TrainJob
from aird.training.service import version_ids


@dataclass(frozen=True)
class Made:
    """What a recipe made, in a folder, and what the catalog is to know of it."""

    out: Path
    result: TrainResult
    base: Version | None
    parents: list[Parent]
    kind: Kind | None = None
    processes: int = 1


@contextmanager
def resuming(job: JobContext) -> Iterator[Path]:
    """The folder of the job's checkpoints; a recipe that pauses behind one hands the job's place back.

    Ask `job.should_yield` for the recipe's pause.
    """
    with job.workspace() as kept:
        if any(kept.rglob("step-*")):
            job.log("An earlier attempt left checkpoints; it goes on from the newest that is whole.")
        try:
            yield kept
        except Paused as pause:
            raise Yielded(pause.message, **pause.params) from pause


def versions(job: JobContext, spec: TrainJob | DistillJob) -> dict[Any, tuple[Version, Version]]:
    """Every version the job reads, with the whole model it needs."""
    with job.read() as session:
        found = catalog_queries.versions_by_id(session, version_ids(spec))
        return {key: (version, catalog_queries.base_of(session, version)) for key, version in found.items()}


def items(job: JobContext, uses: list[DatasetUse]) -> list[dict[str, Any]]:
    asked = [(use.ref, use.artifact, use.split, use.limit) for use in uses]
    leakage.require_none(job.database, job.store, asked)
    return [item for use in uses for item in islice(datasets.read_split(job.store, use.artifact, use.split), use.limit)]


def file(job: JobContext, spec: TrainJob | DistillJob, made: Made) -> None:
    """Examine what came out, then file it and end the job in one transaction."""
    examined = files.examine(job.store, made.out, base=made.base, kind=made.kind)
    result = made.result
    if result.skipped:
        job.log(f"{result.skipped} items were left out: they are longer than max_length.")
    if result.halved_at:
        job.log(f"From step {result.halved_at} on {result.micro_batch} items at once, as memory did not hold more.")
    if isinstance(spec, TrainJob):
        made_by, uses = "training.pretrain" if spec.method == "pretrain" else "training.sft", spec.datasets
    else:
        made_by, uses = "training.distill", [each.prompts for each in spec.teachers]
    device = device_class(job.settings.job_threads)
    watts = watts_of(str(device["device"]), job.settings.chip_watts) * made.processes
    record = {
        "kind": made_by,
        "recipe": spec.recipe,
        "metrics": asdict(result),
        "seconds": result.seconds,
        "kwh": result.seconds * watts / 3.6e6,
        "device": device,
        "datasets": [use.model_dump() for use in uses],
    }
    job.peak_memory = result.memory
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
