"""Near-twins: adapters of one base that change its weights in nearly the same direction.

Found from the low-rank factors alone, no model runs. The numbers are worked out in a job (aird/catalog/tasks.py);
here is what the web process needs of it.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, joinedload

from aird.auth.permissions import SYSTEM
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import AdapterSketch, Kind, Twin, Version
from aird.core.db import database_now
from aird.core.schemas import Schema
from aird.jobs import service as jobs
from aird.jobs.lifecycle import JobState
from aird.jobs.models import Job

COMPARE = "catalog.compare"
THRESHOLD = 0.9
"""From this cosine of the weight changes on, two adapters are kept as near-twins."""
DELAY = timedelta(seconds=20)
"""The job waits so long, so that adapters filed one after the other are compared by one job."""


class CompareJob(Schema):
    """Compare every adapter that has not been compared yet."""

    base_id: UUID


def order_comparison(session: Session, version: Version) -> None:
    """Have the adapter compared with those of its base; nothing happens for another kind of version.

    To be called in the transaction that files a version. One job that waits serves all adapters of its base: it is
    locked here, so that no worker takes it before this transaction's adapter can be seen.
    """
    if version.kind is not Kind.ADAPTER or version.base_id is None:
        return
    waiting = select(Job).where(Job.kind == COMPARE, Job.state == JobState.QUEUED)
    for job in session.scalars(waiting.with_for_update(skip_locked=True)):
        if job.spec == CompareJob(base_id=version.base_id).model_dump(mode="json"):
            return
    job = jobs.enqueue(
        session,
        SYSTEM,
        COMPARE,
        CompareJob(base_id=version.base_id),
        title=f"Compare {version.model.name} with its kind",
        department_id=version.model.department_id,
    )
    job.not_before = database_now(session) + DELAY
    session.flush()


def not_compared(session: Session, base_id: UUID) -> list[Version]:
    """The adapters of a base that have no sketch yet, oldest first."""
    query = (
        select(Version)
        .options(joinedload(Version.model))
        .where(Version.base_id == base_id, Version.kind == Kind.ADAPTER, Version.state != VersionState.RETIRED)
        .where(~exists().where(AdapterSketch.version_id == Version.id))
        .order_by(Version.created_at, Version.id)
    )
    return list(session.scalars(query))


def sketches(session: Session, base_id: UUID) -> list[tuple[UUID, bytes]]:
    """The sketches of a base's adapters that change anything."""
    query = select(AdapterSketch.version_id, AdapterSketch.sketch)
    query = query.where(AdapterSketch.base_id == base_id, AdapterSketch.norm > 0)
    return [(row.version_id, row.sketch) for row in session.execute(query)]


def record(session: Session, version: Version, *, norm: float, sketch: bytes, cosines: dict[UUID, float]) -> None:
    """Note an adapter's sketch and its near-twins; a second note of the same adapter takes the place of the first."""
    if version.base_id is None:
        raise ValueError(f"{version.id} is no adapter")
    session.merge(AdapterSketch(version_id=version.id, base_id=version.base_id, norm=norm, sketch=sketch))
    for other, cosine in cosines.items():
        session.merge(Twin(version_id=version.id, other_id=other, cosine=cosine))
    session.flush()
