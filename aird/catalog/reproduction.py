"""Prove where a version came from: make it again by the job that made it, and hold the digests against each other.

Nothing is filed. The job is ordered here; it is done in aird/catalog/tasks_reproduce.py, by what the kind of the job
says about itself (`remake` in aird/jobs/registry.py).
"""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog.errors import NotReproducible
from aird.catalog.models import Version
from aird.core.schemas import Schema
from aird.jobs import service as jobs
from aird.jobs.estimates import suited
from aird.jobs.models import Job

REPRODUCE = "catalog.reproduce"


class ReproduceJob(Schema):
    """Which version is made again."""

    version_id: UUID


class Reproduction(Schema):
    """What came of it: the result of the job.

    `differing` are the files that are not the same, those that only one side has among them. `device` is where it was
    made again, `made_on` where the version was made as far as its record says; the same bits are promised only where
    both agree (`same_device`), and None says that nobody knows.
    """

    version: str
    kind: str
    same: bool
    expected: str
    found: str
    differing: list[str]
    device: dict[str, Any]
    made_on: dict[str, Any] | None
    same_device: bool | None
    seconds: float


def order(session: Session, actor: Actor, version: Version) -> Job:
    """Queue it in the version's department. Raises NotReproducible, GatedModel, NotPermitted."""
    access.require_weights(session, actor, version.model)
    origin = session.get(Job, version.job_id) if version.job_id else None
    if origin is None:
        raise NotReproducible(
            f"{version.ref} was uploaded, no job of aird has made it: there is nothing to do again. Its digest "
            f"{version.artifact} is all that can be checked, with `aird store scrub`.",
            version=version.ref,
        )
    return jobs.enqueue(
        session,
        actor,
        REPRODUCE,
        ReproduceJob(version_id=version.id),
        title=f"Make {version.ref} again",
        department_id=version.model.department_id,
        needs=suited(session),
    )
