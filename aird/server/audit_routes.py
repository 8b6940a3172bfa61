"""Read, verify and export the audit log over HTTP.

They stand here and not in `aird.audit`, which lies below `aird.auth` and so cannot ask who calls.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from aird.audit import queries, service
from aird.audit.chain import verify
from aird.audit.exporting import MEDIA, Form, csv_lines, jsonl_lines
from aird.audit.models import AuditEntry
from aird.audit.queries import Wanted
from aird.audit.schemas import AnchorRead, AuditRead, VerdictRead
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


def _wanted(
    event: Words = None,
    actor: Words = None,
    subject: Words = None,
    reason: Words = None,
    since: Moment | None = None,
    until: Moment | None = None,
    subject_id: UUID | None = None,
) -> Wanted:
    return Wanted(event, actor, subject, reason, since, until, subject_id)


Narrowed = Annotated[Wanted, Depends(_wanted)]


@router.get("")
def list_audit(
    session: ReadSession,
    _actor: Auditor,
    wanted: Narrowed,
    before: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[AuditRead]:
    """The newest entries first, `until` excluded; `next` goes into `before`."""
    found = queries.found(session, wanted, before=before, limit=limit + 1)
    more = str(found[limit - 1].seq) if len(found) > limit else None
    return Page(items=[_read(each) for each in found[:limit]], next=more)


@router.post("/verify")
def verify_audit(session: ReadSession, settings: CurrentSettings, _actor: Auditor) -> VerdictRead:
    """Recompute the whole chain and compare it with the anchors outside the database."""
    verdict = verify(queries.links(session), service.read_anchors(settings.anchors()))
    return VerdictRead(**asdict(verdict), sound=verdict.sound)


@router.get("/anchors")
def list_anchors(settings: CurrentSettings, _actor: Auditor) -> list[AnchorRead]:
    """The heads of the chain that were noted outside the database, the oldest first."""
    return [AnchorRead.model_validate(each) for each in service.read_anchors(settings.anchors())]


@router.get("/export", response_class=StreamingResponse)
def export_audit(request: Request, _actor: Auditor, wanted: Narrowed, form: Form = Form.JSONL) -> StreamingResponse:
    """Every entry in order, or those that are wanted.

    As JSON lines all of it is all that a verification needs: compact, keys in order, so that a line without its `hash`,
    `previous` and `seq` is what was hashed. CSV is for reading.
    """

    def lines() -> Iterator[str]:
        with database_of(request).read() as session:
            found = queries.all_entries(session, wanted)
            yield from csv_lines(found) if form is Form.CSV else jsonl_lines(found)

    name = f"attachment; filename=aird-audit.{form.value}"
    return StreamingResponse(lines(), media_type=MEDIA[form], headers={"content-disposition": name})
