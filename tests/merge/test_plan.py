from collections.abc import Sequence
from dataclasses import replace

import pytest

from aird.catalog.names import VersionRef
from aird.merge.plan.merge_plan import (
    MergeNotPossible,
    ParentFacts,
    ParentsNotCompatible,
    compatible,
    effective_weights,
    make_plan,
    servable,
)
from aird.merge.recipe.merge_recipe import MergeRecipe, Method, parse

SHAPES = {"layers.0.q_proj": (64, 32), "layers.0.v_proj": (16, 32)}


def parent(name: str, rank: int = 8, **changes: object) -> ParentFacts:
    facts = ParentFacts(
        version=VersionRef.parse(f"{name}@1"),
        kind="adapter",
        base="sha256:" + "a" * 64,
        tokenizer_sha256="b" * 64,
        shapes=SHAPES,
        ranks=dict.fromkeys(SHAPES, rank),
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


PARENTS = [parent("support/qa"), parent("sales/qa"), parent("hr/qa")]


def recipe(
    method: Method, *weights: float, shared: str = "", extra: str = "", parents: Sequence[ParentFacts] = ()
) -> MergeRecipe:
    models = ", ".join(
        f"{{model: {p.version}, parameters: {{weight: {w}}}}}"
        for p, w in zip(parents or PARENTS, weights, strict=False)
    )
    return parse(
        f"merge_method: {method}\nbase_model: it/base\nmodels: [{models}]\nparameters: {{{shared}}}\naird: {{{extra}}}"
    )


def test_a_sum_in_factor_space_is_exact_and_adds_the_ranks() -> None:
    plan = make_plan(recipe("task_arithmetic", 0.5, 0.3, 0.2), PARENTS)
    assert plan.exact
    assert plan.statement == "exact: weighted sum in factor space, rank 24 = 8 + 8 + 8"
    assert plan.parents == tuple(p.version for p in PARENTS)
    assert plan.parameters == 24 * (64 + 32) + 24 * (16 + 32)
    assert plan.bytes == 4 * plan.parameters
    assert (plan.weights, plan.scale, plan.rank, plan.result_rank) == ((0.5, 0.3, 0.2), 1.0, None, 24)


def test_a_rank_cuts_the_result_and_says_so() -> None:
    plan = make_plan(recipe("linear", 1, 1, 1, extra="rank: 8"), PARENTS)
    assert not plan.exact
    assert plan.statement == "approximate: the best rank 8 of the weighted sum, whose rank is 24 = 8 + 8 + 8"
    assert (plan.rank, plan.result_rank) == (8, 8)
    assert make_plan(recipe("linear", 1, 1, 1, extra="rank: 24"), PARENTS).exact


def test_tsv_is_never_called_a_sum() -> None:
    plan = make_plan(recipe("tsv", 1, 1, 1, shared="lambda: 0.7", extra="rank: 8"), PARENTS)
    assert not plan.exact
    assert plan.statement.startswith("not a sum: task singular vectors in core space, rank 24 = 8 + 8 + 8, then")
    assert (plan.weights, plan.scale) == ((1.0, 1.0, 1.0), 0.7)


def test_a_rule_reaches_no_higher_rank_than_the_matrices_have_and_says_so() -> None:
    many = [parent(f"support/m{number}", 8) for number in range(9)]
    plan = make_plan(recipe("tsv", *[1.0] * 9, parents=many), many)
    assert plan.result_rank < 72
    assert plan.statement.endswith(f"rank 72, in matrices that have {plan.result_rank} at most")
    assert make_plan(recipe("linear", *[1.0] * 9, parents=many), many).statement.endswith("rank 72")


def test_a_module_that_only_some_parents_change_gets_the_rank_of_the_others() -> None:
    narrow = parent("sales/qa", 4, shapes={"layers.0.q_proj": (64, 32)}, ranks={"layers.0.q_proj": 4})
    plan = make_plan(recipe("task_arithmetic", 1, 0), [PARENTS[0], narrow])
    assert (plan.result_rank, plan.parameters) == (12, 12 * (64 + 32 + 16 + 32))
    assert plan.statement.endswith("rank 12 = 8 + 4")
    assert plan.notes == (
        "'sales/qa@1' has weight 0 and adds nothing.",
        "'sales/qa@1' does not change 1 of the 2 merged modules.",
    )


WEIGHTS: list[tuple[Method, tuple[float, ...], str, tuple[float, ...], float]] = [
    ("linear", (1, 1), "", (0.5, 0.5), 1.0),
    ("linear", (3, 1), "", (0.75, 0.25), 1.0),
    ("linear", (0.7, 0.3), "normalize: false", (0.7, 0.3), 1.0),
    ("linear", (2, -1), "", (2.0, -1.0), 1.0),
    ("task_arithmetic", (1, 1), "", (1.0, 1.0), 1.0),
    ("task_arithmetic", (3, 1), "normalize: true", (0.75, 0.25), 1.0),
    ("task_arithmetic", (3, 1), "normalize: true, lambda: 2", (1.5, 0.5), 1.0),
    ("task_arithmetic", (1, -1), "normalize: true", (1.0, -1.0), 1.0),
    ("task_arithmetic", (0.4, 0.6), "lambda: 0.5", (0.2, 0.3), 1.0),
    ("tsv", (3, 1), "normalize: true, lambda: 2", (0.75, 0.25), 2.0),
]


@pytest.mark.parametrize(("method", "weights", "shared", "effective", "scale"), WEIGHTS)
def test_weights_mean_what_they_mean_in_mergekit(
    method: Method, weights: tuple[float, ...], shared: str, effective: tuple[float, ...], scale: float
) -> None:
    found, found_scale = effective_weights(recipe(method, *weights, shared=shared))
    assert found == pytest.approx(effective)
    assert found_scale == scale


def test_the_base_in_a_linear_average_takes_its_share() -> None:
    models = "models: [{model: it/base, parameters: {weight: 3}}, {model: a/x, parameters: {weight: 1}}]"
    assert effective_weights(parse(f"merge_method: linear\nbase_model: it/base\n{models}"))[0] == (0.25,)
    assert effective_weights(parse(f"merge_method: task_arithmetic\nbase_model: it/base\n{models}"))[0] == (1.0,)


NO_RESULT: list[tuple[Method, tuple[float, ...], str, str]] = [
    ("linear", (0, 0), "", "zero"),
    ("tsv", (0, 0), "", "zero"),
    ("task_arithmetic", (1, 1), "lambda: 0", "zero"),
    ("linear", (1, -1), "", "zero_sum"),
    ("linear", (1, 1), "normalize: false", "scales_the_base"),
    ("linear", (0.5, 0.4), "normalize: false", "scales_the_base"),
]


@pytest.mark.parametrize(("method", "weights", "shared", "reason"), NO_RESULT)
def test_weights_without_a_useful_result_are_refused(
    method: Method, weights: tuple[float, ...], shared: str, reason: str
) -> None:
    with pytest.raises(MergeNotPossible) as refusal:
        make_plan(recipe(method, *weights, shared=shared), PARENTS[:2])
    assert refusal.value.params["reason"] == reason


def test_a_result_of_absurd_rank_is_refused_and_cutting_it_helps() -> None:
    wide = [parent("a/x", 600), parent("b/x", 600)]
    with pytest.raises(MergeNotPossible, match="rank 1200"):
        make_plan(recipe("task_arithmetic", 1, 1), wide)
    assert make_plan(recipe("task_arithmetic", 1, 1, extra="rank: 16"), wide).result_rank == 16


INCOMPATIBLE = [
    (parent("x/y", base="sha256:" + "c" * 64), "different_bases"),
    (parent("x/y", tokenizer_sha256="d" * 64), "different_tokenizers"),
    (parent("x/y", words="chat_template 0123456789ab"), "different_words"),
    (parent("x/y", shapes=SHAPES | {"layers.0.v_proj": (32, 32)}), "different_shapes"),
    (parent("x/y", kind="full"), "not_an_adapter"),
    (parent("x/y", kind="base"), "not_an_adapter"),
]


@pytest.mark.parametrize(("other", "reason"), INCOMPATIBLE)
def test_parents_that_cannot_be_added_are_refused_with_the_facts(other: ParentFacts, reason: str) -> None:
    with pytest.raises(ParentsNotCompatible) as refusal:
        compatible([PARENTS[0], PARENTS[1], other])
    assert refusal.value.params["reason"] == reason
    assert "x/y@1" in str(refusal.value)
    assert refusal.value.params["versions"] == ["support/qa@1", "sales/qa@1", "x/y@1"]


def test_parents_of_one_base_go_together() -> None:
    compatible([*PARENTS, parent("x/y", 32, tokenizer_sha256=None)])


def test_the_base_of_the_recipe_must_be_the_base_of_the_adapters() -> None:
    merge = recipe("linear", 1, 1)
    assert make_plan(merge, PARENTS[:2], base=PARENTS[0].base).exact
    with pytest.raises(ParentsNotCompatible, match="it/base"):
        make_plan(merge, PARENTS[:2], base="sha256:" + "e" * 64)


def test_adapters_that_change_nothing_are_refused() -> None:
    with pytest.raises(MergeNotPossible, match="no module"):
        make_plan(recipe("linear", 1), [parent("a/x", shapes={}, ranks={})])


def test_a_small_matrix_bounds_the_rank_of_all_but_a_stacked_sum() -> None:
    small = {"shapes": {"q": (12, 32)}, "ranks": {"q": 8}}
    both = [parent("a/x", **small), parent("b/x", **small)]
    assert make_plan(recipe("task_arithmetic", 1, 1), both).result_rank == 16
    assert make_plan(recipe("tsv", 1, 1), both).result_rank == 12
    nearly = make_plan(recipe("task_arithmetic", 1, 1, extra="rank: 14"), both)
    assert (nearly.result_rank, nearly.exact) == (12, True)


@pytest.mark.parametrize("method", ["tsv", "iso_c", "ties", "knots_ties"])
def test_what_is_not_a_sum_says_what_it_is(method: Method) -> None:
    plan = make_plan(recipe(method, 1, 1, 1), PARENTS)
    assert not plan.exact
    assert plan.statement.startswith("not a sum: ")
    assert (plan.result_rank, plan.rank) == (24, None)
    assert make_plan(recipe(method, 1, 1, 1, extra="rank: 8"), PARENTS).result_rank == 8


def test_ctm_compresses_to_the_highest_rank_of_the_parents_unless_told() -> None:
    assert make_plan(recipe("ctm", 1, 1), [parent("a/x"), parent("b/y", 12)]).rank == 12
    told = make_plan(recipe("ctm", 1, 1, extra="rank: 4"), [parent("a/x"), parent("b/y", 12)])
    assert (told.rank, told.result_rank) == (4, 4)


def test_ties_hands_on_densities_and_weights_as_written() -> None:
    plan = make_plan(recipe("ties", 2, 1, shared="density: 0.25, lambda: 1.5"), PARENTS[:2])
    assert (plan.weights, plan.densities, plan.scale, plan.normalize) == ((2.0, 1.0), (0.25, 0.25), 1.5, True)


def test_servable_is_the_largest_step_of_engines_that_cuts_no_parent_below_its_own_rank() -> None:
    found = make_plan(recipe("tsv", 1, 1, 1, extra="rank: servable"), PARENTS)
    assert (found.rank, found.result_rank) == (16, 16)
    whole = make_plan(recipe("task_arithmetic", 1, 1, extra="rank: servable"), PARENTS[:2])
    assert (whole.rank, whole.exact) == (16, True)
    assert make_plan(recipe("ctm", 1, extra="rank: servable"), [parent("a/x", 4)]).rank == 4
    assert [servable(whole, 4) for whole in (6, 8, 12, 24, 2000)] == [6, 8, 8, 16, 512]
