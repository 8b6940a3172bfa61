"""File what a job of rotation has made: the version with its parents and record, and its report, in one transaction."""

from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from aird.catalog import service as catalog
from aird.catalog.files import Examined
from aird.catalog.models import Model, Version
from aird.catalog.service import NewVersion, Parent
from aird.jobs.context import JobContext
from aird.merge.models import MergeReport
from aird.merge.schemas import ReportRead
from aird.merge.schemas_jobs import DenseJob, DerivedJob, MergeJob


def file_child(
    session: Session,
    job: JobContext,
    spec: MergeJob | DenseJob | DerivedJob,
    examined: Examined,
    record: dict[str, Any],
    *,
    base: Version | None,
    parents: list[Parent],
) -> tuple[Version, bool]:
    """The version, and whether it is new; `base` is None for a whole model."""
    new = NewVersion(
        kind=examined.kind,
        manifest=examined.manifest,
        parameters=examined.parameters,
        facts=examined.facts,
        base=base,
        job_id=job.id,
        record=record,
        license=spec.license,
        notes=spec.notes,
        card=examined.card,
        watts=job.settings.chip_watts,
        parents=parents,
    )
    return catalog.file_version(session, job.actor, session.get_one(Model, spec.model_id), new)


def file_report(session: Session, child: Version, report: ReportRead, *, new: bool) -> None:
    """Keep what happened in the merge, unless the same bytes were filed with a report before."""
    if new or not session.scalar(select(exists().where(MergeReport.version_id == child.id))):
        data = report.model_copy(update={"version": child.ref}).model_dump(mode="json")
        session.add(MergeReport(version_id=child.id, data=data))
