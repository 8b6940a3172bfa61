"""What teachers said, between the store and the folders of a job: laid out before anybody speaks, kept afterwards.

A mentoring and the finish of a merge ask the same teachers, so what one has heard serves the other.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from aird.catalog.models import Version
from aird.core.errors import AirdError
from aird.jobs.context import JobContext
from aird.store import service as ledger
from aird.training import filing, teachers
from aird.training.models import TeacherCache
from aird.training.recipes import cached
from aird.training.recipes.cached import BLOCK, Shelf
from aird.training.schemas import DatasetUse
from aird.training.settings_distill import DistillSettings
from aird.training.teachers import Voice

Pair = tuple[Version, Version]
"""A version and the whole model it needs."""


@dataclass(frozen=True)
class Place:
    """Where what one teacher says to one split is kept: in the store by `key`, here in `folder`."""

    key: str
    folder: Path
    items: list[dict[str, Any]]
    prompts: DatasetUse
    teacher: Pair

    @property
    def shelf(self) -> Shelf:
        """The blocks."""
        return Shelf(self.items, self.folder)


def place(
    job: JobContext, teacher: Pair, prompts: DatasetUse, settings: DistillSettings, folder: Path, *, speaker: Pair
) -> Place:
    """The place of a teacher's words to a split, below `folder`; `speaker` is in whose tokens they are written.

    Raises what reading the split does.
    """
    key = teachers.key_of(Voice.of(*teacher, *speaker), prompts, settings)
    return Place(key, folder / key, filing.items(job, [prompts]), prompts, teacher)


def keeping(job: JobContext, places: Sequence[Place], settings: DistillSettings) -> Callable[[int, int, float], None]:
    """What distill.distill calls as `spoken`: what the teachers say goes into the store, unless `cache` is off."""

    def spoken(number: int, forwards: int, seconds: float) -> None:
        if settings.cache:
            _keep(job, places[number], settings, forwards, seconds)

    return spoken


def lay_out(job: JobContext, places: Sequence[Place], settings: DistillSettings) -> None:
    """Put what the store has of these teachers onto their shelves, unless `cache` is off."""
    for each in places if settings.cache else ():
        _lay_out(job, each)


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
        job.log(f"What {place.teacher[0].ref} said before cannot be read, so it speaks again: {error}")
        shutil.rmtree(place.folder, ignore_errors=True)
        return
    for path in broken:
        job.log(f"{path.name} of what {place.teacher[0].ref} said before is broken; it speaks again.")
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
    teacher, base = place.teacher
    with job.transaction() as session:
        ledger.index_artifact(session, manifest)
        before = teachers.find(session, place.key)
        teachers.keep(
            session,
            TeacherCache(
                key=place.key,
                teacher=teacher.artifact,
                base=base.artifact,
                dataset=place.prompts.artifact,
                settings=teachers.relevant(settings, place.prompts),
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
