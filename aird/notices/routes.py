"""The bell, the tour, and the one stream that keeps a tab's pages fresh."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from aird.audit import queries as audit
from aird.auth.deps import ReadSession, WriteSession, database_of, permit
from aird.auth.permissions import Actor, Permission
from aird.core.db import Database
from aird.core.schemas import LARGEST, Page
from aird.notices import queries, service
from aird.notices.models import Desk, Tour
from aird.notices.schemas import DeskChange, DeskRead, HouseChange, NoticeRead

router = APIRouter(tags=["notices"])

Person = Annotated[Actor, permit(Permission.OWN_ACCOUNT)]

LOOK_EVERY = 1.0  # seconds between two looks at the log for one tab
STREAM_SECONDS = 600.0  # then the tab connects again, and proves again who it is
AT_MOST = 500  # entries taken together in one message


@router.get("/desk")
def read_desk(session: ReadSession, actor: Person) -> DeskRead:
    """How far you have read, what is new, and whether the tour is still offered."""
    desk = queries.desk(session, actor.id) if actor.id else None
    return _read(session, actor, desk)


@router.patch("/desk")
def change_desk(body: DeskChange, session: WriteSession, actor: Person) -> DeskRead:
    """Note that you have read up to an entry, or what became of the tour."""
    return _read(session, actor, service.change(session, actor, seen=body.seen, tour=body.tour))


def _read(session: ReadSession, actor: Actor, desk: Desk | None) -> DeskRead:
    seen = desk.seen if desk else 0
    return DeskRead(seen=seen, unread=queries.unread(session, actor, seen), tour=desk.tour if desk else Tour.OFFERED)


@router.get("/notices")
def list_notices(
    session: ReadSession,
    actor: Person,
    before: Annotated[int | None, Query(ge=1, le=LARGEST, description="The `seq` of the last one you have.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> Page[NoticeRead]:
    """What became of what you began, and what waits for somebody with your rights: thirty days, newest first."""
    found = queries.notices(session, actor, before=before, limit=limit)
    following = str(found[-1].seq) if len(found) == limit else None
    return Page(items=[NoticeRead.model_validate(each) for each in found], next=following)


@dataclass(frozen=True)
class Listener:
    """One tab: whose it is, and the database to look into."""

    actor: Actor
    database: Database
    request: Request

    def stopping(self) -> bool:
        """Whether the server is about to end."""
        return bool(getattr(self.request.app.state, "stopping", False))

    def head(self) -> int:
        """The last entry of the log."""
        with self.database.read() as session:
            return audit.head(session)

    def look(self, after: int) -> HouseChange | None:
        """What happened after this entry; None when nothing did."""
        with self.database.read() as session:
            found = audit.happened(session, after=after, limit=AT_MOST)
            if not found:
                return None
            news = queries.notices(session, self.actor, after=after, limit=AT_MOST)
            slices = sorted({event.split(".")[0] for _, event in found})
            return HouseChange(seq=found[-1][0], slices=slices, notices=len(news))


def listener(request: Request, actor: Person) -> Listener:
    """Identified before the stream begins, in a session that does not stay open while it runs."""
    return Listener(actor, database_of(request), request)


# async, because a stream mostly sleeps: in a `def` route each one would occupy a thread for as long as it is open.
@router.get("/events/stream", response_class=EventSourceResponse)
async def follow_house(
    tab: Annotated[Listener, Depends(listener)],
    after: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=LARGEST)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """What changes in the house from now on, or from entry `after` on; a `change` says in which slices."""
    given = last_event_id if last_event_id is not None else after
    seen = given if given is not None else await run_in_threadpool(tab.head)
    until = time.monotonic() + STREAM_SECONDS
    yield ServerSentEvent(data=HouseChange(seq=seen, slices=[], notices=0).model_dump(), event="open", id=str(seen))
    while True:
        change = await run_in_threadpool(tab.look, seen)
        if change is not None:
            seen = change.seq
            yield ServerSentEvent(data=change.model_dump(), event="change", id=str(seen))
        ending = tab.stopping() or time.monotonic() > until
        if change is None and ending:
            return
        if not ending:
            await asyncio.sleep(LOOK_EVERY)  # many changes in a row are one message
