"""The audit log's one table; the database itself refuses to change or delete its rows (see the first migration)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from aird.core.db import Base


class AuditEntry(Base):
    """Who did what to what, when and why; written by audit.service alone."""

    __tablename__ = "audit_entries"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[UUID | None] = mapped_column(index=True)
    actor_name: Mapped[str] = mapped_column(String(128))
    event: Mapped[str] = mapped_column(String(96), index=True)
    subject_id: Mapped[UUID | None] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(String(256))
    reason: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    def content(self) -> dict[str, Any]:
        """What the hash covers besides the place and the previous hash."""
        return {
            "at": self.at.isoformat(timespec="microseconds"),
            "actor_id": str(self.actor_id) if self.actor_id else None,
            "actor_name": self.actor_name,
            "event": self.event,
            "subject_id": str(self.subject_id) if self.subject_id else None,
            "subject": self.subject,
            "reason": self.reason,
            "details": self.details,
        }
