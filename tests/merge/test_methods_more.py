"""The merge rules beyond the sum and TSV: against dense references, mergekit, and their own promises."""

import math

import pytest
import torch
from mergekit.merge_methods.generalized_task_arithmetic import get_mask
from mergekit.sparsify import SparsificationMethod, sparsify
from torch import Tensor

from aird.merge.methods import core, core_regmean, ctm, iso_c, knots_ties, linear, ties, tsv
from aird.merge.methods.base import METHODS, Method
from aird.merge.methods.core import Pair
from aird.merge.methods.files import merge_module
from tests.merge.test_methods import close, cut, dense, random_pairs, result

WEIGHTS = [0.7, 0.4, 1.3]


def merged_by(method: Method, pairs: list[Pair], weights: list[float], densities: list[float], rank: int | None = None):
    """The rule on one module; to core_regmean all inputs are alike."""
    space = core.cores_of(pairs)
    grams = [torch.eye(space.v.size, dtype=torch.float64)] * len(pairs)
    return merge_module(method, space, weights, densities, rank=rank, grams=grams)


def mergekit_ties(tensors: list[Tensor], weights: list[float], density: float) -> Tensor:
    """mergekit's rule: magnitude pruning, sign election by sum, normalised by the weights that agree."""
    trimmed = torch.stack([sparsify(each, density, SparsificationMethod.magnitude) for each in tensors])
    weight = torch.tensor(weights, dtype=trimmed.dtype).reshape(-1, 1, 1)
    weighted = trimmed * weight
    mask = get_mask(weighted, method="sum", mask_dtype=weighted.dtype)
    divisor = (weight * mask).sum(0)
    divisor[divisor == 0] = 1
    return (weighted * mask).sum(0) / divisor


@pytest.mark.parametrize("density", [0.2, 0.5, 1.0])
def test_what_is_elected_is_what_mergekit_elects(density: float):
    tensors = [dense(pair) for pair in random_pairs(4, 6, 3)]
    assert close(ties.elect(tensors, WEIGHTS, [density] * 3), mergekit_ties(tensors, WEIGHTS, density))


def test_ties_runs_in_the_singular_bases_of_the_stacked_factors():
    pairs = random_pairs(3, 4)
    stacked_b, stacked_a = torch.cat([b for b, _ in pairs], 1), torch.cat([a for _, a in pairs], 0)
    u = torch.linalg.svd(stacked_b, full_matrices=False)[0]
    v = torch.linalg.svd(stacked_a, full_matrices=False)[2].T
    expected = u @ mergekit_ties([u.T @ dense(pair) @ v for pair in pairs], [0.7, 0.4], 0.4) @ v.T
    assert close(result(ties.merge(core.cores_of(pairs), [0.7, 0.4], [0.4, 0.4])), expected)


def test_knots_ties_is_ties_on_the_right_factors_of_the_joint_svd():
    pairs = random_pairs(3, 4)
    u, s, v = torch.linalg.svd(torch.cat([dense(pair) for pair in pairs], 1), full_matrices=False)
    rank = core.rank_of(s)
    blocks = list((s[:rank, None] * v[:rank]).chunk(2, dim=1))
    expected = u[:, :rank] @ mergekit_ties(blocks, [0.7, 0.4], 0.4)
    assert close(result(knots_ties.merge(core.cores_of(pairs), [0.7, 0.4], [0.4, 0.4])), expected)


def test_iso_c_gives_every_common_direction_the_mean_strength():
    pairs = random_pairs(4, 2, 3)
    total = torch.stack([w * dense(pair) for w, pair in zip(WEIGHTS, pairs, strict=True)]).sum(0)
    left, values, right = torch.linalg.svd(total, full_matrices=False)
    expected = left[:, :9] @ right[:9] * values[:9].mean()
    assert close(result(iso_c.merge(core.cores_of(pairs), WEIGHTS)), expected)


