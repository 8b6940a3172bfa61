"""Measurements against the dense changes of the tiny adapters, worked out here by other means."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor

from aird.merge.methods.base import Method
from aird.merge.methods.files import merge_adapters
from aird.merge.methods.measure import measure
from aird.runtimes import adapters

WEIGHTS = [0.7, -0.3, 1.2]
RANKS = [1, 2, 4, 8]
METHODS: list[tuple[Method, list[float] | None]] = [
    ("linear", None),
    ("tsv", None),
    ("iso_c", None),
    ("ties", [0.5, 0.7, 1.0]),
    ("knots_ties", [0.5, 0.7, 1.0]),
]


@pytest.fixture
def folders(tiny: Mapping[str, Path]) -> list[Path]:
    return [tiny[name] for name in ("one", "two", "three")]


def deltas(folder: Path) -> dict[str, Tensor]:
    found = adapters.read(folder)
    return {
        module: each.scaling * each.b.double() @ each.a.double()
        for module in found.shapes
        for each in [found.factors(module)]
    }


def flat(folder: Path, modules: list[str], like: dict[str, Tensor]) -> Tensor:
    own = deltas(folder)
    return torch.cat([own.get(module, torch.zeros_like(like[module])).flatten() for module in modules])


def test_cosines_and_norms_are_those_of_the_whole_changes(folders: list[Path]) -> None:
    found = measure(None, folders, WEIGHTS, ranks=RANKS)
    like = deltas(folders[0])
    vectors = [flat(folder, sorted(like), like) for folder in folders]
    assert found.norms == pytest.approx([float(each.norm()) for each in vectors], rel=1e-6)
    for i, one in enumerate(vectors):
        for j, other in enumerate(vectors):
            assert found.cosines[i][j] == pytest.approx(float(one @ other / (one.norm() * other.norm())), abs=1e-6)
    assert (found.energies, found.modules) == ([], [])


def test_overlaps_are_those_of_the_output_spaces(folders: list[Path]) -> None:
    found = measure(None, folders, WEIGHTS, ranks=RANKS).overlaps
    one, two = deltas(folders[0]), deltas(folders[1])
    expected = []
    for module in one:
        left, _, _ = torch.linalg.svd(one[module], full_matrices=False)
        right, _, _ = torch.linalg.svd(two[module], full_matrices=False)
        expected.append(float((left[:, :4].T @ right[:, :2]).square().sum()) / 2)
    assert found[0][1] == found[1][0] == pytest.approx(sum(expected) / len(expected), abs=1e-6)
    assert [found[i][i] for i in range(3)] == pytest.approx([1.0, 1.0, 1.0])


@pytest.mark.parametrize(("method", "densities"), METHODS)
def test_energies_are_what_is_left_when_the_merge_is_cut(
    folders: list[Path], tmp_path: Path, method: Method, densities: list[float] | None
) -> None:
    found = measure(method, folders, WEIGHTS, ranks=RANKS, densities=densities)
    merge_adapters(method, folders, WEIGHTS, tmp_path / "whole", densities=densities)
    squares = {name: torch.linalg.svdvals(each).square() for name, each in deltas(tmp_path / "whole").items()}
    total = sum(float(each.sum()) for each in squares.values())
    for energy in found.energies:
        kept = {name: float(each[: energy.rank].sum()) for name, each in squares.items()}
        assert energy.energy == pytest.approx(sum(kept.values()) / total, abs=1e-5)
        worst = min(kept[name] / float(squares[name].sum()) for name in kept)
        assert energy.worst == pytest.approx(worst, abs=1e-5)
    spectrum = {each.module: each.shares for each in found.modules}
    for name, each in squares.items():
        assert list(spectrum[name]) == pytest.approx((each / each.sum())[: len(spectrum[name])].tolist(), abs=1e-5)


def test_a_rank_of_everything_loses_nothing_and_a_smaller_one_keeps_less(folders: list[Path]) -> None:
    energies = [each.energy for each in measure("linear", folders, WEIGHTS, ranks=[1, 4, 16]).energies]
    assert energies == sorted(energies)
    assert energies[-1] == pytest.approx(1.0)
    assert energies[0] < 0.9


def test_what_compresses_before_it_merges_is_held_against_the_whole_sum(folders: list[Path], tmp_path: Path) -> None:
    [kept] = measure("ctm", folders, WEIGHTS, ranks=[2]).energies
    merge_adapters("ctm", folders, WEIGHTS, tmp_path / "ctm", rank=2)
    merge_adapters("linear", folders, WEIGHTS, tmp_path / "sum")
    compressed, whole = deltas(tmp_path / "ctm"), deltas(tmp_path / "sum")
    squares = [sum(float(each.square().sum()) for each in found.values()) for found in (compressed, whole)]
    assert kept.energy == pytest.approx(squares[0] / squares[1], abs=1e-5)


def test_measuring_tells_how_far_it_is(folders: list[Path]) -> None:
    heard: list[tuple[int, int]] = []
    count = len(deltas(folders[0]))
    measure("tsv", folders, WEIGHTS, ranks=RANKS, report=lambda done, total: heard.append((done, total)))
    assert heard == [(number, count) for number in range(1, count + 1)]
