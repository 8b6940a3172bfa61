"""The job that measures a merge before it runs; nothing is filed."""

from functools import partial

from aird.catalog import queries as catalog_queries
from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.merge.methods.measure import Measured, measure
from aird.merge.plan import measured
from aird.merge.plan.merge_plan import SERVABLE_RANKS
from aird.merge.schemas import Kept, MeasureRead, ModuleMeasure
from aird.merge.schemas_jobs import MeasureJob


@task("merge.measure", MeasureJob)
def run_measure(job: JobContext, spec: MeasureJob) -> None:
    """Measure the parents' factors and what each rank would keep of their merge."""
    with job.read() as session:
        found = catalog_queries.versions_by_id(session, [each.version_id for each in spec.parents])
    parents = [found[each.version_id] for each in spec.parents]
    whole = max(_summed_ranks([version.facts.get("ranks") or {} for version in parents]), default=1)
    with job.scratch() as folder:
        folders = []
        for number, version in enumerate(parents):
            job.progress("fetch", number, len(parents))
            folders.append(folder / str(number))
            job.store.fetch(version.artifact, folders[-1])
        figures = measure(
            None if spec.method == "core_regmean" else spec.method,
            folders,
            [each.weight for each in spec.parents],
            ranks=[rank for rank in SERVABLE_RANKS if rank <= whole] + ([spec.rank] if spec.rank else []),
            densities=spec.densities,
            normalize=spec.normalize,
            threads=job.settings.job_threads,
            report=partial(job.progress, "measure"),
        )
    read = _read(spec.method, figures)
    digests = [version.artifact for version in parents]
    alone = read.model_copy(update={"energies": [], "modules": []})
    with job.finish() as session:
        measured.record(session, spec.key, read, job.id)
        measured.record(session, measured.pairs_key(digests), alone, job.id)
        job.result = {"key": spec.key, "energies": [each.model_dump() for each in read.energies]}


def _summed_ranks(ranks: list[dict[str, int]]) -> list[int]:
    summed: dict[str, int] = {}
    for each in ranks:
        for module, rank in each.items():
            summed[module] = summed.get(module, 0) + rank
    return list(summed.values())


def _read(method: str, found: Measured) -> MeasureRead:
    return MeasureRead(
        method=method,
        cosines=[[_short(each) for each in row] for row in found.cosines],
        overlaps=[[_short(each) for each in row] for row in found.overlaps],
        norms=[_short(each) for each in found.norms],
        energies=[
            Kept(rank=each.rank, energy=each.energy, worst=each.worst, module=each.module) for each in found.energies
        ],
        modules=[
            ModuleMeasure(
                module=each.module,
                rank=each.rank,
                norm=_short(each.norm),
                spectrum=[_short(share) for share in each.shares],
            )
            for each in found.modules
        ],
        seconds=found.seconds,
    )


def _short(value: float) -> float:
    """Six digits: the row stays short and nothing shown has more."""
    return float(f"{value:.6g}")
