"""What a candidate is worth, and which none other beats."""

from collections.abc import Mapping

import pytest

from aird.merge.search import pareto
from aird.merge.search.pareto import Place, standing

NONE: Mapping[str, float] = {}


def place(number: int, mail: float, calls: float, rank: int, floors: Mapping[str, float] = NONE) -> Place:
    return Place(number, standing({"mail": mail, "calls": calls}, floors), rank)


def test_a_standing_has_the_mean_the_worst_and_what_is_missing() -> None:
    found = standing({"mail": 0.9, "calls": 0.6}, {"mail": 0.8, "calls": 0.7})
    assert [found.mean, found.worst] == pytest.approx([0.75, 0.6])
    assert [found.shortfall, found.goal] == pytest.approx([0.1, 0.65])
    assert not found.meets
    assert standing({"mail": 0.9, "calls": 0.7}, {"mail": 0.8, "calls": 0.7}).meets


def test_a_share_is_of_the_best_parents_answers_on_the_same_items() -> None:
    reference = {"mail": [True, True, False, True], "calls": [False, False]}
    assert pareto.kept_of({"mail": [True, False]}, reference) == {"mail": 0.5}
    assert pareto.kept_of({"mail": [True, False, True, True]}, reference) == {"mail": 1.0}
    assert pareto.kept_of({"mail": []}, reference) == {}


def test_where_no_parent_knows_anything_nothing_is_lost_and_what_is_won_counts() -> None:
    reference = {"calls": [False, False]}
    assert pareto.kept_of({"calls": [False, False]}, reference) == {"calls": 1.0}
    assert pareto.kept_of({"calls": [True, False]}, reference) == {"calls": 1.5}


def test_an_item_weighs_what_it_adds_to_the_mean_of_what_is_kept() -> None:
    assert pareto.item_weights({"mail": [True] * 8 + [False] * 2, "calls": [False] * 4}) == {
        "mail": 1 / 8 / 2,
        "calls": 1 / 4 / 2,
    }


def test_floors_come_before_the_mean() -> None:
    floors = {"calls": 0.7}
    bright, steady = place(0, 1.0, 0.6, 8, floors), place(1, 0.75, 0.75, 8, floors)
    assert pareto.best_of([bright, steady]) is steady
    assert pareto.best_of([place(0, 1.0, 0.6, 8), place(1, 0.75, 0.75, 8)]).number == 0  # type: ignore[union-attr]


def test_of_equals_the_lower_rank_is_filed_then_the_earlier() -> None:
    found = pareto.best_of([place(0, 0.9, 0.9, 24), place(1, 0.9, 0.9, 8), place(2, 0.9, 0.9, 8)])
    assert found is not None
    assert found.number == 1
    assert pareto.best_of([]) is None


def test_the_front_has_whom_nobody_beats() -> None:
    found = [
        place(0, 0.95, 0.85, 24),  # the best mean and worst at the highest rank
        place(1, 0.9, 0.8, 8),  # the best at the low rank
        place(2, 0.9, 0.79, 8),  # beaten by 1
        place(3, 0.99, 0.80, 24),  # a worse worst, a mean that is not better than that of 0
        place(4, 0.9, 0.8, 8),  # equals 1, later
    ]
    assert pareto.front(found) == [0, 1]
    assert pareto.front([]) == []
