"""Searches as jobs: one that chooses what a merge files, and one that files nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aird.catalog import files
from aird.catalog import queries as catalog_queries
from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.merge.errors import SearchNotPossible
from aird.merge.models import MergeTrial
from aird.merge.recipe.candidates import recipe_of
from aird.merge.run import trials
from aird.merge.run.finishing import collect_grams
from aird.merge.run.search import Search
from aird.merge.schemas_jobs import MergeWork, SearchJob
from aird.merge.search.bench import Bench
from aird.merge.search.space import Candidate, candidate_of

TOLD = 100  # trials in the record of a version; the rows have all


@dataclass(frozen=True)
class Choice:
    """What a search chose, and what it tells of itself.

    `candidate` has all that `merge_adapters` is called with. `scores` are the chosen one's by suite, on the held-out
    items where there are any, else on the search's own; `kept` the same as shares of the best parent's. `summary` is
    for the record of the version: params, figures, and one line for each of the best trials.
    """

    number: int
    candidate: Candidate
    scores: dict[str, float]
    kept: dict[str, float]
    floors_met: bool
    summary: dict[str, Any]


def choose(
    job: JobContext, spec: MergeWork, base: Path, adapters: Sequence[Path], folder: Path, *, work: Path
) -> Choice:
    """Search `spec.search` over the parents' adapter folders on the base's folder; `folder` is for scratch files.
    `work` outlives the attempt.

    Trials stand in the database as they happen; an attempt goes on where the last one stopped. A candidate that cannot
    be made is a failed trial. Raises SearchNotPossible when no candidate can be made, JobCancelled, LeaseLost.
    """
    if spec.search is None or not spec.suites:
        raise SearchNotPossible("The job names no search. Add `aird: {search: {suites: [...]}}` to the recipe.")
    grams = None
    if spec.prompts and "core_regmean" in (spec.search.methods or [spec.method]):
        voices = dict(zip((each.version_id for each in spec.parents), adapters, strict=True))
        grams = collect_grams(job, spec.prompts, base=base, adapters=voices, work=work)
    job.progress("load")
    bench = Bench(base, adapters, folder / "bench", grams=grams, threads=job.settings.job_threads)
    search = Search(job, spec, spec.search, bench)
    best = search.run()
    row = search.rows[best.number]
    figures = row.held_out or row.scores
    kept = {suite: each["kept"] for suite, each in figures.items()}
    floors_met = trials.standing_of(figures, spec.search.floors).meets
    tried = [each for number, each in sorted(search.rows.items()) if number >= 0]
    job.log(
        f"{len(tried)} candidates; the best is number {best.number}, {row.params}: it keeps "
        + ", ".join(f"{share:.1%} of {suite}" for suite, share in kept.items())
        + (", measured on items that no candidate was chosen by." if row.held_out else ".")
    )
    return Choice(
        number=best.number,
        candidate=candidate_of(recipe_of(spec), row.params),
        scores={suite: each["score"] for suite, each in figures.items()},
        kept=kept,
        floors_met=floors_met,
        summary={
            "number": best.number,
            "params": row.params,
            "kept": kept,
            "floors_met": floors_met,
            "held_out": row.held_out is not None,
            "sampler": spec.search.sampler,
            "seed": spec.search.seed,
            "seconds": sum(each.seconds for each in search.rows.values()),
            "trials": len(tried),
            "tried": [_line(each) for each in _best(tried)],
        },
    )


def _best(tried: Sequence[MergeTrial]) -> list[MergeTrial]:
    """The trials that a record tells of, in the order in which they were tried."""
    ranked = sorted(tried, key=lambda each: -1.0 if each.mean is None else each.mean, reverse=True)
    return sorted(ranked[:TOLD], key=lambda each: each.number)


def _line(row: MergeTrial) -> dict[str, Any]:
    """A trial as the record of a version tells it."""
    return {
        "number": row.number,
        **row.params,
        "state": row.state,
        "mean": row.mean,
        "worst": row.worst,
        "items": row.items,
        "scores": {suite: each["score"] for suite, each in row.scores.items()},
    }


@task("merge.search", SearchJob, yields=True)
def run_search(job: JobContext, spec: SearchJob) -> None:
    """Search; what was tried and the best of it are the result."""
    with job.read() as session:
        parents = catalog_queries.versions_by_id(session, [each.version_id for each in spec.parents])
        base = catalog_queries.version_by_id(session, spec.base_id)
    with job.scratch() as folder, job.workspace() as work:
        found = [files.fetch(job.store, parents[each.version_id], base, folder / "in") for each in spec.parents]
        adapters = [each.adapter for each in found if each.adapter is not None]
        choice = choose(job, spec, found[0].base, adapters, folder, work=work)
    with job.finish():
        job.result = {
            "best": choice.number,
            "params": choice.summary["params"],
            "scores": choice.scores,
            "kept": choice.kept,
            "floors_met": choice.floors_met,
            "trials": choice.summary["trials"],
            "seconds": choice.summary["seconds"],
        }
