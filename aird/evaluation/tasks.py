"""The job evaluation.run: versions sit exams. Loaded by workers only; this is where the ML stack comes in."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from uuid import UUID

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind, Version
from aird.datasets import service as datasets
from aird.evaluation import anchoring, judging, outcomes, queries, runner, service, sheets, sitters
from aird.evaluation import settings as suite_settings
from aird.evaluation.errors import NothingToMeasure
from aird.evaluation.intervals import wilson
from aird.evaluation.models import Engine, Suite
from aird.evaluation.runner import Exam, Sheet
from aird.evaluation.schemas import EvaluationSpec
from aird.evaluation.service import Measurement
from aird.evaluation.settings import JudgeSettings
from aird.jobs.context import JobContext
from aird.jobs.errors import Yielded
from aird.jobs.registry import task
from aird.runtimes.scoring import Sitter


@dataclass
class Paper:
    """One suite as it is sat in this job."""

    suite: Suite
    split: str
    exam: Exam
    anchors: anchoring.Plan | None = None

    @property
    def judge(self) -> JudgeSettings | None:
        """The settings of the judge, where one marks this suite."""
        return self.exam.settings if isinstance(self.exam.settings, JudgeSettings) else None


@dataclass
class Sitting:
    """Everything that is sat, and how much of it is done (in questions). `folder` keeps what is finished."""

    job: JobContext
    papers: list[Paper]
    versions: list[Version]
    bases: dict[UUID, Version]
    folder: Path
    done: int = 0
    last: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Questions in all."""
        return len(self.versions) * sum(each.exam.questions for each in self.papers)

    def base(self, version: Version) -> Version:
        """The whole model that the version's files need."""
        return self.bases.get(version.id, version)

    def ask(self, stage: str, count: int, _total: int) -> None:
        """Say how far it is. Raises Yielded when the worker wants its place back: finished sheets are kept."""
        if self.job.should_yield:
            raise Yielded(f"checkpoint at {stage}: {self.done} of {self.total} questions")
        self.job.progress(stage, self.done + count, self.total, self.last)


@task(service.JOB_KIND, EvaluationSpec, yields=True)
def run_evaluation(job: JobContext, spec: EvaluationSpec) -> None:
    """Load each base once, switch adapters on it, sit every suite; then record everything in one transaction."""
    with job.read() as session:
        found = catalog_queries.versions_by_id(session, spec.versions)
        versions = [found[each] for each in spec.versions if each in found]
        bases = {each.id: catalog_queries.base_of(session, each) for each in versions if each.kind is Kind.ADAPTER}
        suites = queries.suites(session, spec.suites)
    if not versions or not suites:
        raise NothingToMeasure("The versions or suites of this job no longer exist. Order it again.")
    with job.workspace() as folder:
        sitting = Sitting(job, [paper_of(job, suite, spec, folder) for suite in suites], versions, bases, folder)
        for group in by_base(sitting):
            _sit_all(sitting, group)
        judging.judge_all(job, folder, _to_judge(sitting))
        runs = [measured(sitting, version, paper) for version in versions for paper in sitting.papers]

        with job.finish() as session:
            filed = service.record(session, job.actor, job.id, runs)
            job.result = service.result_of(filed, {each.id: each.ref for each in versions})


def paper_of(job: JobContext, suite: Suite, spec: EvaluationSpec, folder: Path) -> Paper:
    """The suite with its items, as they are asked in this job. Raises SplitNotFound, ArtifactNotFound."""
    split = spec.split or suite.split
    items = list(datasets.open_items(job.store, suite.dataset_version, split))
    settings = suite_settings.read(suite.scorer, suite.settings)
    plan = None
    if spec.anchors is not None:
        plan = anchoring.plan(job, suite, [str(each["id"]) for each in items], spec.anchors, folder)
    if plan is not None:
        asked = set(plan.ids)
        items = [each for each in items if str(each["id"]) in asked]
    return Paper(suite, split, runner.prepare(suite.scorer, settings, items, spec.checks), plan)


def by_base(sitting: Sitting) -> list[list[Version]]:
    """The versions in groups that one base serves."""
    groups: dict[UUID, list[Version]] = {}
    for version in sitting.versions:
        groups.setdefault(sitting.base(version).id, []).append(version)
    return list(groups.values())


def name_of(version: Version, paper: Paper) -> str:
    """What the version's sheet in this suite is called."""
    return f"{version.id}-{paper.suite.id}"


