"""Who is affected when a version or a data set is withdrawn: everything that was made from it, whatever the way.

Adapters on a base, children of a merge, students of a teacher, fine-tunes, quantized copies, and again all of theirs.
Counting is left to the database; the nearest are read, so that a base with ten thousand descendants answers at once.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import CTE, Select, func, or_, select
from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access, kinship, rows
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
    department: str
    relation: str
    depth: int
    aliases: list[str]

    @property
    def ref(self) -> str:
        """department/model@number."""
        return f"{self.name}@{self.number}"


@dataclass(frozen=True)
class Impact:
    """The affected versions; `total` counts all, `by_state` those the actor may see, `hidden` the others.

    `endpoints` pairs an endpoint with the version that answers there.
    """

    total: int
    hidden: int
    by_state: dict[VersionState, int]
    versions: list[Affected]
    endpoints: list[tuple[str, str]]
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
    ids = list(session.scalars(select(family.c.id).limit(limit + 2)))
    met = [each for each in ids if each != start]
    shown = met[:limit]
    ways = _ways(session, shown, start, set(session.scalars(seeds)) if start is None else set())
    found = kinship.kin(session, actor, shown)
    names = rows.aliases_of_versions(session, found)
    versions = []
    for each, its in found.items():
        relation, depth = ways[each]
        about = (its.name, its.number, its.kind, its.state, its.department)
        versions.append(Affected(*about, relation, depth, names.get(each, [])))
    if len(met) > limit:
        total, by_state = _total(session, family, start), _by_state(session, actor, family, start)
    else:
        total, by_state = len(met), dict(Counter(each.state for each in versions))
    return Impact(
        total=total,
        hidden=total - sum(by_state.values()),
        by_state=by_state,
        versions=sorted(versions, key=lambda each: (each.depth, each.name, each.number)),
        endpoints=_endpoints(session, actor, family, limit),
        cut=total > len(shown),
    )


def _total(session: Session, family: CTE, start: UUID | None) -> int:
    affected = select(Version.id).where(Version.id.in_(select(family.c.id)))
    if start is not None:
        affected = affected.where(Version.id != start)
    return session.scalar(select(func.count()).select_from(affected.subquery())) or 0


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
    for edge in kinship.edges_among(session, ids if start is None else [start, *ids]):
        down[edge.parent].append(edge)
    root = start or UUID(int=0)
    down[root] += [Edge(each, root, DATASET, None) for each in sorted(seeds)]
    found, _ = walk(
        root,
        lambda asked: (edge for each in asked for edge in down[each]),
        upwards=False,
        limit=len(ids) + len(seeds) + 1,
    )
    return {each.version: (each.edge.relation, each.depth) for each in found}


def _endpoints(session: Session, actor: Actor, family: CTE, limit: int) -> list[tuple[str, str]]:
    """Where affected versions, and the one in question, are cleared to answer."""
    cleared = (
        select(Clearance.endpoint, Model.name, Version.number)
        .join(Version, Version.id == Clearance.version_id)
        .join(Version.model)
        .where(Clearance.version_id.in_(select(family.c.id)))
        .distinct()
    )
    query = access.visible(cleared, actor).order_by(Clearance.endpoint, Model.name, Version.number).limit(limit)
    return [(endpoint, f"{name}@{number}") for endpoint, name, number in session.execute(query)]
