"""Which versions that answer now contain a snapshot of a data set, and what takes it out of each of them.

A merge from which a parent is left out is the same as if that parent had never been there (`aird without`), so what
one of several parents learnt can be taken out exactly. What a version learnt itself, from a teacher or by training on,
cannot be undone: it is trained anew. The walk over the family is one query in the database; only what answers is read.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access, kinship
from aird.catalog.models import DatasetUse, Model, Parentage, Relation, Version
from aird.deploy.models import Deployment, Endpoint

COPIES = (Relation.QUANTIZED, Relation.EXTRACTED, Relation.BAKED, Relation.EXPORTED)


class Remedy(StrEnum):
    """What takes the snapshot out of a version."""

    WITHOUT = "without"  # the same merge without some parents, exactly
    REMAKE = "remake"  # a copy in another form: made again from a parent that is clean by then
    RETRAIN = "retrain"  # learnt, and nothing undoes that


@dataclass(frozen=True)
class Contained:
    """A version that answers on an endpoint and contains the snapshot; `without` names the parents to leave out."""

    endpoint: str
    ref: str
    digest: str
    relations: list[str]
    remedy: Remedy
    without: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Contents:
    """`total` counts every version that contains the snapshot, `hidden` those that answer and the actor may not see."""

    deployed: list[Contained]
    hidden: int
    total: int


def by_dataset(session: Session, actor: Actor, *, digest: str | None = None, ref: str | None = None) -> Contents:
    """By the bytes of a snapshot, or by the name of one version or of a whole data set."""
    seeds = select(DatasetUse.version_id.label("id")).distinct()
    if digest is not None:
        seeds = seeds.where(DatasetUse.digest == digest)
    if ref is not None:
        whole = or_(DatasetUse.ref == ref, DatasetUse.ref.startswith(f"{ref}@", autoescape=True))
        seeds = seeds.where(DatasetUse.ref == ref if "@" in ref else whole)
    members = kinship.members(seeds, upwards=False)
    family = set(session.scalars(select(members.c.id)))  # walked once, and as a set: it is asked for many ids below
    answering = [row for row in session.execute(_ANSWERING) if row.version_id in family]
    ids = {row.version_id for row in answering}
    seen = select(Version.id).join(Model, Model.id == Version.model_id).where(Version.id.in_(ids))
    visible = set(session.scalars(access.visible(seen, actor)))
    learnt = set(session.scalars(seeds.where(DatasetUse.version_id.in_(ids))))
    parents = _parents(session, family, ids)
    found = []
    for row in answering:
        if row.version_id not in visible:
            continue
        edges = parents[row.version_id]
        remedy, without = judge(row.version_id in learnt, edges)
        relations = sorted({edge.relation.value for edge in edges if edge.contains})
        found.append(
            Contained(
                endpoint=row.endpoint,
                ref=f"{row.name}@{row.number}",
                digest=row.digest,
                relations=["dataset", *relations] if row.version_id in learnt else relations,
                remedy=remedy,
                without=without,
            )
        )
    return Contents(found, len(ids - visible), len(family))


@dataclass(frozen=True)
class ParentEdge:
    """A parent with how the child came from it and whether it contains the snapshot."""

    ref: str
    relation: Relation
    contains: bool


def judge(learnt: bool, edges: Iterable[ParentEdge]) -> tuple[Remedy, list[str]]:
    """What helps a version, and which of its parents to leave out. Pure."""
    edges = list(edges)
    inside = [edge for edge in edges if edge.contains]
    if learnt or not inside:
        return Remedy.RETRAIN, []
    merged = [edge for edge in edges if edge.relation is Relation.MERGE]
    if all(edge.relation is Relation.MERGE for edge in inside) and len(inside) < len(merged):
        return Remedy.WITHOUT, sorted(edge.ref for edge in inside)
    return (Remedy.REMAKE if all(edge.relation in COPIES for edge in inside) else Remedy.RETRAIN), []


# What endpoints want or last had ready.
_ANSWERING: Select[str, UUID, str, str, int] = (
    select(Endpoint.name.label("endpoint"), Deployment.version_id, Deployment.digest, Model.name, Version.number)
    .join(
        Deployment,
        and_(
            Deployment.endpoint_id == Endpoint.id,
            or_(Deployment.number == Endpoint.current_number, Deployment.number == Endpoint.serving_number),
        ),
    )
    .join(Version, Version.id == Deployment.version_id)
    .join(Model, Model.id == Version.model_id)
    .distinct()
    .order_by(Endpoint.name, Model.name, Version.number)
)


def _parents(session: Session, family: set[UUID], children: set[UUID]) -> dict[UUID, list[ParentEdge]]:
    """The parents of these versions, with whether each is of the family."""
    query = (
        select(Parentage.child_id, Parentage.parent_id, Parentage.relation, Model.name, Version.number)
        .join(Version, Version.id == Parentage.parent_id)
        .join(Model, Model.id == Version.model_id)
        .where(Parentage.child_id.in_(children))
    )
    found: dict[UUID, list[ParentEdge]] = defaultdict(list)
    for child, parent, relation, name, number in session.execute(query):
        found[child].append(ParentEdge(f"{name}@{number}", relation, parent in family))
    return found
