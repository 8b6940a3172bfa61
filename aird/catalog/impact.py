"""Who is affected when a version or a data set is withdrawn: everything that was made from it, whatever the way.

Adapters on a base, children of a merge, students of a teacher, fine-tunes, quantized copies, and again all of theirs.
Counting is left to the database; the nearest are read, so that a base with ten thousand descendants answers at once.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from aird.auth.permissions import Actor
from aird.catalog import access, aliases, kinship
from aird.catalog.lifecycle import VersionState
from aird.catalog.lineage import Edge, walk
from aird.catalog.models import Clearance, DatasetUse, Kind, Model, Version

LIMIT = 500
DATASET = "dataset"


@dataclass(frozen=True)
class Affected:
    """A version with the last step that led to it and how many steps away it lies."""

    name: str
    number: int
    kind: Kind
    state: VersionState
    department_id: UUID
    relation: str
    depth: int
    aliases: list[str]

    @property
    def ref(self) -> str:
        """department/model@number."""
        return f"{self.name}@{self.number}"


@dataclass(frozen=True)
class Impact:
    """The affected versions; `total` counts all, `by_state` those the actor may see, `hidden` the others."""

    total: int
    hidden: int
    by_state: dict[VersionState, int]
    versions: list[Affected]
    endpoints: list[tuple[str, Version]]
    cut: bool


def of_version(session: Session, actor: Actor, version: Version, *, limit: int = LIMIT) -> Impact:
    """Everything that was made from the version."""
    seeds = select(Version.id.label("id")).where(Version.id == version.id)
    return _impact(session, actor, seeds, start=version.id, limit=limit)


def of_dataset(
    session: Session, actor: Actor, *, digest: str | None = None, ref: str | None = None, limit: int = LIMIT
) -> Impact:
    """Everything that learnt from a data set: from these bytes, or from the version or all versions called `ref`."""
    seeds = select(DatasetUse.version_id.label("id")).distinct()
    if digest is not None:
        seeds = seeds.where(DatasetUse.digest == digest)
    if ref is not None and "@" in ref:
        seeds = seeds.where(DatasetUse.ref == ref)
    elif ref is not None:
        seeds = seeds.where(or_(DatasetUse.ref == ref, DatasetUse.ref.startswith(f"{ref}@", autoescape=True)))
    return _impact(session, actor, seeds, start=None, limit=limit)


def _impact(session: Session, actor: Actor, seeds: Select[UUID], *, start: UUID | None, limit: int) -> Impact:
    family = kinship.members(seeds, upwards=False)
    affected = select(Version.id).where(Version.id.in_(select(family.c.id)))
    if start is not None:
        affected = affected.where(Version.id != start)
    total = session.scalar(select(func.count()).select_from(affected.subquery())) or 0
    by_state = _by_state(session, actor, family, start)
    ids = list(session.scalars(select(family.c.id).limit(limit + 1)))
    ways = _ways(session, ids, start, set(session.scalars(seeds)) if start is None else set())
    shown = [each for each in ids if each != start][:limit]
    columns = (Version.id, Model.name, Version.number, Version.kind, Version.state, Model.department_id)
    query: Any = select(*columns)
    query = query.join(Version.model).where(Version.id.in_(shown))
    found = {row[0]: row[1:] for row in session.execute(access.visible(query, actor))}
    names = aliases.names_of(session, found)
    versions = []
    for each in shown:
        if each in found:
            name, number, kind, state, department_id = found[each]
            relation, depth = ways[each]
            versions.append(Affected(name, number, kind, state, department_id, relation, depth, names.get(each, [])))
    return Impact(
        total=total,
        hidden=total - sum(by_state.values()),
        by_state=by_state,
        versions=sorted(versions, key=lambda each: (each.depth, each.name, each.number)),
        endpoints=_endpoints(session, actor, family, limit),
        cut=total > len(shown),
    )


def _seen(family: CTE, actor: Actor) -> Select[UUID]:
    """The family's members that the actor may see."""
    return access.visible(select(Version.id).join(Model).where(Version.id.in_(select(family.c.id))), actor)


def _by_state(session: Session, actor: Actor, family: CTE, start: UUID | None) -> dict[VersionState, int]:
    query = select(Version.state, func.count()).where(Version.id.in_(_seen(family, actor)))
    if start is not None:
        query = query.where(Version.id != start)
    return {row[0]: row[1] for row in session.execute(query.group_by(Version.state))}


def _ways(session: Session, ids: list[UUID], start: UUID | None, seeds: set[UUID]) -> dict[UUID, tuple[str, int]]:
    """By which relation and how many steps each version is reached; the seeds of a data set in one."""
    down: dict[UUID, list[Edge]] = defaultdict(list)
    for edge in kinship.edges_among(session, ids):
        down[edge.parent].append(edge)
    root = start or UUID(int=0)
    down[root] += [Edge(each, root, DATASET, None) for each in sorted(seeds)]
    found, _ = walk(
        root, lambda asked: (edge for each in asked for edge in down[each]), upwards=False, limit=len(ids) + len(seeds)
    )
    return {each.version: (each.edge.relation, each.depth) for each in found}


def _endpoints(session: Session, actor: Actor, family: CTE, limit: int) -> list[tuple[str, Version]]:
    """Where affected versions, and the one in question, are cleared to answer."""
    cleared = select(Clearance.endpoint, Clearance.version_id)
    pairs = cleared.where(Clearance.version_id.in_(_seen(family, actor))).distinct().subquery()
    query = (
        select(pairs.c.endpoint, Version)
        .join(Version, Version.id == pairs.c.version_id)
        .options(joinedload(Version.model))
        .order_by(pairs.c.endpoint, Version.created_at, Version.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in session.execute(query)]
