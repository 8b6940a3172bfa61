"""The job evaluation.compare: two versions side by side until the answer is clear. Loaded by workers only."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind, Version
from aird.datasets import service as datasets
from aird.evaluation import comparing, outcomes, pairing, queries, runner, sequential, sitters
from aird.evaluation import settings as suite_settings
from aird.evaluation.comparing import Found
from aird.evaluation.errors import NothingToMeasure
from aird.evaluation.models import Run, Suite
from aird.evaluation.schemas_comparison import ComparisonSpec
from aird.evaluation.sequential import Design
from aird.evaluation.statistics.betting import Verdict
from aird.evaluation.statistics.pairs import Pairs
from aird.jobs.context import JobContext
from aird.jobs.errors import Yielded
from aird.jobs.registry import task
from aird.runtimes.scoring import Sitter

LOOK_EVERY = 16
"""Items between two looks: one forward pass."""

Asked = Mapping[str, float]
Ask = Callable[[Version, Suite, Sequence[dict[str, Any]]], Asked]


@dataclass
class Course:
    """One job: what is asked of whom, and where finished items are kept for a later attempt."""

    job: JobContext
    version: Version
    reference: Version
    design: Design
    folder: Path


@task(comparing.JOB_KIND, ComparisonSpec, yields=True)
def run_comparison(job: JobContext, spec: ComparisonSpec) -> None:
    """Ask both versions the items of each suite in a drawn order; stop at the first suite that fails."""
    with job.read() as session:
        versions = catalog_queries.versions_by_id(session, [spec.version, spec.reference])
        found = {each.id: each for each in queries.suites(session, spec.suites)}
        suites = [found[each] for each in spec.suites if each in found]
        if len(versions) < 2 or not suites:
            raise NothingToMeasure("The versions or suites of this job no longer exist. Order it again.")
        version, reference = versions[spec.version], versions[spec.reference]
        bases = {each.id: catalog_queries.base_of(session, each) for each in versions.values() if _is_adapter(each)}
        runs = pairing.last_runs(session, [reference], {each.name for each in suites})
    design = sequential.design(spec.question, spec.margin, len(suites))
    results: list[Found] = []
    with job.workspace() as folder, job.scratch() as scratch, _both(job, bases, scratch) as ask:
        course = Course(job, version, reference, design, folder)
        for suite in suites:
            results.append(_examine(course, suite, runs.get((reference.id, suite.name)), ask))
            if design.verdict(results[-1].pairs) is Verdict.FAILED:
                break
        with job.finish() as session:
            rows = comparing.record(session, job.actor, job.id, version, reference, design, results)
            whole = sequential.all_in_all([each.verdict for each in rows])
            if whole is Verdict.PASSED and len(rows) < len(suites):
                whole = Verdict.OPEN
            job.result = {
                "verdict": whole,
                "comparisons": [
                    {
                        "id": str(row.id),
                        "suite": each.suite.name,
                        "verdict": row.verdict,
                        "items": row.items,
                        "of_items": row.of_items,
                        "won": row.won,
                        "lost": row.lost,
                        "low": row.low,
                        "high": row.high,
                    }
                    for row, each in zip(rows, results, strict=True)
                ],
            }


def _examine(course: Course, suite: Suite, run: Run | None, ask: Ask) -> Found:
    """One suite until its verdict, from where an earlier attempt stopped."""
    job, version, reference = course.job, course.version, course.reference
    items = list(datasets.open_items(job.store, suite.dataset_version, suite.split))
    places = sequential.order(len(items), suite.digest, version.artifact, reference.artifact)
    known = outcomes.read(job.store, run) if run is not None else {}
    kept = course.folder / f"{suite.id}.jsonl"
    lines = _kept(kept, [str(items[place]["id"]) for place in places])
    stage = f"{version.ref} beside {reference.ref}: {suite.name}"
    while len(lines) < len(items) and course.design.verdict(_pairs(lines)) is Verdict.OPEN:
        if job.should_yield:
            raise Yielded(f"{stage}: {len(lines)} of {len(items)} items")
        job.progress(stage, len(lines), len(items), {"p": course.design.p(_pairs(lines))} if lines else {})
        part = [items[place] for place in places[len(lines) : len(lines) + LOOK_EVERY]]
        new = ask(version, suite, part)
        missing = [item for item in part if str(item["id"]) not in known]
        old = {**known, **(ask(reference, suite, missing) if missing else {})}
        added = [{"id": str(item["id"]), "new": new[str(item["id"])], "old": old[str(item["id"])]} for item in part]
        with kept.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in added)
        lines += added
    pairs = _pairs(lines)
    job.progress(stage, len(lines), len(items), {"p": course.design.p(pairs)})
    low, high = course.design.interval(pairs)
    job.log(
        f"{stage}: {course.design.verdict(pairs)} after {pairs.items} of {len(items)} items, {pairs.won} won, "
        f"{pairs.lost} lost, difference {pairs.mean:+.3f}, at any time between {low:+.3f} and {high:+.3f}"
    )
    content = "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines)
    return Found(suite, pairs, job.store.put_files({"pairs.jsonl": content.encode()}).digest)


def _pairs(lines: Sequence[Mapping[str, Any]]) -> Pairs:
    return Pairs.of(line["new"] - line["old"] for line in lines)


def _kept(path: Path, wanted: Sequence[str]) -> list[dict[str, Any]]:
    """The items that an earlier attempt finished; the file is cut where a kill cut a line short."""
    found: list[dict[str, Any]] = []
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            read = json.loads(line)
            if len(found) == len(wanted) or read["id"] != wanted[len(found)]:
                break
            found.append({"id": read["id"], "new": float(read["new"]), "old": float(read["old"])})
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nothing yet, or a line that was not finished
    path.write_text("".join(json.dumps(line) + "\n" for line in found), encoding="utf-8")
    return found


def _is_adapter(version: Version) -> bool:
    return version.kind is Kind.ADAPTER


@contextmanager
def _both(job: JobContext, bases: Mapping[UUID, Version], folder: Path) -> Iterator[Ask]:
    """What asks a version: each base is loaded once, adapters of one base are in memory beside each other.

    Nothing is loaded before the first question: a course that an earlier attempt finished asks none.
    """
    models: dict[UUID, Sitter] = {}
    seated: set[UUID] = set()

    def ask(version: Version, suite: Suite, items: Sequence[dict[str, Any]]) -> Asked:
        base = bases.get(version.id, version)
        if base.id not in models:
            job.progress(f"load {base.ref}")
            fetched = job.store.fetch(base.artifact, folder / str(base.id))
            models[base.id] = sitters.load(fetched, threads=job.settings.job_threads)
        model = models[base.id]
        if _is_adapter(version) and version.id not in seated:
            model.add_adapter(str(version.id), job.store.fetch(version.artifact, folder / str(version.id)))
            seated.add(version.id)
        model.use(str(version.id) if _is_adapter(version) else None)
        settings = suite_settings.read(suite.scorer, suite.settings)
        sheet = runner.sit(model, runner.prepare(suite.scorer, settings, items, checks=[]))
        return {each.id: each.score for each in sheet.outcomes}

    yield ask
