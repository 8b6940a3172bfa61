"""The job deploy.conformance: an engine of its own is started, asked everything that is relied on, and ended."""

import time

from aird.catalog import queries as catalog_queries
from aird.deploy.drivers.base import Instance, Runtime, Spec
from aird.deploy.engines import Engines
from aird.deploy.errors import RuntimeFailed
from aird.deploy.fitting import conformance, service
from aird.deploy.fitting.schemas import ConformanceJob
from aird.jobs.context import JobContext
from aird.jobs.registry import task

START_SECONDS = 600.0


@task(service.JOB_KIND, ConformanceJob)
def run_conformance(job: JobContext, spec: ConformanceJob) -> None:
    """Fetch the files, start the engine, run every case, file what was found."""
    with job.read() as session:
        base = catalog_queries.version_by_id(session, spec.base_id)
        adapter = catalog_queries.version_by_id(session, spec.adapter_id) if spec.adapter_id else None
    driver = Engines(job.settings).driver(spec.runtime)
    with job.scratch() as folder:
        job.progress("fetching")
        files = job.store.fetch(base.artifact, folder / "base")
        unit = (adapter.artifact, job.store.fetch(adapter.artifact, folder / "adapter")) if adapter else None
        job.progress("starting")
        instance = driver.start(Spec(base.artifact, files, 0, spec.chip, threads=job.settings.runtime_threads))
        try:
            version = _await(driver, instance)
            job.progress("asking")
            cases = conformance.examine(driver, instance, base.artifact, unit)
        finally:
            driver.stop(instance, 0.0)
    for each in cases:
        job.log(f"{'ok  ' if each.ok else 'FAIL'} {each.name} {each.said}".rstrip())
    with job.finish() as session:
        row = service.file(session, job.actor, spec, base, adapter, version=version, cases=cases, job_id=job.id)
        job.result = {"passed": row.passed, "cases": len(cases), "failed": [each.name for each in cases if not each.ok]}


def _await(driver: Runtime, instance: Instance) -> str:
    """Until the engine is ready; its version. Raises RuntimeFailed."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        ended = instance.child.ended() if instance.child else None
        if ended:
            raise RuntimeFailed(ended)
        try:
            status = driver.status(instance)
        except Exception:  # whatever a client raises while nobody listens yet
            status = None
        if status is not None and status.state == "failed":
            raise RuntimeFailed(status.reason)
        if status is not None and status.state == "ready":
            return status.version
        time.sleep(0.2)
    raise RuntimeFailed(f"The engine was not ready after {START_SECONDS:.0f} seconds.")