def test_ctm_has_the_rank_asked_for_and_keeps_more_of_every_adapter_than_the_cut_sum_of_the_loudest():
    pairs = random_pairs(4, 4, 4)
    pairs[0] = (pairs[0][0] * 30, pairs[0][1])
    space = core.cores_of(pairs)
    merged = ctm.merge(space, [1.0, 1.0, 1.0], 6)
    assert core.rank_of(torch.linalg.svdvals(merged.core)) == 6
    assert quietest_kept(merged.core, space) > quietest_kept(cut(linear.merge(space, [1.0, 1.0, 1.0]).core, 6), space)


def quietest_kept(merged: Tensor, space: core.Cores) -> float:
    left, values, right = torch.linalg.svd(merged, full_matrices=False)
    kept = core.rank_of(values)
    shares = [(left[:, :kept].T @ m @ right[:kept].T).norm() / m.norm() for m in space.cores]
    return float(min(shares))


def test_ctm_of_full_rank_is_the_sum():
    pairs = random_pairs(2, 3)
    space = core.cores_of(pairs)
    assert close(result(ctm.merge(space, [0.5, 2.0], 5)), result(linear.merge(space, [0.5, 2.0])))


def inputs(count: int, seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    mixing = torch.randn(20, 20, generator=random, dtype=torch.float64)
    return torch.randn(count, 20, generator=random, dtype=torch.float64) @ mixing


def test_core_regmean_answers_each_adapters_inputs_better_than_the_mean_does():
    pairs = random_pairs(4, 4)
    space = core.cores_of(pairs)
    seen = [inputs(200, seed) for seed in (1, 2)]
    grams = [(x @ space.v.matrix).T @ (x @ space.v.matrix) / len(x) for x in seen]

    def error(change: Tensor) -> float:
        return sum(float((x @ (change - dense(p)).T).square().sum()) for x, p in zip(seen, pairs, strict=True))

    whole = core_regmean.merge(space, [1.0, 1.0], grams)
    few = core_regmean.merge(space, [1.0, 1.0], grams, rank=4)
    assert error(result(whole)) < 0.9 * error(result(linear.merge(space, [0.5, 0.5])))
    assert core.rank_of(torch.linalg.svdvals(few.core)) == 4
    assert error(result(few)) < error(result(whole, 4))


@pytest.mark.parametrize("method", METHODS)
def test_one_adapter_at_weight_one_is_itself_by_every_rule_that_keeps_strengths(method: Method):
    [pair] = random_pairs(4)
    merged = result(merged_by(method, [pair], [1.0], [1.0]))
    if method == "iso_c":  # by its very idea: the same directions, all equally strong
        mean = torch.linalg.svdvals(dense(pair))[:4].mean()
        assert torch.allclose(torch.linalg.svdvals(merged)[:4], mean.expand(4))
    else:
        assert close(merged, dense(pair))


@pytest.mark.parametrize("method", METHODS)
def test_no_rule_depends_on_how_a_change_is_factored_or_in_which_order_its_ranks_stand(method: Method):
    pairs = random_pairs(4, 3)
    turned = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64))[0]
    other = [(pairs[0][0] @ turned, turned.T @ pairs[0][1]), pairs[1]]
    one, two = (result(merged_by(method, given, [1.0, 0.5], [0.5, 0.5], rank=5)) for given in (pairs, other))
    assert close(one, two)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_merged_with_nothing_is_nothing(method: Method):
    nothing = (torch.zeros(24, 2, dtype=torch.float64), random_pairs(2)[0][1])
    merged = result(merged_by(method, [nothing, nothing], [1.0, 1.0], [1.0, 1.0]))
    assert math.isclose(float(merged.norm()), 0.0)


def test_the_same_inputs_give_the_same_bits():
    pairs = random_pairs(4, 3, 5)
    for method in METHODS:
        one, two = (merged_by(method, pairs, WEIGHTS, [0.5] * 3, rank=4).core for _ in range(2))
        assert torch.equal(one, two)


def test_tsv_of_one_adapter_and_an_untrained_one_is_the_first():
    pairs = random_pairs(4, 3)
    pairs[1] = (torch.zeros_like(pairs[1][0]), pairs[1][1])
    assert close(result(tsv.merge(core.cores_of(pairs), [1.0, 1.0])), dense(pairs[0]))
