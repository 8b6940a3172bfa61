"""The jobs planning.match and planning.follow. Loaded by workers only.

A match lets every version of a base answer the examples one after the other: the base is in memory once, the examples'
tokens are worked out once. What a version answered is filed as soon as it is done, so that another attempt goes on.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind, Version
from aird.core.errors import AirdError
from aird.evaluation import runner
from aird.evaluation.runner import PLAIN, Exam
from aird.jobs.context import JobContext
from aird.jobs.errors import Yielded
from aird.jobs.models import Job
from aird.jobs.registry import task
from aird.planning.advice import gathering, marking, service
from aird.planning.advice.schemas import FollowJob, MatchJob
from aird.requests import queries as requests
from aird.runtimes import hf
from aird.runtimes.hf import LoadedModel


@task(service.MATCH_KIND, MatchJob, yields=True)
def run_match(job: JobContext, spec: MatchJob) -> None:
    """Each version answers each example; what cannot answer is left out with its reason."""
    with job.read() as session:
        request = requests.request_by_id(session, spec.request_id)
        examples, stale = request.examples, gathering.marked_as(request) != spec.examples
        tried = {each.version_id for each in requests.trials(session, request, spec.examples)}
        found = catalog_queries.versions_by_id(session, spec.versions)
        versions = [found[each] for each in spec.versions if each in found and each not in tried]
        bases = {each.id: catalog_queries.base_of(session, each) for each in versions}
    left_out: list[dict[str, str]] = []
    if not stale:
        groups: dict[UUID, list[Version]] = {}
        for version in versions:
            groups.setdefault(bases[version.id].id, []).append(version)
        done = len(tried)
        for group in groups.values():
            with job.scratch() as folder:
                left_out += _group(job, spec, examples, bases[group[0].id], group, folder, done)
            done += len(group)
    with job.finish():
        job.result = {"tried": len(spec.versions) - len(left_out), "left_out": left_out, "stale": stale}


def _group(
    job: JobContext, spec: MatchJob, examples: Sequence[Mapping[str, Any]], base: Version, group: Sequence[Version],
    folder: Path, done: int,
) -> list[dict[str, str]]:  # fmt: skip
    """Versions of one base, which is loaded once."""
    job.progress(f"load {base.ref}", done, len(spec.versions))
    try:
        model = hf.load(job.store.fetch(base.artifact, folder / "base"), threads=job.settings.job_threads)
    except AirdError as error:
        return [{"ref": each.ref, "reason": error.message} for each in group]
    exam = runner.prepare(
        marking.scorer_of(examples), marking.settings_of(examples), marking.items_of(examples), checks=[]
    )
    left_out = []
    for number, version in enumerate(group):
        if job.should_yield:
            raise Yielded(f"{done + number} of {len(spec.versions)} versions tried")
        job.progress(f"try {version.ref}", done + number, len(spec.versions))
        try:
            trial = _try(job, model, exam, version, folder)
        except AirdError as error:
            job.log(f"{version.ref}: {error.message}")
            left_out.append({"ref": version.ref, "reason": error.message})
            continue
        job.log(f"{version.ref}: {trial['points']:.2f} of {trial['items']}")
        with job.transaction() as session:
            service.file_trial(session, spec.request_id, spec.examples, version, trial)
    return left_out


def _try(job: JobContext, model: LoadedModel, exam: Exam, version: Version, folder: Path) -> dict[str, Any]:
    """What the version answers, how good that is, and what it took."""
    name = str(version.id)
    adapter = version.kind is Kind.ADAPTER
    if adapter:
        model.add_adapter(name, job.store.fetch(version.artifact, folder / name))
    try:
        model.use(name if adapter else None)
        began = time.perf_counter()
        sheet = runner.sit(model, exam)
        took = time.perf_counter() - began
        items = exam.ways[PLAIN]
        asked = exam.paper(PLAIN).prompts(model, items)
        said = [len(model.tokenizer(each.answer or "")["input_ids"]) + 1 for each in sheet.outcomes]
    finally:
        if adapter:
            model.remove_adapter(name)
    return {
        "items": len(items),
        "points": sheet.points,
        "prompt_tokens": sum(len(each) for each in asked) / len(items),
        "completion_tokens": sum(said) / len(items),
        "milliseconds": took * 1000 / len(items),
        "answers": [{"answer": each.answer or "", "score": each.score} for each in sheet.outcomes],
    }


@task(service.FOLLOW_KIND, FollowJob)
def run_follow(job: JobContext, spec: FollowJob) -> None:
    """Say on the request's timeline what came of its work."""
    with job.finish() as session:
        work = session.get_one(Job, spec.job_id)
        made = service.made_by(session, work)
        service.follow(session, requests.request_by_id(session, spec.request_id), work, made)
        job.result = {"request": str(spec.request_id), "version": made.ref if made else None}
