"""The jobs that make a version from one other: extract, bake, quantise. What each loses is measured and kept."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from aird import __version__
from aird.catalog import files, twins
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind, Relation, Version
from aird.catalog.service import Parent
from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.merge.methods import bake, extract, quantize
from aird.merge.run import filing
from aird.merge.run.engine import BAKED
from aird.merge.schemas import ReportModule, ReportRead
from aird.merge.schemas_jobs import DerivedJob
from aird.runtimes.device import device_class

MOST_LOST = 100
"""So many of the tensors that an extraction leaves behind are named; the rest is counted."""


@dataclass(frozen=True)
class Sources:
    """What a version is made from; `base` is the version itself where it is whole and nothing else is needed."""

    version: Version
    base: Version


@dataclass(frozen=True)
class Made:
    """The files, and what is known of what they lost."""

    folder: Path
    statement: str
    metrics: dict[str, Any]
    modules: list[ReportModule]
    kept: float
    rank: int = 0
    exact: bool = False
    lost: list[str] = field(default_factory=list)


Make = Callable[[JobContext, DerivedJob, Sources, Path, Path], Made]
"""(job, spec, sources, a folder for the inputs, a folder that outlives the attempt)"""


def _extract(job: JobContext, spec: DerivedJob, sources: Sources, inputs: Path, work: Path) -> Made:
    wanted = extract.Wanted(spec.options["rank"], spec.options["energy"])
    options: dict[str, Any] = {
        "work": work / "parts",
        "base_name": sources.base.ref,
        "threads": job.settings.job_threads,
        "report": job.steps("extract", "modules extracted"),
    }
    out = work / "out"
    base = job.store.fetch(sources.base.artifact, inputs / "base")
    changed = job.store.fetch(sources.version.artifact, inputs / "version")
    make = extract.extract_adapter if sources.version.kind is Kind.ADAPTER else extract.extract_tuned
    done = make(base, changed, out, wanted, **options)
    lost = [f"{each.tensor} ({each.change:.2%})" for each in done.lost]
    statement = (
        f"Rank {done.rank} keeps {done.energy:.3%} of what the linear modules of {sources.version.ref} change"
        f" (squared norms); at best {min(1.0, done.energy + done.slack):.3%} could be kept."
    )
    if lost:
        statement += (
            f" Left as the base has them are {len(lost)} tensors that are no linear modules and differ:"
            f" {', '.join(lost[:3])}{' ...' if len(lost) > 3 else ''}."
        )
    return Made(
        folder=out,
        statement=statement,
        metrics={
            "rank": done.rank,
            "energy_kept": done.energy,
            "slack": done.slack,
            "lost": [asdict(each) for each in done.lost[:MOST_LOST]],
            "lost_tensors": len(done.lost),
        },
        modules=[
            ReportModule(module=each.module, rank=each.rank, energy_kept=each.energy, kept=[each.energy])
            for each in done.modules
        ],
        kept=done.energy,
        rank=done.rank,
        lost=lost,
    )


def _bake(job: JobContext, spec: DerivedJob, sources: Sources, inputs: Path, work: Path) -> Made:
    found = files.fetch(job.store, sources.version, sources.base, inputs)
    assert found.adapter is not None  # noqa: S101
    done = bake.bake_adapter(
        found.base,
        found.adapter,
        work / "out",
        report=job.steps("bake", BAKED),
        threads=job.settings.job_threads,
    )
    dtype = sources.base.facts.get("dtype", "F32")
    rounding = (
        "nothing was rounded beyond float32"
        if done.rounding == 0
        else f"rounding to {dtype} lost {done.rounding:.2%} of the change"
    )
    statement = f"{sources.version.ref} put into {sources.base.ref}: {done.modules} modules; {rounding}."
    return Made(
        folder=work / "out",
        statement=statement,
        metrics={"modules": done.modules, "rounding": done.rounding},
        modules=[
            ReportModule(module=module, rank=0, energy_kept=max(0.0, 1 - lost**2), kept=[max(0.0, 1 - lost**2)])
            for module, lost in done.roundings.items()
        ],
        kept=max(0.0, 1 - done.rounding**2),
        exact=done.rounding == 0,
    )


def _quantize(job: JobContext, spec: DerivedJob, sources: Sources, inputs: Path, work: Path) -> Made:
    found = files.fetch(job.store, sources.version, sources.base, inputs)
    done = quantize.quantize(
        found.base,
        work / "out",
        report=job.steps("quantize", "tensors quantised; those in whole files are kept"),
        threads=job.settings.job_threads,
    )
    worst = max(done.errors, key=lambda module: done.errors[module])
    statement = (
        f"{len(done.errors)} linear modules in eight bits: rounding changed their weights by {done.error:.2%}, most in"
        f" {worst} ({done.errors[worst]:.2%}). Inputs are rounded to eight bits when the model runs. Embedding, head"
        " and norms are as they were. Only an exam says what that costs in answers."
    )
    return Made(
        folder=work / "out",
        statement=statement,
        metrics={"error": done.error, "worst": {"module": worst, "error": done.errors[worst]}},
        modules=[
            ReportModule(module=module, rank=0, energy_kept=max(0.0, 1 - error**2), kept=[max(0.0, 1 - error**2)])
            for module, error in done.errors.items()
        ],
        kept=max(0.0, 1 - done.error**2),
    )


def _remake(make: Make, job: JobContext, spec: DerivedJob, record: Mapping[str, Any], folder: Path) -> Path:
    with job.scratch() as inputs:
        return make(job, spec, _sources(job, spec), inputs, folder).folder


@task("merge.extract", DerivedJob, remake=partial(_remake, _extract), yields=True)
def run_extract(job: JobContext, spec: DerivedJob) -> None:
    """Turn a fine-tune, or an adapter of any kind, into a plain LoRA and file it."""
    _run(job, spec, "merge.extract", Relation.EXTRACTED, _extract)


@task("merge.bake", DerivedJob, remake=partial(_remake, _bake), yields=True)
def run_bake(job: JobContext, spec: DerivedJob) -> None:
    """Put an adapter into its base and file the whole model."""
    _run(job, spec, "merge.bake", Relation.BAKED, _bake)


@task("merge.quantize", DerivedJob, remake=partial(_remake, _quantize), yields=True)
def run_quantize(job: JobContext, spec: DerivedJob) -> None:
    """File a whole model in fewer bits."""
    _run(job, spec, "merge.quantize", Relation.QUANTIZED, _quantize)


def _sources(job: JobContext, spec: DerivedJob) -> Sources:
    with job.read() as session:
        version = catalog_queries.version_by_id(session, spec.version_id)
        return Sources(version, catalog_queries.version_by_id(session, spec.base_id) if spec.base_id else version)


def _run(job: JobContext, spec: DerivedJob, kind: str, relation: Relation, make: Make) -> None:
    started, sources = time.monotonic(), _sources(job, spec)
    with job.scratch() as inputs, job.workspace() as work:
        place = work / __version__  # another release goes on with nothing that this one has begun
        place.mkdir(exist_ok=True)
        made = make(job, spec, sources, inputs, place)
        job.log(made.statement)
        job.progress("file")
        _file(job, spec, kind, relation, sources, made, time.monotonic() - started)


def _file(
    job: JobContext,
    spec: DerivedJob,
    kind: str,
    relation: Relation,
    sources: Sources,
    made: Made,
    seconds: float,
) -> None:
    """Examine what came out, then file it with its parents, record and report."""
    adapter = relation is Relation.EXTRACTED
    examined = files.examine(job.store, made.folder, base=sources.base, kind=None if adapter else Kind.FULL)
    parents = [Parent(sources.version, relation)]
    if relation is Relation.BAKED:
        parents.append(Parent(sources.base, Relation.CONTINUED))
    record = {
        "kind": kind,
        "recipe": spec.recipe,
        "metrics": {**made.metrics, "statement": made.statement, "exact": made.exact},
        "seconds": seconds,
        "device": device_class(job.settings.job_threads),
    }
    report = ReportRead(
        version="",
        method=kind.removeprefix("merge."),
        exact=made.exact,
        statement=made.statement,
        parents=[sources.version.ref],
        weights=[1.0],
        scale=1.0,
        rank=made.rank,
        energy_kept=made.kept,
        sources=[{"norm_share": 1.0, "energy_kept": made.kept}],
        overlap=[[1.0]],
        modules=made.modules,
        seconds=seconds,
    )
    with job.finish() as session:
        child, new = filing.file_child(
            session, job, spec, examined, record, base=sources.base if adapter else None, parents=parents
        )
        filing.file_report(session, child, report, new=new)
        twins.order_comparison(session, child)
        job.result = {
            "version": child.ref,
            "digest": child.artifact,
            "statement": made.statement,
            "lost": made.lost[:10],
        }
