"""What rotation keeps beside the catalog: measurements of parents, and the trials of searches."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from aird.core.db import Record
from aird.jobs.models import NULLABLE_JSON


class MergeMeasure(Record):
    """What was measured of one merge before it ran: worked out once for the same parents, method and weights."""

    __tablename__ = "merge_measures"

    key: Mapped[str] = mapped_column(String(64), unique=True)  # aird.merge.plan.measured.key_of
    data: Mapped[dict[str, Any]]  # aird.merge.schemas.MeasureRead
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("jobs.id"), index=True)


class MergeTrial(Record):
    """One candidate that a search tried. `params` decides it; everything else was measured."""

    __tablename__ = "merge_trials"
    __table_args__ = (UniqueConstraint("job_id", "number"),)

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"))
    number: Mapped[int]
    params: Mapped[dict[str, Any]]  # method, scale, weights, density, rank
    state: Mapped[str] = mapped_column(String(16))  # running, dropped, complete, failed
    scores: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)  # by suite: SuiteScore without its name
    outcomes: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE_JSON, default=None)  # by suite: bits, base64
    mean: Mapped[float | None] = mapped_column(default=None)  # mean share of the best parents' scores that is kept
    worst: Mapped[float | None] = mapped_column(default=None)  # the same of the suite that lost most
    rank: Mapped[int] = mapped_column(default=0)
    items: Mapped[int] = mapped_column(default=0)  # answered for this trial
    seconds: Mapped[float] = mapped_column(default=0.0)
    held_out: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE_JSON, default=None)  # finalists: as `scores`
    note: Mapped[str] = mapped_column(Text, default="")  # why it was dropped or failed


class MergeReport(Record):
    """What happened in every module of a merge; kept with the version that came out."""

    __tablename__ = "merge_reports"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), unique=True)
    data: Mapped[dict[str, Any]]  # aird.merge.schemas.ReportRead
