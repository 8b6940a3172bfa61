"""Who is dropped from a race, and how often wrongly: by simulation, with the product's own batches and boundary."""

import random
from collections.abc import Mapping, Sequence

import pytest

from aird.merge.search import racing
from aird.merge.search.pareto import item_weights

SUITES = {"mail": 200, "calls": 200, "visits": 100}
IDS = [f"item-{n}" for n in range(100)]


def answers(chance: random.Random, skills: Mapping[str, float]) -> dict[str, list[bool]]:
    return {suite: [chance.random() < skills[suite] for _ in range(n)] for suite, n in SUITES.items()}


def dropped(mine: Mapping[str, Sequence[bool]], theirs: Mapping[str, Sequence[bool]]) -> int | None:
    """The number of items after which the candidate was dropped; None when it answered all."""
    weights = item_weights({suite: [True] * n for suite, n in SUITES.items()})
    for step in racing.batches(SUITES)[:-1]:
        if racing.hopeless({suite: mine[suite][: step[suite]] for suite in step}, theirs, weights):
            return sum(step.values())
    return None


def races(mine: Mapping[str, float], theirs: Mapping[str, float], count: int) -> list[int | None]:
    chance = random.Random(7)
    return [dropped(answers(chance, mine), answers(chance, theirs)) for _ in range(count)]


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"mail": 0.9, "calls": 0.9, "visits": 0.9}, {"mail": 0.9, "calls": 0.9, "visits": 0.9}),
        ({"mail": 0.5, "calls": 0.5, "visits": 0.5}, {"mail": 0.5, "calls": 0.5, "visits": 0.5}),
        ({"mail": 0.9, "calls": 0.6, "visits": 0.7}, {"mail": 0.6, "calls": 0.9, "visits": 0.7}),
        ({"mail": 0.7, "calls": 0.9, "visits": 0.6}, {"mail": 0.7, "calls": 0.8, "visits": 0.7}),
    ],
    ids=["both good", "both middling", "good at different things", "good at small and large things"],
)
def test_who_is_as_good_as_the_incumbent_is_dropped_in_fewer_than_one_of_twenty_races(
    mine: dict[str, float], theirs: dict[str, float]
) -> None:
    wrongly = sum(each is not None for each in races(mine, theirs, 1000))
    assert wrongly / 1000 <= racing.FALSE_DROP


def test_who_is_hopeless_is_dropped_after_the_first_items() -> None:
    found = races(dict.fromkeys(SUITES, 0.4), dict.fromkeys(SUITES, 0.9), 200)
    assert sum(each is not None and each <= 65 for each in found) / 200 >= 0.95


def test_who_is_ten_points_worse_mostly_need_not_answer_everything() -> None:
    found = races(dict.fromkeys(SUITES, 0.75), dict.fromkeys(SUITES, 0.85), 200)
    assert sum(each is not None for each in found) / 200 >= 0.6


def test_no_verdict_is_passed_on_nothing() -> None:
    assert not racing.hopeless({}, {}, {})
    assert not racing.hopeless({"mail": [False]}, {"mail": [True]}, {"mail": 1.0})
    assert not racing.hopeless({"mail": [False] * 50}, {"mail": [False] * 50}, {"mail": 1.0})


def test_a_suite_that_counts_more_weighs_more() -> None:
    mine = {"mail": [False] * 30, "calls": [True] * 30}
    theirs = {"mail": [True] * 30, "calls": [False] * 30}
    assert racing.hopeless(mine, theirs, {"mail": 10.0, "calls": 1.0})
    assert not racing.hopeless(mine, theirs, {"mail": 1.0, "calls": 1.0})


def test_items_are_divided_by_the_seed_and_the_ids_alone() -> None:
    race, held = racing.split_items(IDS, suite="mail", seed=1, holdout=0.3)
    assert (len(race), len(held)) == (70, 30)
    assert sorted(race + held) == list(range(100))
    turned = IDS[::-1]
    again, _ = racing.split_items(turned, suite="mail", seed=1, holdout=0.3)
    assert [turned[i] for i in again] == [IDS[i] for i in race]
    assert racing.split_items(IDS, suite="mail", seed=2, holdout=0.3)[0] != race
    assert racing.split_items(IDS, suite="calls", seed=1, holdout=0.3)[0] != race


def test_without_a_holdout_every_item_is_raced_on() -> None:
    assert racing.split_items(IDS, suite="mail", seed=0, holdout=0.0)[1] == []
    assert racing.split_items(["one"], suite="mail", seed=0, holdout=0.8) == ([0], [])


def test_batches_grow_to_all_items() -> None:
    assert racing.batches({"mail": 200, "calls": 20}) == [
        {"mail": 25, "calls": 8},
        {"mail": 50, "calls": 8},
        {"mail": 100, "calls": 10},
        {"mail": 200, "calls": 20},
    ]
    assert racing.batches({"mail": 5}) == [{"mail": 5}]


def test_a_floor_is_missed_only_when_it_surely_is() -> None:
    reference = {"mail": [True] * 100}
    assert racing.misses_floor({"mail": [False] * 20}, reference, {"mail": 0.9})
    assert not racing.misses_floor({"mail": [True] * 20}, reference, {"mail": 0.9})
    assert not racing.misses_floor({"mail": [False] * 2}, reference, {"mail": 0.3})
    assert not racing.misses_floor({"mail": [False] * 20}, reference, {})
