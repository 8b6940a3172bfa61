"""The signature: a decision about one version's exact bytes, on one endpoint or under one alias."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from aird.approval.standing import ApprovalState
from aird.catalog.models import Version
from aird.core.clock import now
from aird.core.db import Base, Record
from aird.requests.models import Request


class Approval(Record):
    """One version asked for on one endpoint, or under one alias of its model; `digest` names every byte of it.

    An approval for an alias has no endpoint (an empty text) and remembers which version the alias pointed at when it
    was asked for. `seal` is the digest of all that was looked at: the manifests, the gates, the exam report (see
    evidence.py). `maker_id` is who uploaded or made the version last. The stored state is what was decided. Whether it
    still stands depends on the version, the request and the alias as they are now: see standing.py.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> requester_id", name="four_eyes"),
        CheckConstraint("decided_by IS NULL OR maker_id IS NULL OR decided_by <> maker_id", name="not_by_the_maker"),
        Index(None, "version_id", "endpoint"),
        Index(None, "created_at", "id"),
    )

    version: Mapped[Version] = relationship(lazy="raise")
    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), init=False)
    digest: Mapped[str] = mapped_column(String(71))
    endpoint: Mapped[str] = mapped_column(String(96), index=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    requester_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    request: Mapped[Request] = relationship(lazy="raise")
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"), unique=True, init=False)
    gate: Mapped[dict[str, Any]]
    state: Mapped[ApprovalState] = mapped_column(default=ApprovalState.PENDING, index=True)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    reason: Mapped[str] = mapped_column(Text, default="")
    alias: Mapped[str | None] = mapped_column(String(64), default=None)
    alias_was_id: Mapped[UUID | None] = mapped_column(default=None)
    accepted_differences: Mapped[list[str]] = mapped_column(default_factory=list, server_default="[]")
    seal: Mapped[str] = mapped_column(String(80), default="", server_default="")
    maker_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)

    @property
    def label(self) -> str:
        """The name to show."""
        return f"{self.version.ref} {self.place}"

    @property
    def place(self) -> str:
        """What the version is asked for, in words."""
        return f"as {self.alias}" if self.alias else f"for {self.endpoint}"


class Step(StrEnum):
    """What happened in an approval's conversation."""

    ASKED = "asked"
    COMMENTED = "commented"
    CHANGES_REQUESTED = "changes_requested"
    RENEWED = "renewed"  # asked again, with the evidence as it is then
    APPROVED = "approved"
    REJECTED = "rejected"


class ApprovalEvent(Base):
    """One line of an approval's conversation; `seq` counts from 1 within it, `seal` is what was on the table."""

    __tablename__ = "approval_events"

    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approvals.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    actor: Mapped[str] = mapped_column(String(128))
    step: Mapped[Step]
    text: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[str] = mapped_column(String(160), default="")
    seal: Mapped[str] = mapped_column(String(80), default="")
    at: Mapped[datetime] = mapped_column(default_factory=now)
