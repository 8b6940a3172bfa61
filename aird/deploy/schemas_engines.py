"""Shapes of what endpoints run on, at the API."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from aird.core.schemas import Schema
from aird.deploy.placement import ReplicaState, RuntimeKind
from aird.jobs.needs import Flavour

MOST_REPLICAS = 64


class EndpointCapacity(Schema):
    """What an endpoint is to run on; what is left out stays as it is. `null` means the house's default."""

    runtime: RuntimeKind | None = Field(None, description="What serves it; null: the setting AIRD_RUNTIME.")
    replicas: int = Field(1, ge=1, le=MOST_REPLICAS, description="Engines that hold each of its units.")
    chip: Flavour | None = Field(None, description="The flavour of chip of its engines; null or `cpu`: none.")


class EngineRead(Schema):
    """An engine: one whole model with any number of adapters. Sizes are in bytes.

    `estimate` is what it was expected to take before it started, by part and in `total`; `took` is the most it was
    seen to hold.
    """

    id: UUID
    base: str
    runtime: RuntimeKind
    version: str
    chip: str
    number: int
    department: str | None
    state: ReplicaState
    reason: str
    since: datetime
    host: str
    pid: int | None
    estimate: dict[str, int]
    took: int | None
    units: list[str]
