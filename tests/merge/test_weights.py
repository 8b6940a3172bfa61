"""What weights mean, for any weights: properties that hold whatever a recipe says."""

from dataclasses import replace

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aird.catalog.names import VersionRef
from aird.core.recipe_yaml import load_mapping
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.plan.interference import estimated, shares
from aird.merge.plan.merge_plan import effective_weights
from aird.merge.recipe import writing as recipe_writing
from aird.merge.recipe.merge_recipe import METHODS, SUMS, MergeRecipe, Parent, parse

unhurried = settings(deadline=None, max_examples=60)

numbers = st.floats(-100, 100, allow_nan=False).filter(lambda each: each == 0 or abs(each) > 1e-6)
weights = st.lists(numbers, min_size=1, max_size=8)
positive = st.lists(st.floats(1e-3, 100), min_size=1, max_size=8)


def recipe(method: str, values: list[float], **changes: object) -> MergeRecipe:
    parents = tuple(Parent(VersionRef.parse(f"a/x{n}@1"), weight) for n, weight in enumerate(values))
    made = MergeRecipe(method=method, parents=parents)  # type: ignore[arg-type]
    return replace(made, **changes)  # type: ignore[arg-type]


@unhurried
@given(positive, st.floats(0, 100))
def test_an_average_adds_up_to_one_with_the_base(values: list[float], base: float) -> None:
    found, scale = effective_weights(recipe("linear", values, normalize=True, base_weight=base))
    assert sum(found) + base / (sum(values) + base) == pytest.approx(1.0)
    assert scale == 1.0


@unhurried
@given(positive, st.floats(0.01, 100))
def test_an_average_does_not_care_how_loud_its_weights_are_written(values: list[float], factor: float) -> None:
    once, _ = effective_weights(recipe("linear", values, normalize=True))
    again, _ = effective_weights(recipe("linear", [each * factor for each in values], normalize=True))
    assert again == pytest.approx(once)


@unhurried
@given(weights, st.floats(0.01, 50))
def test_lambda_multiplies_the_whole_whatever_the_method(values: list[float], scale: float) -> None:
    assume(any(values))
    for method in METHODS:
        if method == "linear":
            continue  # mergekit's has no lambda
        once, before = effective_weights(recipe(method, values))
        again, after = effective_weights(recipe(method, values, scale=scale))
        assert [each * after for each in again] == pytest.approx([each * before * scale for each in once])


@unhurried
@given(st.permutations(range(5)), st.lists(numbers, min_size=5, max_size=5))
def test_each_weight_stays_with_its_parent(order: list[int], values: list[float]) -> None:
    assume(any(values))
    for method in sorted(SUMS - {"linear"}):
        straight, _ = effective_weights(recipe(method, values, normalize=abs(sum(values)) > 1e-3))
        turned, _ = effective_weights(recipe(method, [values[i] for i in order], normalize=abs(sum(values)) > 1e-3))
        assert turned == pytest.approx([straight[i] for i in order])


@unhurried
@given(weights)
def test_a_merge_of_nothing_is_refused_and_of_anything_is_not(values: list[float]) -> None:
    made = recipe("task_arithmetic", values)
    if any(values):
        assert effective_weights(made)[0] == tuple(values)
    else:
        with pytest.raises(MergeNotPossible):
            effective_weights(made)


@unhurried
@given(st.sampled_from(METHODS), positive, st.floats(0.1, 10), st.booleans())
def test_a_recipe_written_out_says_what_it_said(
    method: str, values: list[float], scale: float, normalize: bool
) -> None:
    content = {
        "merge_method": method,
        "base_model": "p/base",
        "models": [{"model": f"a/x{n}", "parameters": {"weight": weight}} for n, weight in enumerate(values)],
        "parameters": {"normalize": normalize} | ({} if method == "linear" else {"lambda": scale}),
        "aird": {"rank": "servable"},
    }
    names = {"p/base": "p/base@3"} | {f"a/x{n}": f"a/x{n}@{n + 1}" for n in range(len(values))}
    before = parse(yaml.safe_dump(content))
    after = parse(recipe_writing.pinned(load_mapping(yaml.safe_dump(content)), names))
    assert [each.weight for each in after.parents] == [each.weight for each in before.parents]
    assert [str(each.version) for each in after.parents] == [f"a/x{n}@{n + 1}" for n in range(len(values))]
    assert (after.scale, after.normalize, after.aird) == (before.scale, before.normalize, before.aird)
    assert (str(after.base), after.base_weight) == ("p/base@3", before.base_weight)


@unhurried
@given(st.lists(st.tuples(st.floats(0, 1e3), numbers), min_size=1, max_size=8))
def test_shares_of_loudness_are_shares(parents: list[tuple[float, float]]) -> None:
    norms, values = zip(*parents, strict=True)
    found = shares(norms, values)
    if found is None:
        assert sum((norm * weight) ** 2 for norm, weight in parents) == 0
    else:
        assert sum(found) == pytest.approx(1.0)
    assert shares([*norms, None], [*values, 1.0]) is None


def test_sketches_of_other_lengths_or_of_nothing_are_not_held_against_each_other() -> None:
    assert estimated([b"", None, b"\0" * 8]) == {}
    assert estimated([b"\0" * 8, b"\0" * 8]) == {(0, 1): 0.0}
    assert estimated([b"\0" * 8, b"\0" * 4]) == {}
