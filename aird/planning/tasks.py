"""The job planning.advance: see what a plan's stages have come to, start what may start."""

from aird.jobs.context import JobContext
from aird.jobs.registry import task
from aird.planning import service
from aird.planning.schemas import AdvanceJob


@task(service.JOB_KIND, AdvanceJob)
def run_advance(job: JobContext, spec: AdvanceJob) -> None:
    """All in the job's last transaction: a killed attempt has done nothing, a second one finds nothing to do."""
    with job.finish() as session:
        plan = service.go_on(session, job.store, job.actor, spec.plan_id, settings=job.settings)
        job.result = {"plan": plan.name, "state": plan.state, "reason": plan.reason}
