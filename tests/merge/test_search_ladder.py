"""What a search tries before it guesses: every method over a ladder of scales, the hopeless methods no further."""

import math
from typing import Any

import pytest

from aird.merge.methods.base import Method
from aird.merge.search import pareto
from aird.merge.search.ladder import fixed_points, rungs
from aird.merge.search.pareto import Place, Standing
from aird.merge.search.refining import NEAR, Sampler
from aird.merge.search.space import Recipe, Space
from aird.merge.search.study import proposals

EQUAL = Recipe("tsv", (1.0, 1.0, 1.0))
SCALES = (0.3, 0.45, 0.6, 0.8, 1.0)
METHODS: tuple[Method, ...] = ("linear", "tsv", "iso_c", "ties", "knots_ties", "ctm", "core_regmean")
BEST: dict[Method, float] = {
    "linear": 0.3, "tsv": 0.45, "iso_c": 1.0, "ties": 0.8, "knots_ties": 0.8, "ctm": 0.6, "core_regmean": 0.6,
}  # fmt: skip


def worth(params: dict[str, Any]) -> Standing:
    """TSV at 0.45 is best by far of the fixed points, and a little better where the first parent is louder."""
    off = abs(params["scale"] - BEST[params["method"]]) / 2
    louder = sum(abs(weight - wanted) for weight, wanted in zip(params["weights"], (1.2, 1.0, 0.9), strict=True)) / 8
    mean = (0.85 if params["method"] == "tsv" else 0.8) - off - louder
    return Standing({"mail": mean, "calls": mean - 0.1}, 0.0)


def played(space: Space, sampler: Sampler, trials: int) -> list[dict[str, Any]]:
    source = proposals(space, sampler=sampler, trials=trials, seed=0)
    tried = []
    while (params := source.next()) is not None:
        tried.append(params)
        source.tell(params, worth(params), 24)
    return tried


def equal(params: dict[str, Any]) -> bool:
    return set(params["weights"]) == {1.0}


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsga2"])
def test_all_fixed_points_are_tried_where_there_are_trials_enough(sampler: Sampler) -> None:
    space = Space.of(EQUAL, methods=METHODS, scales=SCALES, weighs=True)
    tried = played(space, sampler, 54)
    assert [equal(each) for each in tried[:36]] == [True] * 35 + [False]
    assert {(each["method"], each["scale"]) for each in tried[:35]} == {(m, s) for m in METHODS for s in SCALES}
    assert [each["scale"] for each in tried[:7]] == [0.6] * 7


def test_where_trials_are_few_the_better_half_of_the_methods_goes_on() -> None:
    tried = played(Space.of(EQUAL, methods=METHODS, scales=SCALES, weighs=True), "tpe", 30)
    fixed = [each for each in tried if equal(each)]
    assert len(fixed) == 7 + 4 * 2 + 2 * 2
    assert {each["scale"] for each in fixed if each["method"] == "tsv"} == set(SCALES)
    assert all(each["method"] == "tsv" for each in tried[len(fixed) :])


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_what_is_chosen_is_better_than_every_fixed_point(sampler: Sampler) -> None:
    space = Space.of(EQUAL, methods=METHODS, scales=SCALES, weighs=True)
    fixed = max(
        worth(space.params(method, scale, None, None, [1.0] * 3)).goal for method in METHODS for scale in SCALES
    )
    assert max(worth(each).goal for each in played(space, sampler, 30)) > fixed


def test_the_weights_stay_near_those_of_the_recipe_at_first() -> None:
    tried = played(Space.of(EQUAL, methods=METHODS, scales=SCALES, weighs=True), "tpe", 60)
    refined = [each for each in tried if not equal(each)]
    near, wide = refined[:12], refined[16:]
    assert all(NEAR.low <= weight <= NEAR.high for each in near for weight in each["weights"])
    assert any(not NEAR.low <= weight <= NEAR.high for each in wide for weight in each["weights"])


def test_of_many_scales_a_few_make_the_ladder_and_of_one_none_but_itself() -> None:
    many = Space.of(EQUAL, scales=[n / 10 for n in range(1, 14)])
    assert rungs(many) == [0.1, 0.4, 0.7, 1.0, 1.3]
    assert rungs(Space.of(EQUAL)) == [1.0]


def test_a_method_that_cannot_be_made_climbs_no_further() -> None:
    space = Space.of(EQUAL, methods=["tsv", "core_regmean"], scales=SCALES, weighs=True)
    points = list(fixed_points(space, 60, lambda method: 0.5 if method == "tsv" else -math.inf))
    assert [each["scale"] for each in points if each["method"] == "core_regmean"] == [0.6]
    assert len(points) == 1 + len(SCALES)


def test_what_was_dropped_is_told_as_it_would_stand_on_all_items() -> None:
    """It is 0.2 below on items that are easier than the rest for both."""
    found = pareto.expected_of({"mail": 0.8}, {"mail": 1.0}, {"mail": 0.7})
    assert found == pytest.approx({"mail": 0.5})


def test_floors_go_first_then_the_mean_then_the_worst_suite() -> None:
    def place(number: int, mail: float, calls: float, shortfall: float = 0.0) -> Place:
        return Place(number, Standing({"mail": mail, "calls": calls}, shortfall), 8)

    even, uneven, short = place(0, 0.7, 0.7), place(1, 0.8, 0.6), place(2, 1.0, 1.0, 0.1)
    better = place(3, 0.9, 0.6)
    assert pareto.best_of([uneven, even, short]) == even
    assert pareto.best_of([uneven, even, better, short]) == better