def _sit_all(sitting: Sitting, group: Sequence[Version]) -> None:
    """Every version of one base sits every suite that it has not sat in an earlier attempt."""
    job, base = sitting.job, sitting.base(group[0])
    missing = [(each, [p for p in sitting.papers if not _is_kept(sitting, each, p)]) for each in group]
    sitting.done += sum(paper.exam.questions for each in group for paper in sitting.papers)
    sitting.done -= sum(paper.exam.questions for _, papers in missing for paper in papers)
    if not any(papers for _, papers in missing):
        return
    with job.scratch() as folder:
        job.progress(f"load {base.ref}", sitting.done, sitting.total)
        model = sitters.load(job.store.fetch(base.artifact, folder / "base"), threads=job.settings.job_threads)
        for version, papers in missing:
            if papers:
                leave = seat(job, model, version, folder)
                for paper in papers:
                    _sit(sitting, model, version, paper)
                leave()


def seat(job: JobContext, model: Sitter, version: Version, folder: Path) -> Callable[[], None]:
    """Have the model answer as this version does, of whose base it is; what is given back ends that."""
    if version.kind is not Kind.ADAPTER:
        model.use(None)
        return lambda: None
    name = str(version.id)
    adapter = job.store.fetch(version.artifact, folder / name)
    model.add_adapter(name, adapter)
    shutil.rmtree(adapter)
    model.use(name)
    return partial(model.remove_adapter, name)


def _is_kept(sitting: Sitting, version: Version, paper: Paper) -> bool:
    name = name_of(version, paper)
    if paper.judge is not None:
        return sheets.kept_answers(sitting.folder, f"said-{name}") is not None
    return sheets.kept(sitting.folder, name) is not None


def _sit(sitting: Sitting, model: Sitter, version: Version, paper: Paper) -> None:
    stage, name = f"{version.ref}: {paper.suite.name}", name_of(version, paper)
    done = partial(sitting.ask, stage)
    done(0, 0)
    if paper.judge is not None:
        said = runner.speak(model, paper.exam, paper.judge.max_tokens, done=done)
        sheets.keep_answers(sitting.folder, f"said-{name}", said)
    else:
        sheet = runner.sit(model, paper.exam, done=done)
        sheet.details.update(sitters.told(model))
        sheets.keep(sitting.folder, name, sheet)
        low, high = wilson(sheet.points, len(sheet.outcomes))
        sitting.last = {"score": sheet.points / max(1, len(sheet.outcomes)), "low": low, "high": high}
    sitting.done += paper.exam.questions
    sitting.job.progress(stage, sitting.done, sitting.total, sitting.last)


def _to_judge(sitting: Sitting) -> list[judging.Pile]:
    return [
        judging.Pile(
            settings=paper.judge,
            exam=paper.exam,
            answers={
                name_of(each, paper): sheets.kept_answers(sitting.folder, f"said-{name_of(each, paper)}") or {}
                for each in sitting.versions
            },
        )
        for paper in sitting.papers
        if paper.judge is not None
    ]


def measured(sitting: Sitting, version: Version, paper: Paper, engine: Engine = Engine.AIRD) -> Measurement:
    """The sheet of a version that has sat a suite, put into the store."""
    job = sitting.job
    sheet = sheets.kept(sitting.folder, name_of(version, paper)) or Sheet([], {}, {})
    files = {outcomes.FILE: outcomes.lines(sheet.outcomes)}
    if sheet.variants:
        files[outcomes.VARIANTS] = outcomes.variant_lines(sheet.variants)
    found = Measurement(
        version_id=version.id,
        suite=paper.suite,
        split=paper.split,
        items=len(sheet.outcomes),
        correct=sheet.correct,
        points=sheet.points,
        outcomes=job.store.put_files(files).digest,
        engine=engine,
        details=sheet.details,
    )
    if paper.anchors is not None:
        estimate, told = paper.anchors.of(version, {each.id: each.score for each in sheet.outcomes})
        found = replace(found, details={**sheet.details, "anchors": told}, estimate=estimate)
    low, high = found.interval
    job.log(
        f"{version.ref} in {paper.suite.name} ({paper.split}): {paper.suite.scorer.metric} {found.score:.3f}, "
        f"{found.correct} of {found.items} items, 95 % interval {low:.3f} to {high:.3f}"
    )
    return found
