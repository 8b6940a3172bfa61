"""The rotation job: compute the child (engine.py), then file it with its report and end the job in one transaction."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from aird.catalog import files, twins
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Kind, Relation
from aird.catalog.service import Parent
from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.merge.run import engine, filing, finishing, statements
from aird.merge.run.engine import Made, Sources
from aird.merge.schemas import ReportRead
from aird.merge.schemas_jobs import MergeJob, MergeWork
from aird.merge.search.space import Candidate
from aird.runtimes.device import device_class


def remake_merge(job: JobContext, spec: MergeJob, record: Mapping[str, Any], folder: Path) -> Path:
    """The child's files again; what a search chose is taken from the record, and not searched for again."""
    made = record.get("merge")
    chosen = Candidate(**made) if spec.search is not None and made else None
    return engine.compute(job, spec, _sources(job, spec), folder, chosen=chosen).folder


@task("merge.run", MergeJob, remake=remake_merge, yields=True)
def run_merge(job: JobContext, spec: MergeJob) -> None:
    """Merge the parents' adapters and file the child."""
    sources = _sources(job, spec)
    weights = {ref: each.weight for ref, each in zip(sources.names, spec.parents, strict=True)}
    job.log(f"{spec.statement}; weights {weights}")
    with job.workspace() as work:
        made = engine.compute(job, spec, sources, work)
        job.progress("file")
        _file(job, spec, sources, made)


def _sources(job: JobContext, spec: MergeWork) -> Sources:
    with job.read() as session:
        found = catalog_queries.versions_by_id(session, [each.version_id for each in spec.parents])
        base = catalog_queries.version_by_id(session, spec.base_id)
    return Sources([found[each.version_id] for each in spec.parents], base)


def _file(job: JobContext, spec: MergeJob, sources: Sources, made: Made) -> None:
    """Examine what came out, then file it with its parents, record and report."""
    full = spec.output == "full"
    examined = files.examine(
        job.store, made.folder, base=None if full else sources.base, kind=Kind.FULL if full else None
    )
    exact, statement = statements.outcome(spec, made)
    record = _record(job, spec, made, exact=exact, statement=statement)
    with job.finish() as session:
        child, new = filing.file_child(
            session,
            job,
            spec,
            examined,
            record,
            base=None if full else sources.base,
            parents=_parents(spec, sources, made),
        )
        filing.file_report(session, child, _report(child.ref, sources, made, exact=exact, statement=statement), new=new)
        twins.order_comparison(session, child)
        job.result = {
            "version": child.ref,
            "digest": child.artifact,
            "scale": _searched_scale(made),
            "scores": made.choice.scores if made.choice else {},
            **({"finish": finishing.told(made.finish)} if made.finish else {}),
        }


def _searched_scale(made: Made) -> float:
    """The factor that a search has put on the recipe's own scale."""
    return float(made.choice.summary["params"]["scale"]) if made.choice else 1.0


def _parents(spec: MergeJob, sources: Sources, made: Made) -> list[Parent]:
    """Everything the child has a part of, with the factor it was taken by, and whoever taught it in the end."""
    chosen = made.candidate
    found = [
        Parent(version, Relation.MERGE, weight * chosen.scale)
        for version, weight in zip(sources.parents, chosen.weights, strict=True)
    ]
    if spec.output == "full":
        found.append(Parent(sources.base, Relation.CONTINUED))
    teaching: list[UUID] = finishing.teachers(spec.finish)
    return found + [Parent(each, Relation.TEACHER) for each in sources.parents if each.id in teaching]


def _record(job: JobContext, spec: MergeJob, made: Made, *, exact: bool, statement: str) -> dict[str, Any]:
    metrics: dict[str, Any] = {"scale": _searched_scale(made), "statement": statement, "exact": exact}
    if made.diagnostics is not None:
        metrics["diagnostics"] = made.diagnostics.summary()
    if made.choice is not None:
        metrics["search"] = made.choice.summary
    if made.finish is not None:
        metrics |= {"finish": asdict(made.finish), "tokens": made.finish.tokens}
    if made.baked is not None:
        metrics["bake"] = {"rounding": made.baked.rounding, "modules": made.baked.modules}
    prompts = [*spec.prompts, *(spec.finish.prompts if spec.finish else [])]
    return {
        "kind": "merge.run",
        "recipe": spec.recipe,
        "merge": asdict(made.candidate),
        "metrics": metrics,
        "seconds": made.seconds,
        "device": device_class(job.settings.job_threads),
        "datasets": [each.model_dump(mode="json") for each in spec.suites],
        "prompts": [each.model_dump(mode="json") for each in prompts],
    }


def _report(ref: str, sources: Sources, made: Made, *, exact: bool, statement: str) -> ReportRead:
    found = made.diagnostics
    return ReportRead.model_validate(
        {
            "version": ref,
            "method": made.candidate.method,
            "exact": exact,
            "statement": statement,
            "parents": sources.names,
            "weights": made.candidate.weights,
            "scale": made.candidate.scale,
            "rank": found.rank if found else 0,
            "energy_kept": found.energy_kept if found else 1.0,
            "sources": [asdict(each) for each in found.sources] if found else [],
            "overlap": found.overlap if found else [],
            "modules": [asdict(each) for each in found.report] if found else [],
            "basis": found.basis if found else "",
            "finish": asdict(made.finish) if made.finish else None,
            "seconds": made.seconds,
        }
    )
