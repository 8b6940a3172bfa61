"""Shapes of endpoints at the API."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from aird.catalog.names import ModelName
from aird.core.schemas import Schema
from aird.deploy.models import Action
from aird.deploy.placement import EndpointState, ReplicaState, RuntimeKind

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class EndpointCreate(Schema):
    """A new endpoint; its department is the first half of its name."""

    name: ModelName
    title: Title


class Promotion(Schema):
    """What to deploy: the approval, or the version; and, to be sure, the digest that was approved."""

    approval: UUID | None = None
    version: str | None = Field(None, max_length=112)
    digest: str | None = Field(None, max_length=71)


class Because(Schema):
    """Why it is done."""

    reason: Reason


class DeploymentRead(Schema):
    """One version put on an endpoint."""

    number: int
    version: str
    digest: str
    approval: UUID | None
    action: Action
    reason: str
    created_by: str | None
    since: datetime


class ReplicaRead(Schema):
    """A unit in an engine; `took` is the most memory the engine was seen to hold, in bytes."""

    id: UUID
    unit: str
    state: ReplicaState
    reason: str
    since: datetime
    pid: int | None
    runtime: RuntimeKind
    chip: str
    number: int
    host: str
    took: int | None


class EndpointRead(Schema):
    """An endpoint in a list; `serving` is what answers now, `previous` what a rollback would bring back."""

    name: str
    department: str
    title: str
    state: EndpointState
    reason: str
    since: datetime
    current: DeploymentRead | None
    serving: DeploymentRead | None
    previous: DeploymentRead | None
    model: str
    runtime: RuntimeKind | None
    wanted_replicas: int
    chip: str | None
    created_at: datetime


class EndpointDetail(EndpointRead):
    """An endpoint with its history, newest first, and the replicas of its current and its serving unit."""

    deployments: list[DeploymentRead]
    replicas: list[ReplicaRead]
