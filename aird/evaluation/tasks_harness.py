"""The job evaluation.harness: versions sit exams that lm_eval holds. Loaded by workers only; needs the extra `eval`."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind
from aird.evaluation import queries, service, sheets
from aird.evaluation.errors import HarnessMissing, NothingToMeasure
from aird.evaluation.models import Engine
from aird.evaluation.runner import Exam, Sheet
from aird.evaluation.schemas import EvaluationSpec
from aird.evaluation.tasks import Sitting, by_base, measured, name_of, paper_of, seat
from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.runtimes import hf
from aird.runtimes.hf import LoadedModel

Examine = Callable[[LoadedModel, Exam], Sheet]


@task(service.HARNESS_KIND, EvaluationSpec, yields=True)
def run_harness(job: JobContext, spec: EvaluationSpec) -> None:
    """As evaluation.run, with lm_eval asking: the runs are filed the same way, skills are left as they are."""
    with job.read() as session:
        found = catalog_queries.versions_by_id(session, spec.versions)
        versions = [found[each] for each in spec.versions if each in found]
        bases = {each.id: catalog_queries.base_of(session, each) for each in versions if each.kind is Kind.ADAPTER}
        suites = queries.suites(session, spec.suites)
    if not versions or not suites:
        raise NothingToMeasure("The versions or suites of this job no longer exist. Order it again.")
    with job.workspace() as folder, job.scratch() as place:
        examine = _harness(place)
        sitting = Sitting(job, [paper_of(job, suite, spec, folder) for suite in suites], versions, bases, folder)
        for group in by_base(sitting):
            base = sitting.base(group[0])
            model = hf.load(job.store.fetch(base.artifact, place / str(base.id)), threads=job.settings.job_threads)
            for version in group:
                leave = seat(job, model, version, place)
                for paper in sitting.papers:
                    name = name_of(version, paper)
                    sitting.ask(f"lm_eval: {version.ref}: {paper.suite.name}", 0, 0)
                    if sheets.kept(folder, name) is None:
                        sheets.keep(folder, name, examine(model, paper.exam))
                    sitting.done += paper.exam.questions
                leave()
        runs = [measured(sitting, each, paper, Engine.LM_EVAL) for each in versions for paper in sitting.papers]
        with job.finish() as session:
            filed = service.record(session, job.actor, job.id, runs)
            job.result = service.result_of(filed, {each.id: each.ref for each in versions})


def _harness(place: Path) -> Examine:
    """lm_eval, slow to import and perhaps not installed. It keeps its caches in `place`, and asks no network."""
    os.environ.update(HF_HOME=str(place / "hub"), HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TQDM_DISABLE="1")
    try:
        examine: Examine = import_module("aird.evaluation.lm_harness").examine
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in ("lm_eval", "datasets"):
            raise
        raise HarnessMissing(
            "lm-evaluation-harness is not installed here. Install it beside the worker with "
            "`pip install 'aird[eval]'`, or order the evaluation without lm_eval."
        ) from None
    return examine
