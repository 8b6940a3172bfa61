"""The parts of a merge job that read the parents' questions: the finish, and the activations for `core_regmean`."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from aird.catalog.models import Version
from aird.datasets import leakage
from aird.datasets import service as datasets
from aird.jobs.context import JobContext
from aird.jobs.errors import Yielded
from aird.merge.methods import activations
from aird.merge.methods.activations import Gram
from aird.merge.schemas_jobs import FinishUse, PromptUse
from aird.training import shelves
from aird.training.recipes import distill
from aird.training.recipes.distill import DistillResult
from aird.training.recipes.errors import Paused
from aird.training.schemas import DatasetUse
from aird.training.settings_distill import DistillSettings, shared_room
from aird.training.shelves import Place


def teachers(finish: FinishUse | None) -> list[UUID]:
    """The parents that teach, each once."""
    return list(dict.fromkeys(each.version_id for each in finish.prompts)) if finish else []


@dataclass(frozen=True)
class Family:
    """The parents by their ids with the folders of their adapters, in the merge's order, and their base."""

    parents: Mapping[UUID, tuple[Version, Path]]
    base: Version
    base_folder: Path


def run_finish(
    job: JobContext, finish: FinishUse, family: Family, *, merged: Path, work: Path
) -> tuple[DistillResult, Path]:
    """Distil the parents into `merged`, an adapter folder; gives what was done, and the result, of the same shape.

    What a parent said before to the same questions, in a mentoring or another finish, is not said again. `work`
    outlives the attempt: one that is asked for its place raises Yielded behind a checkpoint, and the next goes on from
    there, or finds all done. Raises as aird.training.recipes.distill.
    """
    out, done = work / "finished", work / "finished.json"
    before = _done(done, out)
    if before is not None:
        return before, out
    shutil.rmtree(out, ignore_errors=True)  # of an attempt that was killed
    settings = DistillSettings.model_validate(finish.settings)
    places = _places(job, finish, family, settings, work / "shelves")
    voices = [
        distill.Teacher(family.base_folder, family.parents[version][1], each.items, each.folder)
        for version, each in places
    ]
    held = [each for _, each in places]
    shelves.lay_out(job, held, settings)
    job.log(f"finish: {len(teachers(finish))} parents teach in {settings.steps} steps, without labels")
    try:
        result = distill.distill(
            settings,
            voices,
            family.base_folder,
            merged,
            out,
            report=job.report,
            base_name=family.base.ref,
            threads=job.settings.job_threads,
            checkpoints=work / "finish",
            pause=lambda: job.should_yield,
            spoken=shelves.keeping(job, held, settings),
            shares=_shares([(version, len(each.items)) for version, each in places], settings),
        )
    except Paused as pause:
        raise Yielded(pause.message, **pause.params) from pause
    job.log(f"Teachers: {result.known} of {result.heard} prompts were known, {result.forwards} forward passes.")
    done.with_suffix(".part").write_text(
        json.dumps({"result": asdict(result), "files": _digests(out)}), encoding="utf-8"
    )
    done.with_suffix(".part").replace(done)
    return result, out


def told(result: DistillResult) -> dict[str, int]:
    """How many prompts the parents were asked, how many of them they had answered before, and their passes now."""
    return {"forwards": result.forwards, "known": result.known, "heard": result.heard}


def _places(
    job: JobContext, finish: FinishUse, family: Family, settings: DistillSettings, folder: Path
) -> list[tuple[UUID, Place]]:
    """Where what each parent says is kept, split by split; in the merge's tokens, which are the first parent's."""
    first, _ = next(iter(family.parents.values()))
    found = []
    for each in finish.prompts:
        teacher = family.parents[each.version_id][0], family.base
        speaker = teacher if settings.answers == "text" else (first, family.base)
        prompts = DatasetUse(ref=each.ref, artifact=each.artifact, split=each.split, limit=each.limit)
        found.append((each.version_id, shelves.place(job, teacher, prompts, settings, folder, speaker=speaker)))
    return found


def _shares(items: Sequence[tuple[UUID, int]], settings: DistillSettings) -> list[int]:
    """How many questions of each split are asked: as many of each parent as of the others, whatever its splits."""
    counts: dict[UUID, list[int]] = {}
    for version, count in items:
        counts.setdefault(version, []).append(count)
    rooms = settings.shares([sum(each) for each in counts.values()])
    own = {version: shared_room(each, room) for (version, each), room in zip(counts.items(), rooms, strict=True)}
    return [own[version].pop(0) for version, _ in items]


def _done(note: Path, out: Path) -> DistillResult | None:
    """What an earlier attempt came to, if its files are still as they were then."""
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
        return DistillResult(**told["result"]) if told["files"] == _digests(out) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digests(folder: Path) -> dict[str, str]:
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in sorted(folder.iterdir())}


def collect_grams(
    job: JobContext, prompts: Sequence[PromptUse], *, base: Path, adapters: Mapping[UUID, Path], work: Path
) -> Mapping[str, Gram]:
    """What `core_regmean` needs to know of each module's inputs; `adapters` stand in the order of the merge's
    parents. `work` outlives the attempt and belongs to this merge; the place is handed back between questions."""
    items = _items(job, prompts)
    return activations.collect(
        base,
        list(adapters.values()),
        [items.get(version, []) for version in adapters],
        threads=job.settings.job_threads,
        report=job.steps("activations", "questions read; whichever parent has read all of its own does not again"),
        kept=work / "heard",
    )


def _items(job: JobContext, prompts: Sequence[PromptUse]) -> dict[UUID, list[dict[str, Any]]]:
    """Every parent's questions, the answers that may stand beside them left out by whoever reads them."""
    leakage.require_none(job.database, job.store, ((use.ref, use.artifact, use.split, use.limit) for use in prompts))
    found: dict[UUID, list[dict[str, Any]]] = {}
    for each in prompts:
        read = islice(datasets.read_split(job.store, each.artifact, each.split), each.limit)
        found.setdefault(each.version_id, []).extend(read)
    return found
