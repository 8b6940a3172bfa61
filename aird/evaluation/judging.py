"""Have a version of the house mark answers: loaded once for all that waits for it, calibrated before it marks any."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind, Version
from aird.evaluation import runner, sheets
from aird.evaluation.errors import JudgeNotFit
from aird.evaluation.intervals import wilson
from aird.evaluation.runner import Exam
from aird.evaluation.scorers import judge
from aird.evaluation.scorers.items import targets_of
from aird.evaluation.scorers.judge import Calibration, Case
from aird.evaluation.scorers.outcome import Item, Outcome
from aird.evaluation.settings import JudgeSettings
from aird.jobs.context import JobContext
from aird.jobs.errors import Yielded
from aird.runtimes import hf
from aird.runtimes.hf import LoadedModel


@dataclass(frozen=True)
class Pile:
    """The answers to one exam that wait for its judge, by the name of the sheet and the way of asking."""

    settings: JudgeSettings
    exam: Exam
    answers: Mapping[str, Mapping[str, Sequence[str]]]


def judge_all(job: JobContext, folder: Path, piles: Sequence[Pile]) -> None:
    """Mark every pile and keep the sheets. Raises JudgeNotFit, VersionNotFound."""
    waiting = [pile for pile in piles if any(sheets.kept(folder, name) is None for name in pile.answers)]
    for ref in dict.fromkeys(pile.settings.judge for pile in waiting):
        with job.read() as session:
            version = catalog_queries.get_ref(session, ref)
            base = catalog_queries.base_of(session, version)
        with job.scratch() as place:
            job.progress(f"load judge {ref}")
            model = _load(job, base, version, place)
            for pile in waiting:
                if pile.settings.judge == ref:
                    _mark(job, folder, model, pile)


def _load(job: JobContext, base: Version, version: Version, place: Path) -> LoadedModel:
    whole = job.store.fetch(base.artifact, place / "base")
    adapter = job.store.fetch(version.artifact, place / "adapter") if version.kind is Kind.ADAPTER else None
    return hf.load(whole, adapter, threads=job.settings.job_threads)


def _mark(job: JobContext, folder: Path, model: LoadedModel, pile: Pile) -> None:
    settings = pile.settings
    calibration, agreed = calibrated(model, settings)
    job.log(
        f"{settings.judge} agrees with {calibration.agreement:.0%} of {calibration.items} known verdicts "
        f"(kappa {calibration.kappa:.2f})"
    )
    if calibration.agreement < settings.least_agreement:
        raise JudgeNotFit(
            f"{settings.judge} agrees with {calibration.agreement:.0%} of the {calibration.items} known verdicts; this "
            f"exam wants {settings.least_agreement:.0%}. Choose another judge, or make the rubric clearer.",
            judge=settings.judge,
            agreement=calibration.agreement,
            wanted=settings.least_agreement,
        )
    total, before = sum(len(some) for ways in pile.answers.values() for some in ways.values()), 0
    for name, ways in pile.answers.items():
        found = {}
        for way, answers in ways.items():
            done = _watch(job, f"judge {settings.judge}", before, total)
            found[way] = marked(model, settings, calibration, pile.exam.ways[way], answers, done)
            before += len(answers)
        sheets.keep(folder, name, runner.sheet(pile.exam, found, judge=agreed))


def calibrated(model: LoadedModel, settings: JudgeSettings) -> tuple[Calibration, dict[str, Any]]:
    """The judge in use held against its known verdicts, and what a run says of that."""
    cases = [
        Case(f"known-{n}", each.question, each.answer, each.reference, each.good)
        for n, each in enumerate(settings.calibration)
    ]
    found = judge.calibrate(judge.log_odds(model, settings.rubric, cases), [each.good for each in settings.calibration])
    low, high = wilson(round(found.agreement * found.items), found.items)
    return found, {"version": settings.judge, **asdict(found), "low": low, "high": high}


def marked(
    model: LoadedModel,
    settings: JudgeSettings,
    calibration: Calibration,
    items: Sequence[Item],
    answers: Sequence[str],
    done: Callable[[int, int], None],
) -> list[Outcome]:
    """The verdict on every answer; an empty one is not good, whatever the judge says."""
    cases = [
        Case(str(item["id"]), judge.question_of(item["messages"]), answer, next(iter(targets_of(item)), None))
        for item, answer in zip(items, answers, strict=True)
    ]
    odds = judge.log_odds(model, settings.rubric, cases, done=done)
    outcomes = []
    for case, value in zip(cases, odds, strict=True):
        good, _ = calibration.verdict(value)
        good = good and bool(case.answer.strip())
        outcomes.append(Outcome(case.id, good, None, case.answer, float(good)))
    return outcomes


def _watch(job: JobContext, stage: str, before: int, total: int) -> Callable[[int, int], None]:
    def done(count: int, _total: int) -> None:
        if job.should_yield:
            raise Yielded(f"checkpoint at {stage}: {before} of {total} answers")
        job.progress(stage, before + count, total)

    return done
