"""Walks over the family tree. Pure: the edges lie in a list."""

from uuid import UUID, uuid4

import pytest

from aird.catalog.lineage import Edge, walk

NAMES = ("base", "mail", "calls", "both", "finished", "alone")
IDS = {name: uuid4() for name in NAMES}
CALLED = {key: name for name, key in IDS.items()}


def edge(child: str, parent: str, relation: str = "merge", weight: float | None = None) -> Edge:
    return Edge(IDS[child], IDS[parent], relation, weight)


FAMILY = [
    edge("mail", "base", "base"),
    edge("calls", "base", "base"),
    edge("both", "base", "base"),
    edge("both", "mail", "merge", 0.7),
    edge("both", "calls", "merge", 0.3),
    edge("finished", "both", "student"),
    edge("finished", "mail", "teacher"),
]


class Tree:
    """A family, and how often it was asked."""

    def __init__(self, edges: list[Edge], *, upwards: bool) -> None:
        self.edges, self.upwards, self.asked = edges, upwards, 0

    def __call__(self, ids: list[UUID]) -> list[Edge]:
        self.asked += 1
        return [each for each in self.edges if (each.child if self.upwards else each.parent) in ids]


def met(start: str, *, upwards: bool, limit: int = 200, edges: list[Edge] = FAMILY) -> tuple[dict[str, int], bool]:
    found, cut = walk(IDS[start], Tree(edges, upwards=upwards), upwards=upwards, limit=limit)
    return {CALLED[each.version]: each.depth for each in found}, cut


def test_the_ancestors_are_met_nearest_first_and_once() -> None:
    assert met("finished", upwards=True) == ({"both": 1, "mail": 1, "base": 2, "calls": 2}, False)
    assert met("both", upwards=True) == ({"base": 1, "mail": 1, "calls": 1}, False)


def test_the_descendants_are_the_same_tree_from_the_other_end() -> None:
    assert met("base", upwards=False) == ({"mail": 1, "calls": 1, "both": 1, "finished": 2}, False)
    assert met("mail", upwards=False) == ({"both": 1, "finished": 1}, False)


@pytest.mark.parametrize("upwards", [True, False])
def test_who_has_no_relatives_has_none(upwards: bool) -> None:
    assert met("alone", upwards=upwards) == ({}, False)


def test_a_relative_tells_by_which_edge_it_was_reached() -> None:
    found, _ = walk(IDS["both"], Tree(FAMILY, upwards=True), upwards=True)
    edges = {CALLED[each.version]: (each.edge.relation, each.edge.weight) for each in found}
    assert edges == {"base": ("base", None), "mail": ("merge", 0.7), "calls": ("merge", 0.3)}


def test_a_generation_is_one_question() -> None:
    tree = Tree(FAMILY, upwards=True)
    walk(IDS["finished"], tree, upwards=True)
    assert tree.asked == 3  # its parents, theirs, and that there are no more


@pytest.mark.parametrize(("limit", "cut"), [(0, True), (3, True), (4, False), (5, False)])
def test_a_walk_says_when_it_left_somebody_out(limit: int, cut: bool) -> None:
    found, was_cut = met("finished", upwards=True, limit=limit)
    assert (len(found), was_cut) == (min(limit, 4), cut)


def test_a_circle_in_the_edges_ends_the_walk() -> None:
    circle = [edge("mail", "calls"), edge("calls", "both"), edge("both", "mail")]
    assert met("mail", upwards=True, edges=circle) == ({"calls": 1, "both": 2}, False)
