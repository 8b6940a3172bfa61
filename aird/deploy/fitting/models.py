"""What was verified: the findings of the conformance suite, rows that are only added."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from aird.core.db import Record
from aird.deploy.placement import RuntimeKind


class Evidence(Record):
    """One run of the conformance suite: a version of a runtime on a chip, with a base and perhaps an adapter.

    `cases` are {"name", "ok", "said"}; `base` and `adapter` are the digests that were served.
    """

    __tablename__ = "evidence"
    __table_args__ = (Index(None, "runtime", "family", "created_at"),)

    runtime: Mapped[RuntimeKind]
    runtime_version: Mapped[str] = mapped_column(String(64))
    chip: Mapped[str] = mapped_column(String(64))
    family: Mapped[str] = mapped_column(String(32))
    architecture: Mapped[str] = mapped_column(String(96))
    base: Mapped[str] = mapped_column(String(71))
    adapter: Mapped[str | None] = mapped_column(String(71))
    passed: Mapped[bool]
    cases: Mapped[list[dict[str, Any]]]
    job_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))

    @property
    def label(self) -> str:
        """The name to show."""
        return f"{self.runtime} on {self.chip}"
