"""The ledger of tokens and of compute time, the price book, and budgets. Whole numbers only.

Rows of the ledger and of the price book are only added. What a budget has used is a counter that moves in the
transaction that adds the rows; what gateways may still spend without asking is lent to them as leases.
"""

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
    UNKNOWN = "unknown"  # the gateway died on the way; charged by its journal


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
    cached_tokens: Mapped[int | None] = mapped_column(default=None)  # of the prompt; None: the runtime did not say
    finish_reason: Mapped[str | None] = mapped_column(String(32), default=None)
    deployment: Mapped[int | None] = mapped_column(default=None)  # the number of the arm that answered
    experiment: Mapped[bool] = mapped_column(default=False)  # an answer that reached nobody


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


class EngineEntry(Record):
    """How long a unit was held ready in an hour, with its part of the chips that its engine held."""

    __tablename__ = "engine_entries"
    __table_args__ = (UniqueConstraint("unit", "endpoint", "chip", "hour"),)

    hour: Mapped[datetime] = mapped_column(index=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"))
    endpoint: Mapped[str] = mapped_column(String(96))
    unit: Mapped[str] = mapped_column(String(71))
    chip: Mapped[str] = mapped_column(String(64))
    milliseconds: Mapped[int]
    busy_milliseconds: Mapped[int]  # of these, while it answered
    noted_until: Mapped[datetime]


class BudgetKind(StrEnum):
    """What a budget covers."""

    DEPARTMENT = "department"  # everything of a department: its endpoints' answers and its jobs
    ENDPOINT = "endpoint"
    KEY = "key"


class OnSpent(StrEnum):
    """What happens when a budget has no room."""

    ALERT = "alert"  # it is shown and said
    REJECT = "reject"  # calls are refused


class Budget(Record):
    """What may be spent in a month on `subject`: a department's key, an endpoint's name, or a key's id."""

    __tablename__ = "budgets"
    __table_args__ = (UniqueConstraint("kind", "subject"),)

    kind: Mapped[BudgetKind]
    subject: Mapped[str] = mapped_column(String(96))
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    limit_micro: Mapped[int]
    alert_percent: Mapped[int]
    on_spent: Mapped[OnSpent]

    @property
    def label(self) -> str:
        """The name to show."""
        return f"{self.kind} {self.subject}"


class BudgetMonth(Record):
    """What a budget has used in a month; `alerted_at` is when its alert was given."""

    __tablename__ = "budget_months"
    __table_args__ = (UniqueConstraint("budget_id", "month"),)

    budget_id: Mapped[UUID] = mapped_column(ForeignKey("budgets.id", ondelete="CASCADE"))
    month: Mapped[str] = mapped_column(String(7))
    used_micro: Mapped[int] = mapped_column(default=0)
    alerted_at: Mapped[datetime | None] = mapped_column(default=None)


class Lease(Record):
    """What a gateway may spend of a budget without asking again: reserved, or used and not in the ledger yet."""

    __tablename__ = "budget_leases"
    __table_args__ = (UniqueConstraint("budget_id", "month", "holder"),)

    budget_id: Mapped[UUID] = mapped_column(ForeignKey("budgets.id", ondelete="CASCADE"))
    month: Mapped[str] = mapped_column(String(7))
    holder: Mapped[UUID] = mapped_column(index=True)
    remaining_micro: Mapped[int]
    renewed_at: Mapped[datetime]
