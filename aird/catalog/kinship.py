"""Read the family tree: relatives of a version, the graph around it, the data it was made with.

However deep a family is, it takes three questions: a recursive one for who belongs to it, nearest first, one for the
edges between them, one for their names; plain rows are read. Private models are walked through, counted and not named.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CTE, Select, bindparam, select
from sqlalchemy.orm import Session

from aird.auth.models import Department
from aird.auth.permissions import Actor
from aird.catalog import access
from aird.catalog.lifecycle import VersionState
from aird.catalog.lineage import Edge, Relative, walk
from aird.catalog.models import DatasetUse, Kind, Model, Parentage, Version

LIMIT = 200


class Kin(NamedTuple):
    """A member of a family as it is shown."""

    id: UUID
    name: str
    number: int
    kind: Kind
    state: VersionState
    department: str
    title: str

    @property
    def ref(self) -> str:
        """department/model@number."""
        return f"{self.name}@{self.number}"


@dataclass(frozen=True)
class Family:
    """A version among its relatives, as far as the actor may see them.

    `edges` join visible versions only; `hidden_up` and `hidden_down` count relatives that belong to private models.
    """

    version: Version
    ancestors: list[Relative]
    descendants: list[Relative]
    edges: list[Edge]
    known: dict[UUID, Kin]
    hidden_up: int
    hidden_down: int
    cut: bool
    datasets: list[DatasetUse] = field(default_factory=list)


def members(seeds: Select[UUID], *, upwards: bool) -> CTE:
    """The ids that `seeds` selects and those of all their ancestors (or descendants), each once, nearest first."""
    family = seeds.cte("family", recursive=True)
    here, there = (Parentage.child_id, Parentage.parent_id) if upwards else (Parentage.parent_id, Parentage.child_id)
    return family.union(select(there).join(family, here == family.c[0]))


def _from_one(*, upwards: bool) -> Select[UUID]:
    seed = select(Version.id.label("id")).where(Version.id == bindparam("start"))
    family = members(seed, upwards=upwards)
    return select(family.c.id).limit(bindparam("limit"))


_ANCESTORS, _DESCENDANTS = _from_one(upwards=True), _from_one(upwards=False)


def relatives(
    session: Session, version: Version, *, upwards: bool, limit: int = LIMIT
) -> tuple[list[Relative], list[Edge], bool]:
    """The nearest ancestors (or descendants), the edges between them, and whether `limit` left some out."""
    asked = {"start": version.id, "limit": limit + 2}
    ids = list(session.scalars(_ANCESTORS if upwards else _DESCENDANTS, asked))
    edges = edges_among(session, ids[: limit + 1])
    near: dict[UUID, list[Edge]] = defaultdict(list)
    for edge in edges:
        near[edge.child if upwards else edge.parent].append(edge)
    found, _ = walk(
        version.id, lambda asked: (edge for each in asked for edge in near[each]), upwards=upwards, limit=limit
    )
    return found, edges, len(ids) > limit + 1


# By child alone: a version has few parents, and two lists would be tried against each other pair by pair.
_EDGES = select(Parentage.child_id, Parentage.parent_id, Parentage.relation, Parentage.weight).where(
    Parentage.child_id.in_(bindparam("ids", expanding=True))
)


def edges_among(session: Session, ids: Iterable[UUID]) -> list[Edge]:
    """The edges both of whose ends are among these versions."""
    wanted = set(ids)
    rows = session.execute(_EDGES, {"ids": list(wanted)}).all() if len(wanted) > 1 else []
    edges = [Edge(child, parent, relation, weight) for child, parent, relation, weight in rows if parent in wanted]
    return sorted(edges, key=lambda each: (each.child, each.parent, each.relation))


def kin(session: Session, actor: Actor, ids: Iterable[UUID]) -> dict[UUID, Kin]:
    """Those of these versions that the actor may see."""
    query = select(
        Version.id, Model.name, Version.number, Version.kind, Version.state, Department.key, Model.title
    ).join(Version.model).join(Department, Department.id == Model.department_id)  # fmt: skip
    query = access.visible(query.where(Version.id.in_(list(ids))), actor)
    return {row[0]: Kin(*row) for row in session.execute(query)}


def family_of(session: Session, actor: Actor, version: Version, *, limit: int = LIMIT) -> Family:
    """The version, which the actor may see, with up to `limit` of its nearest ancestors and as many descendants."""
    up, above, cut_up = relatives(session, version, upwards=True, limit=limit)
    down, below, cut_down = relatives(session, version, upwards=False, limit=limit)
    known = kin(session, actor, {version.id, *(each.version for each in up), *(each.version for each in down)})
    return Family(
        version=version,
        ancestors=[each for each in up if each.version in known],
        descendants=[each for each in down if each.version in known],
        edges=[each for each in dict.fromkeys(above + below) if each.child in known and each.parent in known],
        known=known,
        hidden_up=sum(each.version not in known for each in up),
        hidden_down=sum(each.version not in known for each in down),
        cut=cut_up or cut_down,
        datasets=datasets_of(session, known),
    )


def datasets_of(session: Session, versions: Iterable[UUID]) -> list[DatasetUse]:
    """What these versions were made with."""
    query = select(DatasetUse).where(DatasetUse.version_id.in_(list(versions)))
    return list(session.scalars(query.order_by(DatasetUse.ref, DatasetUse.version_id)))
