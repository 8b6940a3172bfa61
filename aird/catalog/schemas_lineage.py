"""Shapes of the family tree at the API: lists, the graph, who is affected when something is withdrawn."""

from pydantic import Field

from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind, Relation
from aird.core.schemas import Schema


class RelativeRead(Schema):
    """A version on the family tree; `of` is the neighbour it was reached from, None when you may not see that one."""

    ref: str
    relation: Relation
    weight: float | None
    depth: int
    of: str | None


class NodeRead(Schema):
    """A version of the graph; `depth` counts generations, ancestors are below zero."""

    ref: str
    kind: Kind
    state: VersionState
    department: str
    title: str
    depth: int


class EdgeRead(Schema):
    """`child` was made from `parent`."""

    child: str
    parent: str
    relation: Relation
    weight: float | None


class DatasetUseRead(Schema):
    """A data set that a version was made with; `digest` names its bytes."""

    ref: str
    digest: str
    purpose: str
    version: str


class HiddenRead(Schema):
    """How many relatives are not named, because they belong to private models."""

    up: int
    down: int


class LineageRead(Schema):
    """What a version came from and what came from it, as lists and as a graph.

    `cut` says that there is more than is shown: further generations, or more than `limit` versions.
    """

    ref: str
    ancestors: list[RelativeRead]
    descendants: list[RelativeRead]
    nodes: list[NodeRead]
    edges: list[EdgeRead]
    datasets: list[DatasetUseRead]
    hidden: HiddenRead
    cut: bool


class AffectedRead(Schema):
    """A version that was made from the one in question; `relation` is the last step to it, `depth` counts the steps."""

    ref: str
    kind: Kind
    state: VersionState
    department: str
    relation: str
    depth: int
    aliases: list[str] = Field(default_factory=list)


class EndpointAffected(Schema):
    """An endpoint that an affected version is cleared for."""

    endpoint: str
    ref: str


class ImpactRead(Schema):
    """All that has to be looked at when `subject` is withdrawn.

    `total` counts every affected version, `hidden` those of private models among them, `by_state` the visible ones;
    `cut` says that the list has fewer than there are.
    """

    subject: str
    total: int
    hidden: int
    by_state: dict[VersionState, int]
    versions: list[AffectedRead]
    endpoints: list[EndpointAffected]
    cut: bool
