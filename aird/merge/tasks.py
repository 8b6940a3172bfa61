"""The rotation job: fetch the parents, choose the scale if asked to, merge, file the child."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aird.catalog import files, twins
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.models import Model, Relation
from aird.catalog.service import NewVersion, Parent
from aird.datasets import service as datasets
from aird.evaluation.scorers import choice, exact
from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.merge.methods.base import MergeDiagnostics
from aird.merge.methods.files import merge_adapters
from aird.merge.schemas import MergeJob
from aird.runtimes import hf, loading

SCORERS = {"choice": choice.score, "exact": exact.score}


@dataclass(frozen=True)
class Candidate:
    """A merge at one scale, and what it scored on the search's split by suite."""

    scale: float
    folder: Path
    diagnostics: MergeDiagnostics
    scores: dict[str, float]

    @property
    def mean(self) -> float:
        """The mean score over the suites; 0 when nothing was scored."""
        return sum(self.scores.values()) / len(self.scores) if self.scores else 0.0


@task("merge.run", MergeJob)
def run_merge(job: JobContext, spec: MergeJob) -> None:
    """Merge the parents' adapters and file the child."""
    with job.read() as session:
        parents = catalog_queries.versions_by_id(session, [each.version_id for each in spec.parents])
        base = catalog_queries.version_by_id(session, spec.base_id)
    weights = {parents[each.version_id].ref: each.weight for each in spec.parents}
    job.log(f"{spec.statement}; weights {weights}")
    with job.scratch() as folder:
        found = [files.fetch(job.store, parents[each.version_id], base, folder / "in") for each in spec.parents]
        adapters = [each.adapter for each in found if each.adapter is not None]
        tried = list(_candidates(job, spec, adapters, base.ref, found[0].base, folder))
        best = max(tried, key=lambda each: each.mean)
        examined = files.examine(job.store, best.folder, base=base)
        metrics: dict[str, Any] = {
            "scale": best.scale,
            "diagnostics": asdict(best.diagnostics),
            "statement": spec.statement,
        }
        if spec.suites:
            metrics["search"] = [{"scale": each.scale, "mean": each.mean, **each.scores} for each in tried]
        record = {
            "kind": "merge.run",
            "recipe": spec.recipe,
            "metrics": metrics,
            "seconds": best.diagnostics.seconds,
            "datasets": [each.model_dump() for each in spec.suites],
        }
        with job.finish() as session:
            child, _ = catalog.file_version(
                session,
                job.actor,
                session.get_one(Model, spec.model_id),
                NewVersion(
                    kind=examined.kind,
                    manifest=examined.manifest,
                    parameters=examined.parameters,
                    facts=examined.facts,
                    base=base,
                    job_id=job.id,
                    record=record,
                    license=spec.license,
                    notes=spec.notes,
                    card=examined.card,
                    watts=job.settings.chip_watts,
                    parents=[
                        Parent(parents[each.version_id], Relation.MERGE, each.weight * best.scale)
                        for each in spec.parents
                    ],
                ),
            )
            twins.order_comparison(session, child)
            job.result = {"version": child.ref, "digest": child.artifact, "scale": best.scale, "scores": best.scores}


def _candidates(
    job: JobContext, spec: MergeJob, adapters: list[Path], base_name: str, base: Path, folder: Path
) -> Iterator[Candidate]:
    """One merge for every scale of the search, scored; without a search the one merge, not scored."""
    scales = (spec.search.scales if spec.search else []) or [1.0]
    model = hf.load(base, threads=job.settings.job_threads) if spec.suites else None
    items = {each.suite: list(datasets.read_split(job.store, each.artifact, each.split)) for each in spec.suites}
    for number, scale in enumerate(scales):
        out = folder / f"scale-{number}"
        diagnostics = merge_adapters(
            spec.method,
            adapters,
            [each.weight for each in spec.parents],
            out,
            scale=spec.scale * scale,
            rank=spec.rank,
            densities=spec.densities,
            normalize=spec.normalize,
            base_name=base_name,
            threads=job.settings.job_threads,
            report=None if spec.suites else partial(job.progress, "merge"),
        )
        loading.copy_tokenizer(adapters[0], out)  # what the parents bring of their own is the same, or nothing
        scores: dict[str, float] = {}
        if model is not None:
            name = f"scale-{number}"
            model.add_adapter(name, out)
            model.use(name)
            for each in spec.suites:
                outcomes = SCORERS[each.scorer](model, items[each.suite])
                scores[each.suite] = sum(one.correct for one in outcomes) / len(outcomes)
            model.remove_adapter(name)
        candidate = Candidate(scale, out, diagnostics, scores)
        if spec.suites:
            job.progress("search", number + 1, len(scales), {"scale": scale, "mean": candidate.mean})
        yield candidate
