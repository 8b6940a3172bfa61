"""The job of a mentoring: what teachers said before is taken from the store, what is new goes there, students learn."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from aird.catalog import files
from aird.catalog.models import Kind, Relation, Version
from aird.catalog.service import Parent
from aird.core.errors import AirdError
from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.store import service as ledger
from aird.training import filing, teachers
from aird.training.filing import Made
from aird.training.models import TeacherCache
from aird.training.recipes import cached, distill
from aird.training.recipes.cached import BLOCK, Shelf
from aird.training.schemas import DistillJob, TeacherUse
from aird.training.settings_distill import DistillSettings
from aird.training.teachers import Voice

Pair = tuple[Version, Version]


@dataclass(frozen=True)
class Place:
    """Where what one teacher says is kept: in the store by `key`, here in `folder`."""

    key: str
    folder: Path
    items: list[dict[str, Any]]
    use: TeacherUse
    pair: Pair

    @property
    def shelf(self) -> Shelf:
        """The blocks."""
        return Shelf(self.items, self.folder)


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
    places = [
        _place(job, each, versions[each.version_id], (student, base), settings, (kept or folder) / "shelves")
        for each in spec.teachers
    ]
    room = settings.shares([len(each.items) for each in places])
    if settings.cache:
        for place in places:
            _lay_out(job, place)
    voices = []
    for place, count in zip(places, room, strict=True):
        silent = not place.shelf.missing(count) and settings.on_policy is None
        found = None if silent else files.fetch(job.store, *place.pair, folder / "in")
        base_folder, adapter_folder = (found.base, found.adapter) if found else (None, None)
        voices.append(distill.Teacher(base_folder, adapter_folder, place.items, place.folder))
    job.log(f"{student.ref} learns from {', '.join(place.pair[0].ref for place in places)}")

    def spoken(number: int, forwards: int, seconds: float) -> None:
        if settings.cache:
            _keep(job, places[number], settings, forwards, seconds)

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
        spoken=spoken,
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


def _place(
    job: JobContext, use: TeacherUse, pair: Pair, student: Pair, settings: DistillSettings, shelves: Path
) -> Place:
    speaker = pair if settings.answers == "text" else student
    key = teachers.key_of(Voice.of(*pair, *speaker), use.prompts, settings)
    return Place(key, shelves / key, filing.items(job, [use.prompts]), use, pair)


def _lay_out(job: JobContext, place: Place) -> None:
    """What the store has of this teacher, put onto its shelf; what cannot be read is said anew."""
    with job.read() as session:
        known = teachers.find(session, place.key)
    if known is None:
        return
    try:
        if not place.folder.exists():
            job.store.fetch(known.artifact, place.folder)
        broken = [path for path in place.folder.glob("block-*") if not cached.whole(path)]
    except (AirdError, OSError) as error:
        job.log(f"What {place.pair[0].ref} said before cannot be read, so it speaks again: {error}")
        shutil.rmtree(place.folder, ignore_errors=True)
        return
    for path in broken:
        job.log(f"{path.name} of what {place.pair[0].ref} said before is broken; it speaks again.")
        path.unlink()
    with job.transaction() as session:
        teachers.used(session, place.key)


def _keep(job: JobContext, place: Place, settings: DistillSettings, forwards: int, seconds: float) -> None:
    """Put what was said into the store, for the students that come."""
    for part in place.folder.glob("*.part"):
        part.unlink()
    blocks = len(list(place.folder.glob("block-*.safetensors")))
    covered = min(blocks * BLOCK, len(place.items))
    said = place.shelf.take(covered)
    manifest = job.store.put_folder(place.folder)
    teacher, base = place.pair
    with job.transaction() as session:
        ledger.index_artifact(session, manifest)
        before = teachers.find(session, place.key)
        teachers.keep(
            session,
            TeacherCache(
                key=place.key,
                teacher=teacher.artifact,
                base=base.artifact,
                dataset=place.use.prompts.artifact,
                settings=teachers.relevant(settings, place.use.prompts),
                artifact=manifest.digest,
                items=covered,
                skipped=sum(each is None for each in said),
                tokens=sum(each.length for each in said if isinstance(each, cached.Stored)),
                bytes=manifest.size,
                forwards=forwards + (before.forwards if before else 0),
                seconds=seconds + (before.seconds if before else 0.0),
                job_id=job.id,
            ),
        )
        teachers.expire(session, unused=timedelta(days=job.settings.teacher_cache_days))
