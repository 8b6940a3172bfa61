"""Shapes of the audit log at the API."""

from datetime import datetime
from typing import Any
from uuid import UUID

from aird.core.schemas import Schema


class AuditRead(Schema):
    """One entry; `hash` covers it and the entry before."""

    seq: int
    at: datetime
    actor: str
    event: str
    subject: str
    subject_id: UUID | None
    reason: str
    details: dict[str, Any]
    previous: str
    hash: str


class VerdictRead(Schema):
    """What a verification of the whole chain found."""

    sound: bool
    entries: int
    head: str
    anchors: int
    fault: str | None


class AnchorRead(Schema):
    """A head of the chain that was noted outside the database."""

    seq: int
    hash: str
