"""Endpoints, what was ever deployed on them, and the engines and replicas that serve them now."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from aird.catalog.models import Version
from aird.core.db import Record
from aird.deploy.placement import CPU, ReplicaState, RuntimeKind

NULLABLE_JSON = JSON(none_as_null=True)


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
    runtime: Mapped[RuntimeKind | None] = mapped_column(default=None)  # None: the setting AIRD_RUNTIME
    replicas: Mapped[int] = mapped_column(default=1)  # engines that hold its units
    chip: Mapped[str | None] = mapped_column(String(64), default=None)  # flavour of chip; None: the CPU
    capture_days: Mapped[int | None] = mapped_column(default=None)  # how long exchanges are kept; None: not at all
    capture_note: Mapped[str] = mapped_column(Text, default="")  # how those who ask were told

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name


class Action(StrEnum):
    """How a deployment came about."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"
    TRIED = "tried"  # beside what answers; see aird.deploy.delivery


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


class Engine(Record):
    """One runtime process, or a server run by others, that holds one whole model; the reconciler's notes about it.

    The row stays when the engine ends and is taken again by the next one of the same place in the same pool.
    """

    __tablename__ = "engines"
    __table_args__ = (UniqueConstraint("base", "runtime", "chip", "number"),)

    base: Mapped[str] = mapped_column(String(71))
    runtime: Mapped[RuntimeKind]
    number: Mapped[int]
    since: Mapped[datetime]
    chip: Mapped[str] = mapped_column(String(64), default=CPU)
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("departments.id"), default=None)  # whose quota
    state: Mapped[ReplicaState] = mapped_column(default=ReplicaState.STARTING)
    reason: Mapped[str] = mapped_column(Text, default="")
    host: Mapped[str] = mapped_column(String(200), default="")  # the machine it is on
    pid: Mapped[int | None] = mapped_column(default=None)
    birth: Mapped[str] = mapped_column(String(64), default="")  # tells the process from a later one of the same id
    address: Mapped[str | None] = mapped_column(String(512), default=None)  # `unix:/path` or `http://host:port`
    version: Mapped[str] = mapped_column(String(64), default="")  # of the runtime's software
    estimate: Mapped[dict[str, Any] | None] = mapped_column(NULLABLE_JSON, default=None)  # bytes, see memory.Bytes
    took: Mapped[int | None] = mapped_column(default=None)  # the most memory it was seen to hold, in bytes
    submission: Mapped[str] = mapped_column(String(200), default="")  # what a cluster calls it
    wanted: Mapped[list[str]] = mapped_column(default_factory=list)  # units whose files its machine is to fetch
    fetched: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)  # unit: its folder on that machine

    @property
    def label(self) -> str:
        """The name to show."""
        return f"{self.runtime} {self.base.removeprefix('sha256:')[:12]} #{self.number}"


class Replica(Record):
    """A unit (the files of one digest) in an engine, as the reconciler last saw it."""

    __tablename__ = "replicas"
    __table_args__ = (UniqueConstraint("unit", "engine_id"),)

    unit: Mapped[str] = mapped_column(String(71), index=True)
    engine: Mapped[Engine] = relationship(lazy="raise")
    engine_id: Mapped[UUID] = mapped_column(ForeignKey("engines.id"), index=True, init=False)
    state: Mapped[ReplicaState]
    since: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text, default="")
