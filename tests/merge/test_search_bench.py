"""Candidates in memory are the candidates in files: the same factors, the same answers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from aird.evaluation.scorers import choice, exact
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.methods.files import merge_adapters
from aird.merge.search.bench import SLOT, Bench
from aird.merge.search.space import Candidate
from aird.runtimes import adapters as adapter_files
from aird.runtimes import hf
from tests.tiny import QUESTIONS

FOLDERS = ("one", "two", "three")
TARGETS = [{**each, "target": "a"} for each in QUESTIONS[:4]]
CANDIDATES: list[dict[str, Any]] = [
    {"method": "linear"},
    {"method": "linear", "weights": (0.7, -0.3, 1.2)},
    {"method": "linear", "rank": 4},
    {"method": "linear", "rank": 6},  # stacks the modules that two adapters change, cuts those of three
    {"method": "tsv", "scale": 0.7},
    {"method": "tsv", "rank": 4, "weights": (1.0, 0.5, 0.25)},
    {"method": "iso_c"},
    {"method": "ties", "densities": (0.3, 0.3, 0.3)},
    {"method": "ties", "densities": (0.5, 0.2, 1.0), "normalize": False},
    {"method": "knots_ties", "densities": (0.4, 0.4, 0.4), "rank": 5},
    {"method": "ctm"},
    {"method": "ctm", "rank": 2},
]


def candidate(**said: Any) -> Candidate:
    return Candidate(
        **{"weights": (1.0, 1.0, 1.0), "scale": 1.0, "densities": None, "normalize": True, "rank": None, **said}
    )


def folders(tiny: Mapping[str, Path]) -> list[Path]:
    return [tiny[each] for each in FOLDERS]


@pytest.fixture(scope="module")
def bench(tiny: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tiny["base"], folders(tiny), tmp_path_factory.mktemp("bench"))


def written(tiny: Mapping[str, Path], found: Candidate, out: Path) -> hf.LoadedModel:
    merge_adapters(
        found.method,
        folders(tiny),
        found.weights,
        out,
        scale=found.scale,
        rank=found.rank,
        densities=found.densities,
        normalize=found.normalize,
    )
    return hf.load(tiny["base"], out)


@pytest.mark.parametrize("said", CANDIDATES, ids=str)
def test_a_candidate_in_memory_is_the_merge_that_would_be_written(
    bench: Bench, tiny: Mapping[str, Path], tmp_path: Path, said: dict[str, Any]
) -> None:
    found = candidate(**said)
    rank = bench.seat(found)
    model = written(tiny, found, tmp_path / "out")
    adapter = adapter_files.read(tmp_path / "out")
    assert {shape[1] for shape in adapter.shapes.values()} == {rank}
    base = bench.model.network.get_base_model()
    for module in adapter.shapes:
        layer, factors = base.get_submodule(module), adapter.factors(module)
        (slot,) = layer.lora_A.keys()
        assert layer.scaling[slot] == factors.scaling == 1.0
        torch.testing.assert_close(layer.lora_A[slot].weight, factors.a, rtol=0, atol=0)
        torch.testing.assert_close(layer.lora_B[slot].weight, factors.b, rtol=0, atol=0)
    assert bench.answer(QUESTIONS, "choice") == [each.correct for each in choice.score(model, QUESTIONS)]
    assert bench.answer(TARGETS, "exact") == [each.correct for each in exact.score(model, TARGETS)]


def test_sums_that_differ_in_weights_alone_swap_one_factor(bench: Bench, tiny: Mapping[str, Path]) -> None:
    ids = torch.tensor([[1, 2, 3]])
    bench.seat(candidate(method="linear"))
    layer = bench.model.network.get_base_model().get_submodule("model.layers.0.self_attn.q_proj")
    (slot,) = layer.lora_A.keys()
    stacked = layer.lora_A[slot].weight.data_ptr()
    plain = bench.model.forward(ids).logits
    bench.seat(candidate(method="linear", weights=(0.5, 2.0, 0.0)))
    assert layer.lora_A[slot].weight.data_ptr() == stacked
    assert not torch.equal(bench.model.forward(ids).logits, plain)
    bench.seat(candidate(method="tsv"))
    bench.seat(candidate(method="linear"))
    torch.testing.assert_close(bench.model.forward(ids).logits, plain, rtol=0, atol=0)


def test_a_parent_on_the_bench_answers_as_itself(bench: Bench, tiny: Mapping[str, Path]) -> None:
    ids = torch.tensor([[1, 2, 3]])
    bench.seat(candidate(method="tsv"))
    for number, folder in enumerate(folders(tiny)):
        bench.seat_parent(number)
        expected = hf.load(tiny["base"], folder).forward(ids).logits
        torch.testing.assert_close(bench.model.forward(ids).logits, expected, rtol=0, atol=0)
    bench.seat(candidate(method="tsv"))
    assert bench.model.adapters == (SLOT,)  # nobody else takes room


def test_a_rule_that_knows_too_little_is_refused_and_the_bench_goes_on(bench: Bench) -> None:
    with pytest.raises(MergeNotPossible, match="core_regmean"):
        bench.seat(candidate(method="core_regmean"))
    assert bench.seat(candidate(method="tsv", rank=4)) == 4


def test_parents_that_are_more_than_plain_lora_are_tried_as_they_would_be_filed(
    tiny: Mapping[str, Path], tmp_path: Path
) -> None:
    plain, generator = adapter_files.read(tiny["two"]), torch.Generator().manual_seed(5)
    with adapter_files.writing(tmp_path / "biased", plain.shapes, base_name="base", biases=True) as writer:
        for module, (out, _, _) in plain.shapes.items():
            factors = plain.factors(module)
            writer.add(module, factors.b, factors.a, torch.randn(out, generator=generator))
    parents = [tiny["one"], tmp_path / "biased"]
    bench = Bench(tiny["base"], parents, tmp_path / "bench")
    found = Candidate("linear", (0.5, 1.5), 1.0, None, True, None)
    assert bench.seat(found) == 6
    merge_adapters("linear", parents, (0.5, 1.5), tmp_path / "out")
    model = hf.load(tiny["base"], tmp_path / "out")
    ids = torch.tensor([[1, 2, 3]])
    torch.testing.assert_close(bench.model.forward(ids).logits, model.forward(ids).logits, rtol=0, atol=0)
    assert bench.answer(QUESTIONS, "choice") == [each.correct for each in choice.score(model, QUESTIONS)]
