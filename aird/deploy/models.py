"""Endpoints, what was ever deployed on them, and the replicas that serve them now."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from aird.catalog.models import Version
from aird.core.db import Record
from aird.deploy.placement import ReplicaState


class Endpoint(Record):
    """A name that applications call: `current_number` is wanted on it, `serving_number` was ready last."""

    __tablename__ = "endpoints"

    name: Mapped[str] = mapped_column(String(96), unique=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    latest_number: Mapped[int] = mapped_column(default=0)
    current_number: Mapped[int | None] = mapped_column(default=None)
    serving_number: Mapped[int | None] = mapped_column(default=None)

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name


class Action(StrEnum):
    """How a deployment came about."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"


class Deployment(Record):
    """One version put on an endpoint. Rows are only added; a rollback `restores` an earlier number."""

    __tablename__ = "deployments"
    __table_args__ = (UniqueConstraint("endpoint_id", "number"),)

    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("endpoints.id"))
    number: Mapped[int]
    version: Mapped[Version] = relationship(lazy="raise")
    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), index=True, init=False)
    digest: Mapped[str] = mapped_column(String(71))
    action: Mapped[Action]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    approval_id: Mapped[UUID | None] = mapped_column(default=None)
    restores: Mapped[int | None] = mapped_column(default=None)
    reason: Mapped[str] = mapped_column(Text, default="")

    @property
    def place(self) -> int:
        """Where in the history the files stand: a rollback stands where what it brought back stood."""
        return self.number if self.restores is None else self.restores


class Replica(Record):
    """A unit (the files of one digest) in a runtime process, as the reconciler last saw it."""

    __tablename__ = "replicas"

    unit: Mapped[str] = mapped_column(String(71), unique=True)
    base: Mapped[str] = mapped_column(String(71))
    state: Mapped[ReplicaState]
    since: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text, default="")
    pid: Mapped[int | None] = mapped_column(default=None)
    address: Mapped[str | None] = mapped_column(String(512), default=None)
