"""Read files and fine-tuning jobs: those of departments whose data and jobs the actor may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth.permissions import Actor, Permission, allowed, departments_where
from aird.finetuning.errors import FineTuningNotFound, UploadedFileNotFound
from aird.finetuning.models import FineTuning, UploadedFile
from aird.jobs.lifecycle import FINAL
from aird.jobs.models import Job, JobEvent


@dataclass(frozen=True)
class Tuning:
    """A fine-tuning job with the training behind it."""

    row: FineTuning
    training: Job
    file: UploadedFile
    department: str


def parse_id(shown: str, prefix: str) -> UUID | None:
    """The key in an id that clients see; None where it is none of ours."""
    if not shown.startswith(prefix):
        return None
    try:
        return UUID(shown.removeprefix(prefix))
    except ValueError:
        return None


def get_file(session: Session, actor: Actor, shown: str) -> UploadedFile:
    """The file. Raises UploadedFileNotFound, also when the actor may not see it."""
    key = parse_id(shown, "file-")
    found = session.get(UploadedFile, key) if key else None
    if found is None or found.deleted_at or not allowed(actor, Permission.READ_DATASETS, found.department_id):
        raise UploadedFileNotFound(f"There is no file {shown[:64]!r} that you may use.", param="file_id")
    return found


def files(
    session: Session, actor: Actor, *, after: str | None, limit: int, ascending: bool = False
) -> tuple[list[UploadedFile], bool]:
    """(the files that the actor may read, newest first unless `ascending`; whether there are more)."""
    query = select(UploadedFile).where(UploadedFile.deleted_at.is_(None))
    everywhere, ids = departments_where(actor.grants, Permission.READ_DATASETS)
    if not everywhere:
        query = query.where(UploadedFile.department_id.in_(ids))
    last = get_file(session, actor, after) if after else None
    if last is not None:
        at, key = UploadedFile.created_at, UploadedFile.id
        query = query.where(
            or_(at > last.created_at, and_(at == last.created_at, key > last.id))
            if ascending
            else or_(at < last.created_at, and_(at == last.created_at, key < last.id))
        )
    order = (
        (UploadedFile.created_at, UploadedFile.id)
        if ascending
        else (UploadedFile.created_at.desc(), UploadedFile.id.desc())
    )
    found = list(session.scalars(query.order_by(*order).limit(limit + 1)))
    return found[:limit], len(found) > limit


def get_tuning(session: Session, actor: Actor, shown: str) -> Tuning:
    """The fine-tuning job. Raises FineTuningNotFound, also when the actor may not see it."""
    key = parse_id(shown, "ftjob-")
    found = _tunings(session, select(FineTuning).where(FineTuning.id == key)) if key else []
    if not found or not allowed(actor, Permission.READ_JOBS, found[0].row.department_id):
        raise FineTuningNotFound(f"There is no fine-tuning job {shown[:64]!r} that you may see.")
    return found[0]


def tunings(session: Session, actor: Actor, *, after: str | None, limit: int) -> tuple[list[Tuning], bool]:
    """(the fine-tuning jobs that the actor may see, newest first; whether there are more)."""
    query = select(FineTuning).order_by(FineTuning.created_at.desc(), FineTuning.id.desc()).limit(limit + 1)
    everywhere, ids = departments_where(actor.grants, Permission.READ_JOBS)
    if not everywhere:
        query = query.where(FineTuning.department_id.in_(ids))
    if after:
        last = get_tuning(session, actor, after).row
        older = and_(FineTuning.created_at == last.created_at, FineTuning.id < last.id)
        query = query.where(or_(FineTuning.created_at < last.created_at, older))
    found = _tunings(session, query)
    return found[:limit], len(found) > limit


def events(session: Session, job_id: UUID, *, before: int | None, limit: int) -> tuple[list[JobEvent], bool]:
    """(what happened to the training, newest first, before event number `before`; whether there is more)."""
    query = select(JobEvent).where(JobEvent.job_id == job_id).order_by(JobEvent.seq.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(JobEvent.seq < before)
    found = list(session.scalars(query))
    return found[:limit], len(found) > limit


def readers(session: Session, file: UploadedFile) -> list[FineTuning]:
    """The fine-tuning jobs on this file that have not ended."""
    query = select(FineTuning).join(Job, Job.id == FineTuning.job_id)
    return list(session.scalars(query.where(FineTuning.file_id == file.id, Job.state.not_in(FINAL))))


def _tunings(session: Session, query: Select[FineTuning]) -> list[Tuning]:
    rows: Sequence[FineTuning] = session.scalars(query).all()
    keys = auth_queries.department_keys(session)
    jobs = {each.id: each for each in session.scalars(select(Job).where(Job.id.in_([row.job_id for row in rows])))}
    wanted = select(UploadedFile).where(UploadedFile.id.in_([row.file_id for row in rows]))
    uploads = {each.id: each for each in session.scalars(wanted)}
    return [Tuning(row, jobs[row.job_id], uploads[row.file_id], keys[row.department_id]) for row in rows]
