"""/v1/fine_tuning/jobs (https://platform.openai.com/docs/api-reference/fine-tuning)."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from aird.auth.deps import CurrentSettings, ReadSession, WriteSession
from aird.core.errors import NotOffered
from aird.finetuning import queries, service, shapes
from aird.finetuning.deps import Trainer, Watcher
from aird.finetuning.errors import FineTuningNotFound
from aird.finetuning.orders import Order
from aird.jobs.lifecycle import JobState
from aird.store.deps import CurrentStore

router = APIRouter(prefix="/fine_tuning/jobs")
Limit = Annotated[int, Query(ge=1, le=100)]


@router.post("")
def create_fine_tuning_job(
    body: Order, session: WriteSession, store: CurrentStore, settings: CurrentSettings, actor: Trainer
) -> dict[str, Any]:
    """Order the training of an adapter on a file."""
    return _shown(service.order(session, actor, body, store=store, settings=settings))


@router.get("")
def list_fine_tuning_jobs(
    session: ReadSession, actor: Watcher, after: str | None = None, limit: Limit = 20
) -> dict[str, Any]:
    """The jobs, newest first."""
    found, more = queries.tunings(session, actor, after=after, limit=limit)
    return shapes.page([_shown(each) for each in found], more=more)


@router.get("/{job_id}")
def retrieve_fine_tuning_job(job_id: str, session: ReadSession, actor: Watcher) -> dict[str, Any]:
    """One job."""
    return _shown(queries.get_tuning(session, actor, job_id))


@router.post("/{job_id}/cancel")
def cancel_fine_tuning_job(job_id: str, session: WriteSession, actor: Trainer) -> dict[str, Any]:
    """Stop a job."""
    found = queries.get_tuning(session, actor, job_id)
    service.cancel(session, actor, found)
    return _shown(queries.get_tuning(session, actor, job_id))


@router.post("/{job_id}/pause")
@router.post("/{job_id}/resume")
def pause_fine_tuning_job(job_id: str, _actor: Trainer) -> dict[str, Any]:
    """Not offered."""
    raise NotOffered("Jobs are not paused by hand. Cancel this one; a job that is interrupted goes on by itself.")


@router.get("/{job_id}/events")
def list_fine_tuning_events(
    job_id: str, session: ReadSession, actor: Watcher, after: str | None = None, limit: Limit = 20
) -> dict[str, Any]:
    """What happened to a job, newest first."""
    found = queries.get_tuning(session, actor, job_id)
    before = _number_of(after, found) if after else None
    events, more = queries.events(session, found.training.id, before=before, limit=limit)
    return shapes.page([shapes.event(found.row, each) for each in events], more=more)


@router.get("/{job_id}/checkpoints")
def list_fine_tuning_checkpoints(
    job_id: str, session: ReadSession, actor: Watcher, after: str | None = None, limit: Limit = 10
) -> dict[str, Any]:
    """The weights that can be used: those of the end, once there are any."""
    found = queries.get_tuning(session, actor, job_id)
    ready = found.training.state is JobState.SUCCEEDED and not after
    return shapes.page([shapes.checkpoint(found.row, found.training)] if ready else [], more=False)


def _shown(found: queries.Tuning) -> dict[str, Any]:
    shown = shapes.job(found.row, found.training, found.file, found.department)
    return shown if found.training.error_code else {**shown, "error": None}


def _number_of(event_id: str, found: queries.Tuning) -> int:
    prefix = f"ftevent-{found.training.id.hex}-"
    number = event_id.removeprefix(prefix)
    if not event_id.startswith(prefix) or not number.isascii() or not number.isdigit() or len(number) > 18:
        raise FineTuningNotFound(f"There is no event {event_id[:96]!r} of this job.", param="after")
    return int(number)
