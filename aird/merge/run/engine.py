"""What a merge job computes: from the parents' files to a folder with the files of the child. Files nothing.

Everything that is made lies in a work folder, named by what decides its bytes, so that an attempt which finds what an
earlier one left there goes on behind it, and never with what another recipe or another release has made.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from aird import __version__
from aird.catalog.models import Version
from aird.core.errors import StorageFull
from aird.jobs.context import JobContext
from aird.merge import tasks_search
from aird.merge.methods import bake, bake_sum, extras, files
from aird.merge.methods.bake import Baked
from aird.merge.methods.base import MergeDiagnostics
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.run import finishing
from aird.merge.schemas_jobs import MergeWork
from aird.merge.search.space import Candidate
from aird.merge.tasks_search import Choice
from aird.runtimes import adapters as adapter_files
from aird.runtimes import loading
from aird.runtimes.device import device_class
from aird.runtimes.journal import Journal
from aird.training.recipes.distill import DistillResult

BAKED = "tensors put into the base; those in whole files are kept"
"""How a baking tells how far it is."""


@dataclass(frozen=True)
class Made:
    """A child in `folder`; `candidate` is the merge that was carried out, by the recipe or by the search's choice."""

    folder: Path
    candidate: Candidate
    diagnostics: MergeDiagnostics | None
    choice: Choice | None
    finish: DistillResult | None
    baked: Baked | None
    seconds: float


@dataclass(frozen=True)
class Sources:
    """The parents of a merge in the order of its weights, and their base, as the catalog has them."""

    parents: list[Version]
    base: Version

    @property
    def names(self) -> list[str]:
        """What to call them."""
        return [each.ref for each in self.parents]


def compute(job: JobContext, spec: MergeWork, sources: Sources, work: Path, *, chosen: Candidate | None = None) -> Made:
    """Merge, finish and bake as the spec says, below `work`. `chosen` is what a search of an earlier run came to.

    Raises AdapterUnusable and MergeNotPossible with the parent's name, StorageFull, and as the search and the finish.
    """
    with job.scratch() as scratch:
        _require_room(spec, sources, scratch)
        fetch = _Fetch(job, sources, scratch)
        choice = None
        if chosen is None and spec.search is not None and spec.suites:
            choice = tasks_search.choose(job, spec, fetch.base(), fetch.adapters(), scratch, work=work)
            chosen = choice.candidate
        candidate = chosen or _of_recipe(spec)
        place = work / _key(job, spec, sources, candidate)[:32]
        place.mkdir(parents=True, exist_ok=True)
        return _Run(job, spec, sources, candidate, choice, fetch, place).made()


