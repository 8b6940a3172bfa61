"""Exams, what versions scored in them, and the gates of departments."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from aird.core.db import Record
from aird.datasets.models import DatasetVersion


class Scorer(StrEnum):
    """How an item is judged."""

    CHOICE = "choice"  # the most probable of the choices is the right one
    EXACT = "exact"  # the greedy answer is exactly the target

    @property
    def metric(self) -> str:
        """The name of the share of right answers."""
        return {"choice": "accuracy", "exact": "exact_match"}[self.value]


class Suite(Record):
    """An exam: one split of one version of a data set, and how it is judged. Never changes."""

    __tablename__ = "suites"

    name: Mapped[str] = mapped_column(String(96), unique=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    dataset_version: Mapped[DatasetVersion] = relationship(lazy="raise")
    dataset_version_id: Mapped[UUID] = mapped_column(ForeignKey("dataset_versions.id"), init=False)
    split: Mapped[str] = mapped_column(String(32))
    scorer: Mapped[Scorer]
    items: Mapped[int]

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name


class Run(Record):
    """One version sat one suite; `outcomes` is the artifact with what it did on each item."""

    __tablename__ = "evaluation_runs"
    __table_args__ = (UniqueConstraint("job_id", "version_id", "suite_id"), Index(None, "version_id", "created_at"))

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"))
    suite: Mapped[Suite] = relationship(lazy="raise")
    suite_id: Mapped[UUID] = mapped_column(ForeignKey("suites.id"), index=True, init=False)
    split: Mapped[str] = mapped_column(String(32))
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"))
    metric: Mapped[str] = mapped_column(String(32))
    items: Mapped[int]
    correct: Mapped[int]
    score: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    outcomes: Mapped[str] = mapped_column(String(71), index=True)

    @property
    def label(self) -> str:
        """The name to show."""
        return f"{self.suite.name} ({self.split})"


class Gate(Record):
    """What a version must reach before it may serve this department; `rules` as in gates.Rule."""

    __tablename__ = "gates"
    __table_args__ = (UniqueConstraint("department_id", "name"),)

    name: Mapped[str] = mapped_column(String(64))
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"))
    rules: Mapped[list[dict[str, Any]]]

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name
