"""Merging adapter folders: exact to float32, equal to PEFT where PEFT is right, refusing what cannot be
exact."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from torch import Tensor

from aird.merge.methods import files
from aird.merge.methods.base import Method
from aird.merge.methods.errors import MergeNotPossible
from aird.runtimes import adapters, hf, loading
from aird.runtimes.errors import AdapterUnusable
from aird.testing_ml import make_adapter, make_base


def dense(folder: Path) -> dict[str, Tensor]:
    adapter = adapters.read(folder)
    factors = {module: adapter.factors(module) for module in adapter.shapes}
    return {m: (f.b.double() @ f.a.double()) * f.scaling for m, f in factors.items()}


def distance(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    assert one.keys() == other.keys()
    return max(float((one[m] - other[m]).norm() / other[m].norm()) for m in one)


def weighted(folders: list[Path], weights: list[float]) -> dict[str, Tensor]:
    total: dict[str, Tensor] = {}
    for folder, weight in zip(folders, weights, strict=True):
        for module, delta in dense(folder).items():
            total[module] = total.get(module, torch.zeros_like(delta)) + weight * delta
    return total


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    """Adapters of different ranks and scalings."""
    shapes = ((4, 8), (2, 3), (3, 7))
    return [make_adapter(tmp_path / str(n), seed=n, rank=r, alpha=a) for n, (r, a) in enumerate(shapes)]


def test_the_sum_of_adapters_of_mixed_ranks_is_exact(three: list[Path], tmp_path: Path):
    weights = [0.5, -0.3, 1.2]
    files.merge_adapters("linear", three, weights, tmp_path / "out", scale=0.5)
    assert distance(dense(tmp_path / "out"), weighted(three, [w * 0.5 for w in weights])) < 1e-6
    config = json.loads((tmp_path / "out" / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["rank_pattern"]) == (9, 9, {})


def test_a_cut_sum_is_the_best_of_its_rank(three: list[Path], tmp_path: Path):
    files.merge_adapters("linear", three, [1, 1, 1], tmp_path / "out", rank=4)
    expected = {}
    for module, delta in weighted(three, [1, 1, 1]).items():
        left, values, right = torch.linalg.svd(delta, full_matrices=False)
        expected[module] = left[:, :4] * values[:4] @ right[:4]
    assert distance(dense(tmp_path / "out"), expected) < 1e-6


@pytest.mark.parametrize("method", ["linear", "tsv"])
@pytest.mark.parametrize("rank", [None, 4])
def test_one_adapter_alone_comes_out_as_itself(three: list[Path], tmp_path: Path, method: Method, rank: int | None):
    files.merge_adapters(method, three[:1], [1.0], tmp_path / "out", rank=rank)
    assert distance(dense(tmp_path / "out"), dense(three[0])) < 1e-6


def test_peft_cat_gives_the_same_sum(three: list[Path], tmp_path: Path):
    base = make_base(tmp_path / "base")
    network = loading.load_network(base, device=torch.device("cpu"))
    for n, folder in enumerate(three):
        network = loading.attach(network, adapters.read(folder), f"a{n}")
    assert isinstance(network, PeftModel)
    network.add_weighted_adapter(["a0", "a1", "a2"], [0.5, 0.2, 1.2], "sum", combination_type="cat")
    files.merge_adapters("linear", three, [0.5, 0.2, 1.2], tmp_path / "out")
    theirs = {m: f.scaling * f.b.double() @ f.a.double() for m, f in loading.detach(network, "sum").items()}
    assert distance(dense(tmp_path / "out"), theirs) < 1e-6


def test_rslora_and_patterns_keep_their_own_scaling(three: list[Path], tmp_path: Path):
    path = three[0] / adapters.CONFIG
    fields = {"use_rslora": True, "alpha_pattern": {"layers.1.mlp.down_proj": 5}}
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))
    files.merge_adapters("linear", three[:2], [1, 1], tmp_path / "out")
    assert adapters.read(three[0]).scalings["model.layers.1.mlp.down_proj"] == 2.5
    assert adapters.read(three[0]).scalings["model.layers.0.mlp.down_proj"] == 4.0
    assert distance(dense(tmp_path / "out"), weighted(three[:2], [1, 1])) < 1e-6


def test_a_module_that_one_adapter_lacks_counts_as_unchanged(tmp_path: Path):
    whole = make_adapter(tmp_path / "1", rank=3)
    part = make_adapter(tmp_path / "2", seed=2, rank=2, modules=["self_attn.q_proj"])
    for method in ("linear", "tsv"):
        files.merge_adapters(method, [whole, part], [1, 1], tmp_path / method)
    assert distance(dense(tmp_path / "linear"), weighted([whole, part], [1, 1])) < 1e-6
    only = "model.layers.0.mlp.down_proj"
    assert distance({only: dense(tmp_path / "tsv")[only]}, {only: dense(whole)[only]}) < 1e-6


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")
def test_an_irregular_set_of_modules_is_loaded_as_written(tmp_path: Path):
    base = make_base(tmp_path / "base")
    folder = make_adapter(tmp_path / "1")
    adapter = adapters.read(folder)
    some = dict(list({m: adapter.factors(m) for m in adapter.shapes}.items())[:9])
    adapters.write(tmp_path / "some", some, base_name="tiny")
    files.merge_adapters("tsv", [tmp_path / "some"], [1.0], tmp_path / "out")
    theirs = PeftModel.from_pretrained(loading.load_network(base, device=torch.device("cpu")), tmp_path / "out")
    ids = torch.arange(9)[None]
    with torch.no_grad():
        expected = theirs.eval()(input_ids=ids).logits
    ours = hf.load(base, tmp_path / "some", device=torch.device("cpu"))
    torch.testing.assert_close(ours.forward(ids).logits, expected)


def test_the_diagnostics_say_who_is_loud_and_what_is_lost(three: list[Path], tmp_path: Path):
    told = files.merge_adapters("tsv", three, [1, 1, 4], tmp_path / "out", rank=3)
    shares = [source.norm_share for source in told.sources]
    assert sum(shares) == pytest.approx(1)
    assert max(shares) == shares[2]
    assert told.sources[2].energy_kept > told.sources[1].energy_kept
    assert 0 < told.energy_kept < 1
    assert (told.rank, told.modules, told.overlap[0][0]) == (3, 14, pytest.approx(1))
    assert told.overlap[0][1] == pytest.approx(told.overlap[1][0])
    assert 1 < told.effective_rank < 3
    json.dumps(asdict(told))


@pytest.mark.parametrize("field", [{"use_dora": True}, {"lora_bias": True}, {"modules_to_save": ["lm_head"]}])
def test_adapters_that_are_more_than_plain_lora_are_refused(
    three: list[Path], tmp_path: Path, field: dict[str, object]
):
    path = three[1] / adapters.CONFIG
    path.write_text(json.dumps(json.loads(path.read_text()) | field))
    with pytest.raises(AdapterUnusable):
        files.merge_adapters("linear", three, [1, 1, 1], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_adapters_of_different_bases_are_refused(three: list[Path], tmp_path: Path):
    tensors = load_file(three[1] / adapters.WEIGHTS)
    wide = {key: torch.zeros(t.shape[0], 99) if "lora_A" in key else t for key, t in tensors.items()}
    save_file(wide, three[1] / adapters.WEIGHTS)
    with pytest.raises(MergeNotPossible, match="different bases"):
        files.merge_adapters("tsv", three, [1, 1, 1], tmp_path / "out")


@pytest.mark.parametrize(
    ("weights", "scale", "rank"),
    [
        ([1.0], 1.0, None),
        ([1.0, float("nan"), 1.0], 1.0, None),
        ([1, 1, 1], float("inf"), None),
        ([1, 1, 1], 1.0, 0),
    ],
)
def test_numbers_that_make_no_sense_are_refused(
    three: list[Path], tmp_path: Path, weights: list[float], scale: float, rank: int | None
):
    with pytest.raises(MergeNotPossible):
        files.merge_adapters("linear", three, weights, tmp_path / "out", scale=scale, rank=rank)
