"""Who descends from whom. Pure walks over parent edges."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Edge:
    """`child` was made from `parent`; `weight` is the parent's share in a merge."""

    child: UUID
    parent: UUID
    relation: str
    weight: float | None


@dataclass(frozen=True)
class Relative:
    """A version met on a walk: the edge that led there and how many steps away it lies."""

    version: UUID
    edge: Edge
    depth: int


def walk(
    start: UUID, edges_of: Callable[[list[UUID]], Iterable[Edge]], *, upwards: bool, limit: int = 200
) -> tuple[list[Relative], bool]:
    """Breadth first from `start` to parents (or children); (relatives, whether `limit` left some out).

    `edges_of` gives the edges above (below) several versions at once: one query a generation, not one a version.
    """
    met: dict[UUID, Relative] = {}
    generation, depth = [start], 0
    while generation:
        depth += 1
        following: list[UUID] = []
        for edge in edges_of(generation):
            version = edge.parent if upwards else edge.child
            if version in met or version == start:
                continue
            if len(met) >= limit:
                return list(met.values()), True
            met[version] = Relative(version, edge, depth)
            following.append(version)
        generation = following
    return list(met.values()), False
