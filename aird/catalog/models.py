"""Models, their versions, who descends from whom, and what each version can do."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from aird.catalog.lifecycle import VersionState
from aird.core.db import Base, Record


class Kind(StrEnum):
    """What the files of a version are."""

    BASE = "base"  # a whole model that adapters build on
    ADAPTER = "adapter"  # LoRA factors for one base
    FULL = "full"  # a whole model made from another one


class Relation(StrEnum):
    """How a child came from its parent."""

    BASE = "base"  # the adapter's base model
    CONTINUED = "continued"  # trained on from the parent's weights
    MERGE = "merge"  # a weighted part of the child
    TEACHER = "teacher"  # the child learnt from the parent's answers
    STUDENT = "student"  # the weights the distilled child began with


class Model(Record):
    """A named line of work, owned by one department."""

    __tablename__ = "models"

    name: Mapped[str] = mapped_column(String(96), unique=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    description: Mapped[str] = mapped_column(Text, default="")
    tags: Mapped[list[str]] = mapped_column(default_factory=list)
    latest_number: Mapped[int] = mapped_column(default=0)

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name


class Parentage(Base):
    """One edge of the family tree."""

    __tablename__ = "parentages"
    __table_args__ = (Index("ix_parentages_parent_id", "parent_id"),)

    child_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    parent_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    relation: Mapped[Relation] = mapped_column(primary_key=True)
    weight: Mapped[float | None] = mapped_column(default=None)


class Version(Record):
    """One immutable set of weights. After creation only `state` changes."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("model_id", "number"), UniqueConstraint("model_id", "artifact"))

    model: Mapped[Model] = relationship(lazy="raise")
    model_id: Mapped[UUID] = mapped_column(ForeignKey("models.id"), init=False)
    number: Mapped[int]
    kind: Mapped[Kind] = mapped_column(index=True)
    artifact: Mapped[str] = mapped_column(String(71), index=True)
    bytes: Mapped[int]
    parameters: Mapped[int]
    facts: Mapped[dict[str, Any]]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    base_id: Mapped[UUID | None] = mapped_column(ForeignKey("versions.id"), index=True, default=None)
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("jobs.id"), unique=True, default=None)
    record: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    license: Mapped[str] = mapped_column(String(64), default="")
    notes: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[VersionState] = mapped_column(default=VersionState.DRAFT, index=True)

    @property
    def ref(self) -> str:
        """department/model@number."""
        return f"{self.model.name}@{self.number}"

    @property
    def label(self) -> str:
        """The name to show."""
        return self.ref


class Skill(Base):
    """What a version scored in one suite, measured last; `low` and `high` bound the 95 % interval."""

    __tablename__ = "skills"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    suite: Mapped[str] = mapped_column(String(96), primary_key=True)
    metric: Mapped[str] = mapped_column(String(32))
    score: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    items: Mapped[int]
    measured_at: Mapped[datetime]
    run_id: Mapped[UUID]


class Clearance(Record):
    """An approved version may answer on this endpoint; bound to the bytes that were approved."""

    __tablename__ = "clearances"
    __table_args__ = (
        UniqueConstraint("approval_id"),
        Index("ix_clearances_endpoint_version", "endpoint", "version_id"),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"))
    endpoint: Mapped[str] = mapped_column(String(128))
    digest: Mapped[str] = mapped_column(String(71))
    approval_id: Mapped[UUID]
