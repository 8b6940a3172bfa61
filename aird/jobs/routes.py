"""Jobs over HTTP: list, look, stop, try again, follow live."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from aird.auth.deps import CurrentSettings, ReadSession, WriteSession, database_of, permit
from aird.auth.permissions import Actor, Permission
from aird.core.db import Database
from aird.core.errors import BadInput, NotPermitted
from aird.core.http import problems
from aird.core.schemas import LARGEST, Page
from aird.jobs import decisions, queries, service
from aird.jobs.errors import JobMoveNotAllowed, JobNotFound
from aird.jobs.lifecycle import JobState
from aird.jobs.models import Job
from aird.jobs.schemas import JobEventRead, JobRead
from aird.jobs.schemas_compute import CloneOrder, DecisionRead

router = APIRouter(prefix="/jobs", tags=["jobs"])

Reader = Annotated[Actor, permit(Permission.READ_JOBS)]
Runner = Annotated[Actor, permit(Permission.RUN_JOBS)]

LOOK_EVERY = 0.3  # seconds between two looks at the database for one stream
AT_A_TIME = 500  # events read at once


@router.get("", responses=problems(BadInput))
def list_jobs(
    session: ReadSession,
    actor: Reader,
    state: JobState | None = None,
    kind: str | None = None,
    department: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[JobRead]:
    """The jobs you may see, newest first."""
    found, following = queries.jobs(
        session, actor, state=state, kind=kind, department=department, cursor=cursor, limit=limit
    )
    return Page(items=queries.reads(session, found), next=following)


@router.get("/{job_id}", responses=problems(JobNotFound))
def read_job(job_id: UUID, session: ReadSession, actor: Reader) -> JobRead:
    """One job."""
    return queries.reads(session, [queries.get_job(session, actor, job_id)])[0]


@router.post("/{job_id}/cancel", responses=problems(JobNotFound, NotPermitted, JobMoveNotAllowed))
def cancel_job(job_id: UUID, session: WriteSession, actor: Runner) -> JobRead:
    """Stop the job; from now on it publishes nothing."""
    job = service.cancel(session, actor, queries.get_job(session, actor, job_id))
    return queries.reads(session, [job])[0]


@router.post("/{job_id}/retry", responses=problems(JobNotFound, NotPermitted, JobMoveNotAllowed))
def retry_job(job_id: UUID, session: WriteSession, actor: Runner, settings: CurrentSettings) -> JobRead:
    """Queue a failed or cancelled job again."""
    job = queries.get_job(session, actor, job_id)
    return queries.reads(session, [service.retry(session, actor, job, attempts=settings.job_attempts)])[0]


@router.post("/{job_id}/clone", status_code=201, responses=problems(JobNotFound, NotPermitted, JobMoveNotAllowed))
def clone_job(job_id: UUID, body: CloneOrder, session: WriteSession, actor: Runner) -> JobRead:
    """Order the same work again, as a job of its own."""
    job = service.clone(session, actor, queries.get_job(session, actor, job_id), title=body.title)
    return queries.reads(session, [job])[0]


@router.get("/{job_id}/decisions", responses=problems(JobNotFound))
def list_decisions(job_id: UUID, session: ReadSession, actor: Reader) -> list[DecisionRead]:
    """Why the job waited, where it started, who took its place: the latest hundred decisions, newest first."""
    job = queries.get_job(session, actor, job_id)
    return [DecisionRead.model_validate(each) for each in decisions.of(session, job.id)]


@router.get("/{job_id}/events", responses=problems(JobNotFound))
def list_events(
    job_id: UUID,
    session: ReadSession,
    actor: Reader,
    after: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> Page[JobEventRead]:
    """What happened to the job after event `after`, in order; `next` is the `after` of the following page."""
    job = queries.get_job(session, actor, job_id)
    found = queries.events(session, job.id, after=after, limit=limit)
    following = str(found[-1].seq) if len(found) == limit else None
    return Page(items=[JobEventRead.model_validate(each) for each in found], next=following)


@dataclass(frozen=True)
class Followed:
    """A job that somebody may follow, and the database to follow it in."""

    job_id: UUID
    database: Database

    def look(self, after: int) -> tuple[list[JobEventRead], bool]:
        """(the next events, whether the job has ended and these are its last)."""
        with self.database.read() as session:
            ended = session.get_one(Job, self.job_id).is_final
            found = queries.events(session, self.job_id, after=after, limit=AT_A_TIME)
            return [JobEventRead.model_validate(each) for each in found], ended and len(found) < AT_A_TIME


def followed(job_id: UUID, request: Request, actor: Reader) -> Followed:
    """Looked up before the stream begins, in a session that does not stay open while it runs."""
    database = database_of(request)
    with database.read() as session:
        return Followed(queries.get_job(session, actor, job_id).id, database)


# async, because a stream mostly sleeps: in a `def` route each one would occupy a thread for as long as it is open.
@router.get("/{job_id}/events/stream", response_class=EventSourceResponse, responses=problems(JobNotFound))
async def follow_job(
    job: Annotated[Followed, Depends(followed)],
    after: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    last_event_id: Annotated[int | None, Header(ge=0, le=LARGEST)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """The job's events as they happen, from event `after` or Last-Event-ID on; `end` is the last one."""
    seen = last_event_id if last_event_id is not None else after
    while True:
        found, ended = await run_in_threadpool(job.look, seen)
        for each in found:
            seen = each.seq
            yield ServerSentEvent(data=each.data, event=each.kind, id=str(seen))
        if ended:
            yield ServerSentEvent(data={}, event="end", id=str(seen))
            return
        if len(found) < AT_A_TIME:
            await asyncio.sleep(LOOK_EVERY)
