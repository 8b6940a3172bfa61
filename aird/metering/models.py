"""The ledger of tokens and of compute time, and the price book. Whole numbers only; rows are only added."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from aird.core.db import Record


class Status(StrEnum):
    """How an answer ended."""

    OK = "ok"  # to its end
    CANCELLED = "cancelled"  # the client left; what was delivered until then is charged
    ERROR = "error"  # the runtime failed; what was delivered until then is charged


class UsageEntry(Record):
    """One answer of an endpoint. `request_id` is the completion id that the client got."""

    __tablename__ = "usage_entries"
    __table_args__ = (Index("ix_usage_entries_at_department_id", "at", "department_id"),)

    request_id: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime]
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"))
    endpoint: Mapped[str] = mapped_column(String(96))
    unit: Mapped[str] = mapped_column(String(71))
    version: Mapped[str] = mapped_column(String(112))
    token_id: Mapped[UUID | None] = mapped_column(ForeignKey("tokens.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    prompt_tokens: Mapped[int]
    completion_tokens: Mapped[int]
    status: Mapped[Status]
    estimated: Mapped[bool]
    milliseconds: Mapped[int]
    ttft_milliseconds: Mapped[int | None]


class ComputeEntry(Record):
    """The time that one attempt of a job held its chip."""

    __tablename__ = "compute_entries"
    __table_args__ = (
        UniqueConstraint("job_id", "attempt"),
        Index("ix_compute_entries_at_department_id", "at", "department_id"),
    )

    job_id: Mapped[UUID]
    attempt: Mapped[int]
    at: Mapped[datetime]
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"))
    kind: Mapped[str] = mapped_column(String(64))
    chip: Mapped[str] = mapped_column(String(64))
    milliseconds: Mapped[int]


class PriceRow(Record):
    """A price from `valid_from` on; the newest such row counts, before the first the default book does."""

    __tablename__ = "price_book"
    __table_args__ = (UniqueConstraint("sku", "valid_from"),)

    sku: Mapped[str] = mapped_column(String(64))
    per_million_micro: Mapped[int]
    valid_from: Mapped[datetime]

    @property
    def label(self) -> str:
        """The name to show."""
        return self.sku
