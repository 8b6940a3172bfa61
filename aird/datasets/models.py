"""Data sets and their terms, their versions, what was found in them, and answers: what people say, what was kept."""

from datetime import datetime
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


class Consent(StrEnum):
    """Whether the people whose words these are have agreed to their use."""

    UNSTATED = "unstated"  # nobody has said; refused as soon as personal data is found
    NOT_NEEDED = "not_needed"  # no person's words, or another legal ground, which the note names
    GIVEN = "given"
    WITHDRAWN = "withdrawn"  # nothing may be learnt from it any more


class QualityVerdict(StrEnum):
    """What a quality report comes to."""

    GOOD = "good"
    WARNINGS = "warnings"
    BLOCKED = "blocked"  # some split holds questions of an exam


class Dataset(Record):
    """A named data set, owned by one department.

    `retention_days` counts from the day a version was filed. `split_rule`, once made, is never changed: the share of
    each split and the salt that deals items out (see splits.SplitRule); empty where files were named by their split.
    """

    __tablename__ = "datasets"

    name: Mapped[str] = mapped_column(String(96), unique=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    kind: Mapped[DatasetKind] = mapped_column(index=True)
    card: Mapped[str] = mapped_column(Text, default="")
    latest_number: Mapped[int] = mapped_column(default=0)
    license: Mapped[str] = mapped_column(String(64), default="", server_default="")
    source: Mapped[str] = mapped_column(Text, default="", server_default="")
    consent: Mapped[Consent] = mapped_column(default=Consent.UNSTATED, server_default="unstated")
    consent_note: Mapped[str] = mapped_column(Text, default="", server_default="")
    retention_days: Mapped[int | None] = mapped_column(default=None)
    split_rule: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, server_default="{}")

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name


class DatasetVersion(Record):
    """One immutable state of a data set: an artifact with one file `<split>.jsonl` for each split.

    `artifact` names the bytes for ever; `kept` is the same digest while the store keeps them, None once erased.
    `intake` says by split what was changed on the way in.
    """

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
    kept: Mapped[str | None] = mapped_column(String(71), index=True, default=None)
    made_from: Mapped[str] = mapped_column(String(112), default="", server_default="")
    intake: Mapped[dict[str, Any]] = mapped_column(default_factory=dict, server_default="{}")
    erased_at: Mapped[datetime | None] = mapped_column(default=None)
    erased_by: Mapped[str] = mapped_column(String(64), default="", server_default="")
    erased_reason: Mapped[str] = mapped_column(Text, default="", server_default="")

    @property
    def ref(self) -> str:
        """department/name@number."""
        return f"{self.dataset.name}@{self.number}"

    @property
    def label(self) -> str:
        """The name to show."""
        return self.ref


class HeldOut(Record):
    """A split that an exam is made of: nothing may learn from its questions."""

    __tablename__ = "dataset_held_out"
    __table_args__ = (UniqueConstraint("exam"), Index(None, "version_id", "split"))

    version_id: Mapped[UUID] = mapped_column(ForeignKey("dataset_versions.id"))
    split: Mapped[str] = mapped_column(String(32))
    exam: Mapped[str] = mapped_column(String(96))

    @property
    def label(self) -> str:
        """The name to show."""
        return self.exam


class DatasetReport(Record):
    """What the last look into a version has found; `summary` is a quality.Report, `findings` the artifact with the
    lines, and `blocked` the splits that nothing may learn from."""

    __tablename__ = "dataset_reports"
    __table_args__ = (UniqueConstraint("version_id"),)

    version_id: Mapped[UUID] = mapped_column(ForeignKey("dataset_versions.id"))
    examined_at: Mapped[datetime]
    verdict: Mapped[QualityVerdict]
    blocked: Mapped[list[str]]
    personal: Mapped[int]
    summary: Mapped[dict[str, Any]]
    findings: Mapped[str | None] = mapped_column(String(71), index=True, default=None)
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("jobs.id"), default=None)


class NearLeakPermit(Record):
    """A person's word that a split may be learnt from although so many of its items almost ask what an exam asks.

    It holds for these bytes and up to this many items: a report that finds more blocks again.
    """

    __tablename__ = "dataset_near_leak_permits"
    __table_args__ = (UniqueConstraint("version_id", "split", "exam"),)

    version_id: Mapped[UUID] = mapped_column(ForeignKey("dataset_versions.id"))
    split: Mapped[str] = mapped_column(String(32))
    exam: Mapped[str] = mapped_column(String(96))
    items: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    @property
    def label(self) -> str:
        """The name to show."""
        return f"{self.split}: {self.exam}"


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


class Exchange(Record):
    """A question and its answer, kept because the endpoint's owner agreed to it; without whoever asked.

    Personal data was taken out before it was written: `masked` counts what, by kind. It goes at `expires_at`.
    """

    __tablename__ = "exchanges"
    __table_args__ = (UniqueConstraint("completion_id"), Index(None, "endpoint", "created_at", "id"))

    endpoint: Mapped[str] = mapped_column(String(96))
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("datasets.id"), index=True)  # where feedback on it is filed
    completion_id: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(71))
    version: Mapped[str] = mapped_column(String(112))
    days: Mapped[int]
    messages: Mapped[list[dict[str, Any]]]
    answer: Mapped[str] = mapped_column(Text)
    masked: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime] = mapped_column(index=True)
