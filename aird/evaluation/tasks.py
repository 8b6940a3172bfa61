"""The job evaluation.run: versions sit exams. Loaded by workers only; this is where the ML stack comes in."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind, Version
from aird.datasets import service as datasets
from aird.evaluation import outcomes as outcome_files
from aird.evaluation import queries, service
from aird.evaluation.errors import NothingToMeasure
from aird.evaluation.models import Scorer, Suite
from aird.evaluation.schemas import EvaluationSpec
from aird.evaluation.scorers import choice, exact
from aird.evaluation.service import Measurement
from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.runtimes import hf

SCORERS = {Scorer.CHOICE: choice.score, Scorer.EXACT: exact.score}
BATCH_ITEMS = {Scorer.CHOICE: 16, Scorer.EXACT: 32}


@dataclass
class Exams:
    """The items of every suite, and how much of the whole work is done (in items)."""

    job: JobContext
    papers: list[tuple[Suite, str, list[dict[str, Any]]]]
    versions: int
    done: int = 0
    last: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Items to score in all."""
        return self.versions * sum(len(items) for _, _, items in self.papers)


@task(service.JOB_KIND, EvaluationSpec)
def run_evaluation(job: JobContext, spec: EvaluationSpec) -> None:
    """Load each base once, switch adapters on it, sit every suite; then record everything in one transaction."""
    with job.read() as session:
        found = catalog_queries.versions_by_id(session, spec.versions)
        versions = [found[each] for each in spec.versions if each in found]
        bases = {each.id: catalog_queries.base_of(session, each) for each in versions if each.kind is Kind.ADAPTER}
        suites = queries.suites(session, spec.suites)
    if not versions or not suites:
        raise NothingToMeasure("The versions or suites of this job no longer exist. Order it again.")
    papers = []
    for suite in suites:
        split = spec.split or suite.split
        papers.append((suite, split, list(datasets.open_items(job.store, suite.dataset_version, split))))
    exams = Exams(job, papers, len(versions))

    measured: list[Measurement] = []
    groups = _by_base(versions, bases)
    for base, group in groups:
        with job.scratch() as folder:
            measured += _sit(exams, base, group, folder)

    with job.finish() as session:
        runs = service.record(session, job.actor, job.id, measured)
        refs = {each.id: each.ref for each in versions}
        job.result = {
            "runs": [
                {
                    "id": str(run.id),
                    "version": refs[run.version_id],
                    "suite": run.suite.name,
                    "split": run.split,
                    "metric": run.metric,
                    "score": run.score,
                    "low": run.low,
                    "high": run.high,
                    "items": run.items,
                }
                for run in runs
            ]
        }


def _by_base(versions: Sequence[Version], bases: dict[Any, Version]) -> list[tuple[Version, list[Version]]]:
    """Versions beside the whole model that their files need."""
    groups: dict[Any, tuple[Version, list[Version]]] = {}
    for version in versions:
        base = bases.get(version.id, version)
        groups.setdefault(base.id, (base, []))[1].append(version)
    return list(groups.values())


def _sit(exams: Exams, base: Version, group: Sequence[Version], folder: Path) -> Iterator[Measurement]:
    """Every version of one base sits every suite."""
    job = exams.job
    job.progress(f"load {base.ref}", exams.done, exams.total)
    model = hf.load(job.store.fetch(base.artifact, folder / "base"), threads=job.settings.job_threads)
    for version in group:
        name = str(version.id)
        if version.kind is Kind.ADAPTER:
            adapter = job.store.fetch(version.artifact, folder / name)
            model.add_adapter(name, adapter)
            shutil.rmtree(adapter)
        model.use(name if version.kind is Kind.ADAPTER else None)
        for suite, split, items in exams.papers:
            yield _score(exams, model, version, suite, split, items)
        if version.kind is Kind.ADAPTER:
            model.remove_adapter(name)


def _score(
    exams: Exams, model: hf.LoadedModel, version: Version, suite: Suite, split: str, items: list[dict[str, Any]]
) -> Measurement:
    job, before = exams.job, exams.done
    stage = f"{version.ref}: {suite.name}"

    def done(count: int, _total: int) -> None:
        exams.done = before + count
        job.progress(stage, exams.done, exams.total, exams.last)

    done(0, len(items))
    outcomes = SCORERS[suite.scorer](model, items, batch_size=BATCH_ITEMS[suite.scorer], done=done)
    manifest = job.store.put_files({outcome_files.FILE: outcome_files.lines(outcomes)})
    measured = Measurement(
        version_id=version.id,
        suite=suite,
        split=split,
        items=len(outcomes),
        correct=sum(each.correct for each in outcomes),
        points=sum(each.score for each in outcomes),
        outcomes=manifest.digest,
    )
    low, high = measured.interval
    exams.last = {"score": measured.score, "low": low, "high": high}
    exams.done = before + len(items)
    job.progress(stage, exams.done, exams.total, exams.last)
    job.log(
        f"{version.ref} in {suite.name} ({split}): {suite.scorer.metric} {measured.score:.3f}, "
        f"{measured.correct} of {measured.items} items, 95 % interval {low:.3f} to {high:.3f}"
    )
    return measured
