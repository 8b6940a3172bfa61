"""The parts of a merge job that read the parents' questions: the finish, and the activations for `core_regmean`."""

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from aird.datasets import leakage
from aird.datasets import service as datasets
from aird.jobs.context import JobContext
from aird.merge.methods import activations
from aird.merge.methods.activations import Gram
from aird.merge.schemas_jobs import FinishUse, PromptUse
from aird.training.recipes import distill
from aird.training.recipes.progress import TrainResult
from aird.training.settings_distill import DistillSettings


def teachers(finish: FinishUse | None) -> list[UUID]:
    """The parents that teach, each once."""
    return list(dict.fromkeys(each.version_id for each in finish.prompts)) if finish else []


def run_finish(
    job: JobContext,
    finish: FinishUse,
    *,
    base: Path,
    adapters: Mapping[UUID, Path],
    merged: Path,
    out: Path,
    base_name: str,
) -> TrainResult:
    """Distil the parents into `merged`, an adapter folder, and write the result, of the same shape, to `out`.

    `adapters` has the folder of every parent by its version. Raises as aird.training.recipes.distill.
    """
    asked = _items(job, finish.prompts)
    voices = [distill.Teacher(base, adapters[version], items) for version, items in asked.items()]
    settings = DistillSettings.model_validate(finish.settings)
    job.log(f"finish: {len(voices)} parents teach in {settings.steps} steps, without labels")
    return distill.distill(
        settings,
        voices,
        base,
        merged,
        out,
        report=job.report,
        base_name=base_name,
        threads=job.settings.job_threads,
    )


def collect_grams(
    job: JobContext, prompts: Sequence[PromptUse], *, base: Path, adapters: Mapping[UUID, Path]
) -> Mapping[str, Gram]:
    """What `core_regmean` needs to know of each module's inputs; `adapters` stand in the order of the merge's
    parents."""
    items = _items(job, prompts)
    return activations.collect(
        base,
        list(adapters.values()),
        [items.get(version, []) for version in adapters],
        threads=job.settings.job_threads,
        report=lambda done, total: job.progress("activations", done, total),
    )


def _items(job: JobContext, prompts: Sequence[PromptUse]) -> dict[UUID, list[dict[str, Any]]]:
    """Every parent's questions, the answers that may stand beside them left out by whoever reads them."""
    leakage.require_none(job.database, job.store, ((use.ref, use.artifact, use.split, use.limit) for use in prompts))
    found: dict[UUID, list[dict[str, Any]]] = {}
    for each in prompts:
        read = islice(datasets.read_split(job.store, each.artifact, each.split), each.limit)
        found.setdefault(each.version_id, []).extend(read)
    return found
