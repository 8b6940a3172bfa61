"""Read, verify and export the audit log over HTTP.

They stand here and not in `aird.audit`, which lies below `aird.auth` and so cannot ask who calls.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from aird.audit import queries, service
from aird.audit.chain import verify
from aird.audit.models import AuditEntry
from aird.audit.schemas import AuditRead, VerdictRead
from aird.auth.deps import CurrentSettings, ReadSession, database_of, permit
from aird.auth.permissions import Actor, Permission
from aird.core.errors import NotPermitted
from aird.core.http import problems
from aird.core.schemas import LARGEST, Moment, Page

router = APIRouter(prefix="/audit", tags=["audit"], responses=problems(NotPermitted))

Auditor = Annotated[Actor, permit(Permission.READ_AUDIT)]
Words = Annotated[str | None, Query(max_length=256)]


def _read(entry: AuditEntry) -> AuditRead:
    return AuditRead(
        seq=entry.seq,
        at=entry.at,
        actor=entry.actor_name,
        event=entry.event,
        subject=entry.subject,
        subject_id=entry.subject_id,
        reason=entry.reason,
        details=entry.details,
        previous=entry.previous,
        hash=entry.hash,
    )


@router.get("")
def list_audit(
    session: ReadSession,
    _actor: Auditor,
    before: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    event: Words = None,
    actor: Words = None,
    subject: Words = None,
    since: Moment | None = None,
    subject_id: UUID | None = None,
) -> Page[AuditRead]:
    """The newest entries first; `next` goes into `before`."""
    found = queries.entries(
        session,
        before=before,
        limit=limit + 1,
        event=event,
        actor=actor,
        subject=subject,
        since=since,
        subject_id=subject_id,
    )
    more = str(found[limit - 1].seq) if len(found) > limit else None
    return Page(items=[_read(each) for each in found[:limit]], next=more)


@router.post("/verify")
def verify_audit(session: ReadSession, settings: CurrentSettings, _actor: Auditor) -> VerdictRead:
    """Recompute the whole chain and compare it with the anchors outside the database."""
    verdict = verify(queries.links(session), service.read_anchors(settings.anchors()))
    return VerdictRead(**asdict(verdict), sound=verdict.sound)


@router.get("/export", response_class=StreamingResponse)
def export_audit(request: Request, _actor: Auditor) -> StreamingResponse:
    """Every entry as JSON lines, in order: all that a verification needs."""

    def lines() -> Iterator[str]:
        with database_of(request).read() as session:
            for entry in queries.all_entries(session):
                row = {"seq": entry.seq, **entry.content(), "previous": entry.previous, "hash": entry.hash}
                yield json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")
