"""Put the family tree into the shapes that the API shows."""

from uuid import UUID

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import kinship
from aird.catalog.impact import Impact
from aird.catalog.kinship import Family, Kin
from aird.catalog.lineage import Edge, Relative
from aird.catalog.models import Version
from aird.catalog.schemas_lineage import (
    AffectedRead,
    DatasetUseRead,
    EdgeRead,
    EndpointAffected,
    HiddenRead,
    ImpactRead,
    LineageRead,
    NodeRead,
    RelativeRead,
)


def lineage_read(session: Session, actor: Actor, version: Version, *, hops: int, limit: int) -> LineageRead:
    """The lists of all relatives, and the graph of those within `hops` generations, `limit` versions in all."""
    family = kinship.family_of(session, actor, version)
    depths = _nearest(family, hops, limit)
    shown = [each for each in family.edges if each.child in depths and each.parent in depths]
    return LineageRead(
        ref=version.ref,
        ancestors=[_relative(family, each, each.edge.child) for each in family.ancestors],
        descendants=[_relative(family, each, each.edge.parent) for each in family.descendants],
        nodes=[_node(family.known[each], depth) for each, depth in depths.items()],
        edges=[_edge(family, each) for each in shown],
        datasets=[
            DatasetUseRead(
                ref=each.ref, digest=each.digest, purpose=each.purpose, version=family.known[each.version_id].ref
            )
            for each in family.datasets
            if each.version_id in depths
        ],
        hidden=HiddenRead(up=family.hidden_up, down=family.hidden_down),
        cut=family.cut or len(depths) < len(family.known),
    )


def _nearest(family: Family, hops: int, limit: int) -> dict[UUID, int]:
    """The depth of each version of the graph, ancestors below zero; the nearest where there is no room for all."""
    around = [(each.depth, -each.depth, each.version) for each in family.ancestors if each.depth <= hops]
    around += [(each.depth, each.depth, each.version) for each in family.descendants if each.depth <= hops]
    around.sort(key=lambda each: each[0])
    return {family.version.id: 0, **{version: depth for _, depth, version in around[: limit - 1]}}


def _relative(family: Family, relative: Relative, of: UUID) -> RelativeRead:
    edge = relative.edge
    neighbour = family.known.get(of)
    return RelativeRead.model_validate(
        {
            "ref": family.known[relative.version].ref,
            "relation": edge.relation,
            "weight": edge.weight,
            "depth": relative.depth,
            "of": neighbour.ref if neighbour else None,
        }
    )


def _node(version: Kin, depth: int) -> NodeRead:
    return NodeRead(
        ref=version.ref,
        kind=version.kind,
        state=version.state,
        department=version.department,
        title=version.title,
        depth=depth,
    )


def _edge(family: Family, edge: Edge) -> EdgeRead:
    return EdgeRead.model_validate(
        {
            "child": family.known[edge.child].ref,
            "parent": family.known[edge.parent].ref,
            "relation": edge.relation,
            "weight": edge.weight,
        }
    )


def impact_read(subject: str, impact: Impact) -> ImpactRead:
    """Who is affected, as the API shows it."""
    return ImpactRead(
        subject=subject,
        total=impact.total,
        hidden=impact.hidden,
        by_state=impact.by_state,
        versions=[
            AffectedRead(
                ref=each.ref,
                kind=each.kind,
                state=each.state,
                department=each.department,
                relation=each.relation,
                depth=each.depth,
                aliases=each.aliases,
            )
            for each in impact.versions
        ],
        endpoints=[EndpointAffected(endpoint=endpoint, ref=ref) for endpoint, ref in impact.endpoints],
        cut=impact.cut,
    )