@dataclass
class _Run:
    """One attempt at a merge whose recipe is settled."""

    job: JobContext
    spec: MergeWork
    sources: Sources
    candidate: Candidate
    choice: Choice | None
    fetch: "_Fetch"
    place: Path

    def made(self) -> Made:
        parents = [adapter_files.read(each) for each in self.fetch.adapters()]
        if self.spec.output == "full" and bake_sum.needed(parents):
            return self._summed_in_full(parents)
        folder, diagnostics = self._merge(parents)
        finish = baked = None
        if self.spec.finish is not None:
            finish, folder = self._finish(folder)
        if self.spec.output == "full":
            report = self.job.steps("bake", BAKED)
            threads = self.job.settings.job_threads
            baked = bake.bake_adapter(self.fetch.base(), folder, self.place / "whole", report=report, threads=threads)
            folder = self.place / "whole"
        seconds = diagnostics.seconds + (finish.seconds if finish else 0.0) + (baked.seconds if baked else 0.0)
        return Made(folder, self.candidate, diagnostics, self.choice, finish, baked, seconds)

    def _merge(self, parents: Sequence[adapter_files.Adapter]) -> tuple[Path, MergeDiagnostics]:
        out, found = self.place / "merged", self.candidate
        grams = None
        if found.method == "core_regmean":
            grams = finishing.collect_grams(
                self.job,
                self.spec.prompts,
                base=self.fetch.base(),
                adapters=self.fetch.by_version(),
                work=self.place,
            )
        diagnostics = files.merge_adapters(
            found.method,
            self.fetch.adapters(),
            found.weights,
            out,
            scale=found.scale,
            rank=found.rank,
            densities=found.densities,
            normalize=found.normalize,
            base_name=self.sources.base.ref,
            names=self.sources.names,
            base=self.fetch.base() if extras.need_base(parents) else None,
            grams=grams,
            threads=self.job.settings.job_threads,
            report=self.job.steps("merge", "modules merged"),
            journal=Journal(self.place / "merged.journal", self.place.name),
        )
        loading.copy_tokenizer(self.fetch.adapters()[0], out)  # what the parents bring is the same, or nothing
        return out, diagnostics

    def _finish(self, merged: Path) -> tuple[DistillResult, Path]:
        assert self.spec.finish is not None  # noqa: S101
        folders = self.fetch.by_version()
        parents = {each.id: (each, folders[each.id]) for each in self.sources.parents}
        family = finishing.Family(parents, self.sources.base, self.fetch.base())
        return finishing.run_finish(self.job, self.spec.finish, family, merged=merged, work=self.place)

    def _summed_in_full(self, parents: Sequence[adapter_files.Adapter]) -> Made:
        """Parents whose changes no factors hold, added up in the whole model: exact, and the sum alone."""
        found = self.candidate
        if found.method != "linear" or found.rank is not None or self.spec.finish is not None:
            names = [n for n, each in zip(self.sources.names, parents, strict=True) if each.features]
            raise MergeNotPossible(
                f"{', '.join(names)}: what DoRA and replaced modules change can be added up in a whole model, and "
                "nothing else can be done with it. Take 'merge_method: task_arithmetic' without a rank and a finish, "
                f"or turn them into plain LoRA first ('aird extract {names[0]} --rank 32' says what that costs).",
                reason="dora",
                versions=names,
            )
        baked = bake_sum.bake_sum(
            self.fetch.base(),
            self.fetch.adapters(),
            [weight * found.scale for weight in found.weights],
            self.place / "whole",
            names=self.sources.names,
            report=self.job.steps("bake", BAKED),
            threads=self.job.settings.job_threads,
        )
        return Made(self.place / "whole", found, None, self.choice, None, baked, baked.seconds)


class _Fetch:
    """The files of the parents and of their base, each written once and only when it is asked for."""

    def __init__(self, job: JobContext, sources: Sources, folder: Path) -> None:
        self._job, self._sources, self._folder = job, sources, folder

    def base(self) -> Path:
        """The base's folder."""
        return self._fetched(self._sources.base)

    def adapters(self) -> list[Path]:
        """The parents' folders, in their order."""
        return [self._fetched(each) for each in self._sources.parents]

    def by_version(self) -> dict[UUID, Path]:
        """The parents' folders by version, in their order."""
        return {each.id: self._fetched(each) for each in self._sources.parents}

    def _fetched(self, version: Version) -> Path:
        place = self._folder / "in" / version.artifact.removeprefix("sha256:")
        if not place.exists():
            self._job.progress("fetch")
            self._job.store.fetch(version.artifact, place)
        return place


def _key(job: JobContext, spec: MergeWork, sources: Sources, candidate: Candidate) -> str:
    """What decides every byte of the result: recipe, inputs, release, device."""
    decides: dict[str, Any] = {
        "merge": asdict(candidate),
        "parents": [each.artifact for each in sources.parents],
        "base": [sources.base.ref, sources.base.artifact],
        "output": spec.output,
        "prompts": [each.model_dump(mode="json") for each in spec.prompts],
        "finish": spec.finish.model_dump(mode="json") if spec.finish else None,
        "release": __version__,
        "device": device_class(job.settings.job_threads),
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def _require_room(spec: MergeWork, sources: Sources, folder: Path) -> None:
    """Say at once what would otherwise fail after hours. An adapter as wide as all parents, or the base once more."""
    inputs = sum({each.artifact: each.bytes for each in sources.parents}.values())
    whole = sources.base.bytes if spec.output == "full" else 0
    needed = 2 * inputs + 2 * whole
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageFull(
            f"The merge needs up to {needed / 2**20:.1f} MiB for its files on the worker's disk, where "
            f"{free / 2**20:.1f} MiB are free. Free some room.",
            needed=needed,
            free=free,
        )


def _of_recipe(spec: MergeWork) -> Candidate:
    return Candidate(
        method=spec.method,
        weights=tuple(each.weight for each in spec.parents),
        scale=spec.scale,
        densities=None if spec.densities is None else tuple(spec.densities),
        normalize=spec.normalize,
        rank=spec.rank,
    )
