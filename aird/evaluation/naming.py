"""What an examination was ordered with, by name: its job holds ids, which say nothing to a reader."""

from uuid import UUID

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.evaluation import comparing, queries, service
from aird.evaluation.errors import RunNotFound
from aird.evaluation.schemas import ExamOrderRead, ExamSitter, ExamSuite
from aird.jobs import queries as jobs

EXAMINATIONS = frozenset({*service.KINDS.values(), comparing.JOB_KIND})


def order_of(session: Session, actor: Actor, job_id: UUID) -> ExamOrderRead:
    """Versions and suites of an examination in the order of its job; those the actor may not see are counted.

    Raises JobNotFound, RunNotFound.
    """
    job = jobs.get_job(session, actor, job_id)
    if job.kind not in EXAMINATIONS:
        raise RunNotFound("This job is no examination.", id=str(job_id))
    compared = job.kind == comparing.JOB_KIND
    named = [job.spec["version"], job.spec["reference"]] if compared else job.spec["versions"]
    versions = catalog_queries.versions_by_id(session, [UUID(each) for each in named])
    sitters = [versions.get(UUID(each)) for each in named]
    seen = [each for each in sitters if each is not None and access.may_see(actor, each.model)]
    suites = {each.id: each for each in queries.suites(session, [UUID(each) for each in job.spec["suites"]])}
    ordered = [suites[UUID(each)] for each in job.spec["suites"] if UUID(each) in suites]
    return ExamOrderRead(
        versions=[ExamSitter(ref=each.ref, title=each.model.title) for each in seen],
        suites=[ExamSuite(name=each.name, title=each.title) for each in ordered],
        hidden=len(named) - len(seen),
    )
