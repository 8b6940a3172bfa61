"""Data sets, their versions, and what people say about answers."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from aird.core.db import Record
from aird.datasets.splits import DatasetFormat


class DatasetKind(StrEnum):
    """What a data set is for."""

    TRAINING = "training"
    EXAM = "exam"
    TEXT = "text"
    FEEDBACK = "feedback"


class Dataset(Record):
    """A named data set, owned by one department."""

    __tablename__ = "datasets"

    name: Mapped[str] = mapped_column(String(96), unique=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    kind: Mapped[DatasetKind] = mapped_column(index=True)
    card: Mapped[str] = mapped_column(Text, default="")
    latest_number: Mapped[int] = mapped_column(default=0)

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name


class DatasetVersion(Record):
    """One immutable state of a data set: an artifact with one file `<split>.jsonl` for each split."""

    __tablename__ = "dataset_versions"
    __table_args__ = (UniqueConstraint("dataset_id", "number"), UniqueConstraint("dataset_id", "artifact"))

    dataset: Mapped[Dataset] = relationship(lazy="raise")
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("datasets.id"), init=False)
    number: Mapped[int]
    artifact: Mapped[str] = mapped_column(String(71), index=True)
    format: Mapped[DatasetFormat]
    formats: Mapped[dict[str, Any]]  # split -> DatasetFormat
    splits: Mapped[dict[str, Any]]  # split -> number of items
    items: Mapped[int]
    bytes: Mapped[int]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    card: Mapped[str] = mapped_column(Text, default="")

    @property
    def ref(self) -> str:
        """department/name@number."""
        return f"{self.dataset.name}@{self.number}"

    @property
    def label(self) -> str:
        """The name to show."""
        return self.ref


class FeedbackItem(Record):
    """What one person says about one answer; `rating` is 1 or -1, `correction` the answer that was wanted."""

    __tablename__ = "feedback_items"
    __table_args__ = (
        UniqueConstraint("completion_id", "person_id"),
        CheckConstraint("rating IN (-1, 1)", name="rating"),
        Index(None, "dataset_id", "created_at", "id"),
    )

    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("datasets.id"))
    completion_id: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    endpoint: Mapped[str] = mapped_column(String(96))
    unit: Mapped[str] = mapped_column(String(71))
    version: Mapped[str] = mapped_column(String(112))
    rating: Mapped[int]
    comment: Mapped[str] = mapped_column(Text, default="")
    correction: Mapped[str] = mapped_column(Text, default="")
    messages: Mapped[list[dict[str, Any]]] = mapped_column(default_factory=list)
    answer: Mapped[str] = mapped_column(Text, default="")

    @property
    def label(self) -> str:
        """The name to show."""
        return f"feedback on {self.completion_id}"
