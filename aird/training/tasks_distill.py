"""The job of a mentoring: what teachers said before is taken from the store, what is new goes there, students learn."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aird.catalog import files
from aird.catalog.models import Kind, Relation, Version
from aird.catalog.service import Parent
from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.training import filing, shelves
from aird.training.filing import Made
from aird.training.recipes import distill
from aird.training.schemas import DistillJob
from aird.training.settings_distill import DistillSettings
from aird.training.shelves import Pair


def remake(job: JobContext, spec: DistillJob, record: Mapping[str, Any], folder: Path) -> Path:
    """The files again, in `folder`: the same recipe on the same inputs, with the seed of its settings."""
    halved = record.get("metrics", {}).get("halved_at")
    return _distil(job, spec, folder, None, halved_at=halved).out


@task("training.distill", DistillJob, remake=remake, yields=True)
def run_distill(job: JobContext, spec: DistillJob) -> None:
    """Let the student learn from its teachers' probabilities."""
    with job.scratch() as folder, filing.resuming(job) as kept:
        filing.file(job, spec, _distil(job, spec, folder, kept))


def _distil(
    job: JobContext, spec: DistillJob, folder: Path, kept: Path | None, *, halved_at: int | None = None
) -> Made:
    versions = filing.versions(job, spec)
    student, base = versions[spec.student_id]
    settings = DistillSettings.model_validate(spec.settings)
    own = files.fetch(job.store, student, base, folder / "in")
    places = []
    for each in spec.teachers:
        pair = versions[each.version_id]
        speaker = pair if settings.answers == "text" else (student, base)
        where = (kept or folder) / "shelves"
        places.append(shelves.place(job, pair, each.prompts, settings, where, speaker=speaker))
    room = settings.shares([len(each.items) for each in places])
    shelves.lay_out(job, places, settings)
    voices = []
    for place, count in zip(places, room, strict=True):
        silent = not place.shelf.missing(count) and settings.on_policy is None
        found = None if silent else files.fetch(job.store, *place.teacher, folder / "in")
        base_folder, adapter_folder = (found.base, found.adapter) if found else (None, None)
        voices.append(distill.Teacher(base_folder, adapter_folder, place.items, place.folder))
    job.log(f"{student.ref} learns from {', '.join(place.teacher[0].ref for place in places)}")

    result = distill.distill(
        settings,
        voices,
        own.base,
        own.adapter,
        folder / "out",
        report=job.report,
        base_name=base.ref,
        threads=job.settings.job_threads,
        checkpoints=kept,
        pause=lambda: job.should_yield,
        halved_at=halved_at,
        spoken=shelves.keeping(job, places, settings),
    )
    job.log(f"Teachers: {result.known} of {result.heard} prompts were known, {result.forwards} forward passes.")
    adapter = settings.student == "adapter"
    parents = _parents(spec, versions, student, whole=not adapter)
    return Made(folder / "out", result, base if adapter else None, parents, None if adapter else Kind.FULL)


def _parents(spec: DistillJob, versions: Mapping[Any, Pair], student: Version, *, whole: bool) -> list[Parent]:
    parents = [Parent(student, Relation.STUDENT)] if student.base_id or whole else []
    seen = {parent.version.id for parent in parents}
    for each in spec.teachers:
        if each.version_id not in seen:
            seen.add(each.version_id)
            parents.append(Parent(versions[each.version_id][0], Relation.TEACHER))
    return parents
