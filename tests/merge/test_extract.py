"""Changes turned into plain LoRA: what was a LoRA comes back whole, what was more is kept as far as it says."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from aird.merge.methods import low_rank
from aird.merge.methods.bake import Change, bake, bake_adapter
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.methods.extract import Wanted, extract_adapter, extract_tuned
from aird.runtimes import adapters, loading
from aird.runtimes.tensor_file import TensorWriter
from tests.merge.test_bake import answers, biased, trained

__all__ = ["biased"]
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore::peft.utils.warning.PeftWarning"),
]
FALLING = torch.diag(0.7 ** torch.arange(400, dtype=torch.float32))


def spectrum(values: torch.Tensor) -> torch.Tensor:
    """A matrix (500 x 400) with these singular values on its diagonal."""
    torch.manual_seed(0)
    left, right = torch.linalg.qr(torch.randn(500, 400)).Q, torch.linalg.qr(torch.randn(400, 400)).Q
    return left @ values @ right.T


@pytest.mark.parametrize("rank", [4, 20, 200])
def test_the_energy_that_is_told_is_the_energy_that_is_kept(rank: int) -> None:
    matrix = spectrum(FALLING)
    found = low_rank.approximate(matrix, rank, 1.0, 1024)
    lost = float(
        (matrix.double() - found.b.double() @ found.a.double()).square().sum() / matrix.double().square().sum()
    )
    best = float(torch.linalg.svdvals(matrix.double())[:rank].square().sum() / matrix.double().square().sum())
    assert found.rank <= rank
    assert found.energy == pytest.approx(1 - lost, abs=1e-6)
    assert found.energy <= best + 1e-6 <= found.energy + found.slack + 2e-6


@pytest.mark.parametrize("energy", [0.5, 0.9, 0.999])
def test_the_rank_is_the_smallest_that_keeps_the_energy(energy: float) -> None:
    matrix = spectrum(FALLING)
    shares = torch.linalg.svdvals(matrix.double()).square().cumsum(0) / matrix.double().square().sum()
    fewest = int((shares < energy).sum()) + 1
    assert low_rank.approximate(matrix, None, energy, 1024).rank == fewest
    assert low_rank.approximate(matrix, None, energy, 2).rank == min(fewest, 2)


def test_a_sketch_that_is_too_small_grows() -> None:
    found = low_rank.approximate(spectrum(torch.eye(400)), None, 0.1, 1024)
    sketch = 2 * low_rank.FIRST_SKETCH + low_rank.OVERSAMPLING
    assert (found.rank, found.slack) == (40, pytest.approx(1 - sketch / 400, abs=1e-3))
    assert found.energy == pytest.approx(0.1, abs=1e-3)


@pytest.mark.parametrize("side", ["factors", "matrix"])
def test_nothing_has_rank_nothing(side: str) -> None:
    zero = torch.zeros(300, 2)
    if side == "factors":
        assert low_rank.of_factors(zero, torch.ones(2, 90), 2, 1.0, 8).rank == 0
    else:
        assert low_rank.approximate(zero @ torch.ones(2, 90), 2, 1.0, 8).rank == 0


def test_a_product_of_factors_is_cut_as_the_matrix_is() -> None:
    torch.manual_seed(1)
    b, a = torch.randn(60, 9), torch.randn(9, 50)
    pair, whole = low_rank.of_factors(b, a, 5, 1.0, 1024), low_rank.approximate(b @ a, 5, 1.0, 1024)
    torch.testing.assert_close(pair.b @ pair.a, whole.b @ whole.a, rtol=1e-4, atol=1e-4)
    assert (pair.energy, pair.norm) == (pytest.approx(whole.energy), pytest.approx(whole.norm))


def test_baked_in_and_extracted_again_it_answers_the_same(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    bake_adapter(tiny["base"], tiny["one"], tmp_path / "tuned")
    found = extract_tuned(
        tiny["base"], tmp_path / "tuned", tmp_path / "out", Wanted(4, 1.0), work=tmp_path / "work", base_name="tiny"
    )
    torch.testing.assert_close(
        answers(tiny["base"], tmp_path / "out"), answers(tmp_path / "tuned"), rtol=1e-3, atol=1e-3
    )
    assert (found.rank, found.lost, len(found.modules)) == (4, (), 14)
    assert found.energy > 1 - 1e-6
    again = extract_tuned(
        tiny["base"], tmp_path / "tuned", tmp_path / "again", Wanted(4, 1.0), work=tmp_path / "new", base_name="tiny"
    )
    assert again == found
    assert (tmp_path / "again" / adapters.WEIGHTS).read_bytes() == (tmp_path / "out" / adapters.WEIGHTS).read_bytes()


def test_the_energy_decides_one_rank_for_all_modules(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    bake_adapter(tiny["base"], tiny["one"], tmp_path / "tuned")
    options = {"work": tmp_path / "work", "base_name": "tiny"}
    found = extract_tuned(tiny["base"], tmp_path / "tuned", tmp_path / "out", Wanted(None, 0.6), **options)  # type: ignore[arg-type]
    assert 1 <= found.rank < 4
    assert all(each.energy >= 0.6 for each in found.modules)
    assert {rank for _, rank, _ in adapters.read(tmp_path / "out").shapes.values()} == {found.rank}


def test_what_a_plain_lora_has_no_place_for_is_told(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    network = AutoModelForCausalLM.from_pretrained(tiny["base"], dtype=torch.float32)
    with torch.no_grad():
        network.model.norm.weight.mul_(1.5)
        network.model.embed_tokens.weight.mul_(1.01)
        network.model.layers[1].mlp.up_proj.weight[0].add_(1.0)
    network.save_pretrained(str(tmp_path / "tuned"))
    found = extract_tuned(
        tiny["base"], tmp_path / "tuned", tmp_path / "out", Wanted(8, 1.0), work=tmp_path / "work", base_name="tiny"
    )
    assert [each.module for each in found.modules] == ["model.layers.1.mlp.up_proj"]
    assert found.rank == 1
    lost = {each.tensor: each.change for each in found.lost}
    assert lost == {"model.norm.weight": pytest.approx(0.5), "model.embed_tokens.weight": pytest.approx(0.01, rel=1e-3)}


def test_a_tuned_model_that_changed_no_linear_module_is_refused(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    new = torch.ones(32) * 3
    bake(tiny["base"], ["model.norm"], lambda *_: Change(weight=new), tmp_path / "tuned")
    with pytest.raises(MergeNotPossible, match=r"no LoRA to extract. What differs is model.norm.weight"):
        extract_tuned(
            tiny["base"], tmp_path / "tuned", tmp_path / "out", Wanted(4, 1), work=tmp_path / "work", base_name="tiny"
        )


def test_models_that_are_built_otherwise_are_refused(tiny: Mapping[str, Path], biased: Path, tmp_path: Path) -> None:
    with pytest.raises(MergeNotPossible, match=r"not built alike.*Name the base"):
        extract_tuned(tiny["base"], biased, tmp_path / "out", Wanted(4, 1), work=tmp_path / "work", base_name="tiny")


def test_dora_becomes_plain_lora_as_near_as_its_rank_allows(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    adapter = trained(tiny["base"], tmp_path / "adapter", r=4, use_dora=True)
    truth = answers(tiny["base"], adapter)
    errors = []
    for rank in (4, 32):
        found = extract_adapter(
            tiny["base"],
            adapter,
            tmp_path / f"out-{rank}",
            Wanted(rank, 1),
            work=tmp_path / f"{rank}",
            base_name="tiny",
        )
        errors.append(float((answers(tiny["base"], tmp_path / f"out-{rank}") - truth).norm() / truth.norm()))
        assert not adapters.read(tmp_path / f"out-{rank}").features
    assert found.energy > 1 - 1e-6
    assert errors[1] < 1e-4 < errors[0]


def test_a_plain_adapter_of_any_scaling_comes_back_the_same(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    adapter = trained(tiny["base"], tmp_path / "adapter", r=4, use_rslora=True, rank_pattern={"q_proj": 2})
    found = extract_adapter(
        tiny["base"], adapter, tmp_path / "out", Wanted(None, 1), work=tmp_path / "work", base_name="tiny"
    )
    torch.testing.assert_close(
        answers(tiny["base"], tmp_path / "out"), answers(tiny["base"], adapter), rtol=1e-4, atol=1e-4
    )
    assert (found.rank, found.lost) == (4, ())


def test_saved_modules_and_biases_are_kept_where_they_are_linear_and_told_where_not(
    biased: Path, tmp_path: Path
) -> None:
    adapter = trained(
        biased, tmp_path / "adapter", r=4, lora_bias=True, target_modules=["q_proj"],
        modules_to_save=["lm_head", "model.norm"],
    )  # fmt: skip
    found = extract_adapter(biased, adapter, tmp_path / "out", Wanted(32, 1), work=tmp_path / "work", base_name="tiny")
    assert "lm_head" in {each.module for each in found.modules}
    lost = {each.tensor for each in found.lost}
    assert lost == {"model.norm.weight", *(f"model.layers.{n}.self_attn.q_proj.bias" for n in range(2))}


def test_a_run_that_was_cut_off_goes_on_with_the_next_module(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    def run(out: str) -> bytes:
        extract_adapter(tiny["base"], tiny["one"], tmp_path / out, Wanted(3, 1), work=tmp_path / "work", base_name="t")
        return (tmp_path / out / adapters.WEIGHTS).read_bytes()

    whole = run("out")
    kept, gone, *_ = sorted((tmp_path / "work").iterdir())
    before = kept.stat().st_mtime_ns
    gone.unlink()
    with TensorWriter(gone.with_suffix(".part"), [("facts", torch.float64, (3,))]) as file:
        file.add("facts", torch.zeros(3))
    assert run("again") == whole
    assert kept.stat().st_mtime_ns == before


def test_it_speaks_as_the_tuned_model_did(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    options = {"work": tmp_path / "work", "base_name": "tiny"}
    bake_adapter(tiny["base"], tiny["one"], tmp_path / "tuned")
    extract_tuned(tiny["base"], tmp_path / "tuned", tmp_path / "silent", Wanted(4, 1), **options)  # type: ignore[arg-type]
    assert not loading.brings_words(tmp_path / "silent")
    config = json.loads((tmp_path / "tuned" / "tokenizer_config.json").read_text())
    (tmp_path / "tuned" / "tokenizer_config.json").write_text(json.dumps({**config, "padding_side": "left"}))
    extract_tuned(tiny["base"], tmp_path / "tuned", tmp_path / "out", Wanted(4, 1), **options)  # type: ignore[arg-type]
    assert loading.brings_words(tmp_path / "out")
