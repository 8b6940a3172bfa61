"""Merge rules on random matrices, against dense float64 references."""

import pytest
import torch
from torch import Tensor

from aird.merge.methods import core, linear, tsv
from aird.merge.methods.core import Merged, Pair

OUT, INTO = 24, 20


def random_pairs(*ranks: int, seed: int = 0) -> list[Pair]:
    random = torch.Generator().manual_seed(seed)

    def draw(rows: int, columns: int) -> Tensor:
        return torch.randn(rows, columns, generator=random, dtype=torch.float64)

    return [(draw(OUT, rank), draw(rank, INTO)) for rank in ranks]


def dense(pair: Pair) -> Tensor:
    return pair[0] @ pair[1]


def cut(matrix: Tensor, rank: int) -> Tensor:
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    return left[:, :rank] * values[:rank] @ right[:rank]


def nearest_orthogonal(matrix: Tensor) -> Tensor:
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    return left @ right


def dense_tsv(pairs: list[Pair], weights: list[float]) -> Tensor:
    lefts, values, rights = [], [], []
    for pair, weight in zip(pairs, weights, strict=True):
        left, value, right = torch.linalg.svd(dense(pair), full_matrices=False)
        rank = pair[1].shape[0]
        lefts.append(left[:, :rank])
        values.append(value[:rank] * weight)
        rights.append(right[:rank])
    return nearest_orthogonal(torch.cat(lefts, 1)) * torch.cat(values) @ nearest_orthogonal(torch.cat(rights))


def result(merged: Merged, rank: int | None = None) -> Tensor:
    return dense(core.factorise(merged.core, merged.space, rank))


def close(one: Tensor, other: Tensor) -> bool:
    return float((one - other).norm() / other.norm()) < 1e-9


@pytest.mark.parametrize("ranks", [(4, 4), (1, 5, 3), (8,)])
def test_the_stack_is_the_weighted_sum(ranks: tuple[int, ...]):
    pairs, weights = random_pairs(*ranks), [0.7, -0.4, 1.3][: len(ranks)]
    expected = torch.stack([w * dense(pair) for w, pair in zip(weights, pairs, strict=True)]).sum(0)
    b, a = linear.stack(pairs, weights)
    assert close(b @ a, expected)
    assert a.shape[0] == sum(ranks)


@pytest.mark.parametrize("rank", [1, 3, 6])
def test_a_cut_sum_is_the_best_of_its_rank(rank: int):
    pairs, weights = random_pairs(4, 2, 3), [0.7, -0.4, 1.3]
    expected = torch.stack([w * dense(pair) for w, pair in zip(weights, pairs, strict=True)]).sum(0)
    space = core.cores_of(pairs)
    merged = linear.merge(space, weights)
    b, a = core.factorise(merged.core, merged.space, rank)
    assert close(b @ a, cut(expected, rank))
    assert torch.allclose(b.norm(dim=0), a.norm(dim=1))


@pytest.mark.parametrize("ranks", [(4, 4), (1, 5, 3), (8,)])
def test_tsv_is_the_same_as_on_whole_matrices(ranks: tuple[int, ...]):
    pairs, weights = random_pairs(*ranks), [1.0, 0.5, -2.0][: len(ranks)]
    space = core.cores_of(pairs)
    expected = dense_tsv(pairs, weights)
    merged = tsv.merge(space, weights)
    assert close(result(merged), expected)
    assert close(result(merged, 3), cut(expected, 3))


def test_tsv_of_one_adapter_is_that_adapter_and_of_twins_too():
    [pair] = random_pairs(4)
    for pairs, weights in (([pair], [1.0]), ([pair, pair], [1.0, 1.0])):
        space = core.cores_of(pairs)
        assert close(result(tsv.merge(space, weights)), dense(pair))


def test_tsv_keeps_adapters_of_separate_spaces_apart():
    (b, a), *_ = random_pairs(4)
    one, two = (b.clone(), a.clone()), (b.clone(), a.clone())
    for pair, rows, columns in ((one, slice(12, None), slice(10, None)), (two, slice(0, 12), slice(0, 10))):
        pair[0][rows] = 0
        pair[1][:, columns] = 0
    space = core.cores_of([one, two])
    merged = result(tsv.merge(space, [1.0, 1.0]))
    assert close(merged, dense(one) + dense(two))


def test_the_rules_do_not_depend_on_how_a_change_is_factored():
    pairs = random_pairs(4, 3)
    mix = torch.randn(4, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    other = [(pairs[0][0] @ mix, torch.linalg.inv(mix) @ pairs[0][1]), pairs[1]]
    for rule in (linear.merge, tsv.merge):
        results = []
        for given in (pairs, other):
            results.append(result(rule(core.cores_of(given), [1.0, 0.5]), 5))
        assert close(results[1], results[0])


def test_an_untrained_adapter_changes_nothing():
    pairs = random_pairs(4, 3)
    pairs[1] = (torch.zeros_like(pairs[1][0]), pairs[1][1])
    space = core.cores_of(pairs)
    for rule in (linear.merge, tsv.merge):
        assert close(result(rule(space, [1.0, 1.0])), dense(pairs[0]))


def test_nothing_but_untrained_adapters_merges_to_nothing():
    pairs = [(torch.zeros(OUT, 2, dtype=torch.float64), random_pairs(2)[0][1])]
    space = core.cores_of(pairs)
    for rule in (linear.merge, tsv.merge):
        b, a = core.factorise(rule(space, [1.0]).core, space, None)
        assert (b.shape, a.shape) == ((OUT, 0), (0, INTO))


def test_a_basis_is_orthonormal_even_for_dependent_and_unequal_columns():
    [(b, _)] = random_pairs(3)
    columns = torch.cat([b, b @ torch.ones(3, 2, dtype=torch.float64), b[:, :1] * 1e-9, torch.zeros_like(b)], 1)
    basis = core.orthonormal(columns)
    assert torch.allclose(basis.T @ basis, torch.eye(3, dtype=torch.float64), atol=1e-12)
    assert close(basis @ (basis.T @ b), b)


def test_small_adapters_are_not_lost_beside_large_ones():
    large, small = random_pairs(4, 3)
    small = (small[0] * 1e-9, small[1] * 1e9)
    space = core.cores_of([large, small])
    assert close(space.u.matrix @ space.cores[1] @ space.v.matrix.T, dense(small))
