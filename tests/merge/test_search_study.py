"""The space of a search and the order in which it is tried."""

from typing import Any

import pytest

from aird.merge.search.pareto import Standing
from aird.merge.search.refining import Sampler
from aird.merge.search.space import WEIGHT_HIGH, WEIGHT_LOW, Recipe, Space, key_of
from aird.merge.search.study import Proposals, proposals

RECIPE = Recipe("tsv", (1.0, 0.5), scale=2.0, rank=8)
WIDE: dict[str, Any] = {
    "methods": ["tsv", "linear", "ties"],
    "scales": [0.5, 0.75, 1.0, 1.25, 1.5],
    "densities": [0.2, 0.5],
    "ranks": [None, 8],
    "weighs": True,
}
SAMPLERS: list[Sampler] = ["grid", "tpe", "cmaes", "nsga2"]


def worth(params: dict[str, Any]) -> Standing:
    """Best at tsv, scale 1.25, with the first parent louder than the second."""
    first, second = params["weights"] or (1.0, 0.5)
    mean = 0.9 - abs(params["scale"] - 1.25) / 4 - abs(first - 1.5) / 8 - abs(second - 0.25) / 8
    mean -= 0.0 if params["method"] == "tsv" else 0.2
    return Standing({"mail": mean, "calls": mean - 0.1}, 0.0)


def play(source: Proposals, count: int) -> list[dict[str, Any]]:
    tried: list[dict[str, Any]] = []
    while len(tried) < count and (params := source.next()) is not None:
        tried.append(params)
        failed = len(tried) == 5
        source.tell(params, None if failed else worth(params), 8 if params["rank"] else 16)
    return tried


def test_what_is_not_searched_stays_as_the_recipe_has_it() -> None:
    space = Space.of(RECIPE)
    assert space.size == 1
    candidate = space.candidate(next(space.grid()))
    assert (candidate.method, candidate.weights, candidate.scale, candidate.rank) == ("tsv", (1.0, 0.5), 2.0, 8)


def test_a_density_is_a_dimension_of_the_methods_that_trim_alone() -> None:
    space = Space.of(RECIPE, methods=["tsv", "ties"], densities=[0.2, 0.5], scales=[1.0, 2.0])
    assert space.size == 2 + 4
    found = [space.candidate(each) for each in space.grid()]
    assert {each.densities for each in found if each.method == "ties"} == {(0.2, 0.2), (0.5, 0.5)}
    assert {each.densities for each in found if each.method == "tsv"} == {None}


def test_the_scale_of_a_sum_goes_into_its_weights() -> None:
    found = Space.of(RECIPE, methods=["linear"], scales=[0.5]).candidate(
        {"method": "linear", "scale": 0.5, "density": None, "rank": None, "weights": [1.0, 2.0]}
    )
    assert (found.weights, found.scale) == ((1.0, 2.0), 1.0)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_space_no_larger_than_the_trials_is_tried_point_by_point(sampler: Sampler) -> None:
    space = Space.of(RECIPE, scales=[0.5, 1.0, 2.0], ranks=[8, None])
    tried = play(proposals(space, sampler=sampler, trials=6, seed=0), 99)
    assert tried == list(space.grid())


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_nothing_is_tried_twice_and_no_more_than_asked_for(sampler: Sampler) -> None:
    narrow = {**WIDE, "weighs": False}
    for space in (Space.of(RECIPE, **WIDE), Space.of(RECIPE, **narrow)):
        tried = play(proposals(space, sampler=sampler, trials=20, seed=1), 99)
        assert len(tried) == len({key_of(each) for each in tried}) == 20


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_seed_decides_what_is_tried(sampler: Sampler) -> None:
    def tried(seed: int) -> list[dict[str, Any]]:
        return play(proposals(Space.of(RECIPE, **WIDE), sampler=sampler, trials=20, seed=seed), 20)

    assert tried(1) == tried(1)
    assert tried(1) != tried(2)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_search_that_is_told_its_trials_again_goes_on_as_it_would_have(sampler: Sampler) -> None:
    whole = play(proposals(Space.of(RECIPE, **WIDE), sampler=sampler, trials=24, seed=3), 24)
    again = proposals(Space.of(RECIPE, **WIDE), sampler=sampler, trials=24, seed=3)
    play(again, 10)  # asks and tells what is known of the first ten
    assert play(again, 1)[0] == whole[10]


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsga2"])
def test_every_method_is_tried_as_it_is_before_anything_is_guessed(sampler: Sampler) -> None:
    tried = play(proposals(Space.of(RECIPE, **WIDE), sampler=sampler, trials=20, seed=0), 20)
    assert [each["method"] for each in tried[:3]] == ["tsv", "linear", "ties"]
    assert all(each["scale"] == 1.0 and each["weights"] == [1.0, 0.5] and each["rank"] is None for each in tried[:3])
    for each in tried:
        factors = [weight / own for weight, own in zip(each["weights"], RECIPE.weights, strict=True)]
        assert all(WEIGHT_LOW <= factor <= WEIGHT_HIGH for factor in factors)


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_what_is_learnt_is_used(sampler: Sampler) -> None:
    tried = play(proposals(Space.of(RECIPE, **WIDE), sampler=sampler, trials=60, seed=0), 60)
    early, late = (sum(worth(each).mean for each in part) / 20 for part in (tried[3:23], tried[-20:]))
    assert late > early + 0.03


def test_a_trial_of_another_optimiser_is_told_as_it_was() -> None:
    space = Space.of(RECIPE, **WIDE)
    source = proposals(space, sampler="tpe", trials=20, seed=0)
    foreign = space.params("tsv", 1.25, None, None, [0.7, 0.9])
    assert source.next() != foreign
    source.tell(foreign, worth(foreign), 16)
    tried = play(source, 19)
    assert len(tried) == 19
    assert foreign not in tried


def test_a_lattice_of_weights_ends() -> None:
    alone = Space.of(Recipe("linear", (1.0,)), weighs=True)
    source = proposals(alone, sampler="grid", trials=24, seed=0)
    tried = [source.next() for _ in range(4)]
    assert sorted(each["weights"][0] for each in tried if each) == [0.5, 1.0, 1.5]
    assert tried[3] is None
