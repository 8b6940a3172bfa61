"""Adapter folders: what PEFT writes is read, what is more than plain LoRA is refused by name."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from aird.runtimes import adapters, hf, loading
from aird.runtimes.errors import AdapterUnusable
from aird.testing_ml import make_adapter, make_base

Change = Callable[[dict[str, Any]], object]
TENSOR = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("model"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_adapter(tmp_path / "adapter")


def change_config(folder: Path, **fields: Any) -> Path:
    path = folder / adapters.CONFIG
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))
    return folder


def change_tensors(folder: Path, change: Change) -> Path:
    tensors = load_file(folder / adapters.WEIGHTS)
    change(tensors)
    save_file(tensors, folder / adapters.WEIGHTS)
    return folder


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning")
@pytest.mark.parametrize("use_rslora", [False, True])
def test_patterns_and_rslora_scale_as_peft_scales(base: Path, tmp_path: Path, use_rslora: bool):
    config = LoraConfig(
        r=4,
        lora_alpha=6,
        use_rslora=use_rslora,
        init_lora_weights=False,
        target_modules=["q_proj", "v_proj", "down_proj"],
        rank_pattern={"layers.1.self_attn.q_proj": 2, "down_proj": 3},
        alpha_pattern={"^model.layers.0.mlp.down_proj": 9, "v_proj": 1},
    )
    network = get_peft_model(loading.load_network(base, device=torch.device("cpu")), config).eval()
    network.save_pretrained(str(tmp_path))
    adapter = adapters.read(tmp_path)
    for module, scaling in adapter.scalings.items():
        assert scaling == pytest.approx(network.get_base_model().get_submodule(module).scaling["default"])
    ids = torch.arange(10)[None]
    ours = hf.load(base, tmp_path, device=torch.device("cpu"))
    torch.testing.assert_close(ours.forward(ids).logits, network(input_ids=ids).logits)


def test_what_is_written_reads_back_and_is_readable_by_everyone(folder: Path, tmp_path: Path):
    adapter = adapters.read(folder)
    mixed = {module: adapter.factors(module) for module in adapter.shapes}
    first, second, *_ = mixed
    mixed[second] = adapters.Factors(mixed[second].a[:2], mixed[second].b[:, :2], 0.3)
    adapters.write(tmp_path / "again", {first: mixed[first], second: mixed[second]}, base_name="tiny")
    again = adapters.read(tmp_path / "again")
    assert again.scalings == pytest.approx({first: 2.0, second: 0.3})
    torch.testing.assert_close(again.factors(second).b, mixed[second].b)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "again").iterdir()} == {0o644}


@pytest.mark.parametrize(
    "fields",
    [
        {"ensure_weight_tying": True},
        {"lora_bias": True},
        {"bias": "all"},
        {"modules_to_save": ["lm_head"]},
        {"target_parameters": ["x"]},
        {"layer_replication": [[0, 2]]},
        {"fan_in_fan_out": True},
        {"init_lora_weights": "pissa_niter_4"},
        {"peft_type": "IA3"},
        {"rank_pattern": {"(a+)+$": 4}},
        {"alpha_pattern": ["q_proj"]},
        {"lora_alpha": float("inf")},
        {"lora_alpha": "8"},
        {"r": 200_000_000},
    ],
)
def test_a_config_that_is_more_than_plain_lora_is_refused(folder: Path, fields: dict[str, Any]):
    adapters.read(folder)
    with pytest.raises(AdapterUnusable):
        adapters.read(change_config(folder, **fields))


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.update({"base_model.model.lm_head.weight": torch.zeros(2, 2)}),
        lambda t: t.update({TENSOR.replace("lora_A.weight", "lora_magnitude_vector"): torch.zeros(2)}),
        lambda t: t.update({TENSOR.replace("lora_A", "lora_embedding_A"): torch.zeros(2, 2)}),
        lambda t: t.pop(TENSOR),
        lambda t: t.update({TENSOR: t[TENSOR][:2].clone()}),
        lambda t: t.clear(),
    ],
)
def test_tensors_that_are_not_pairs_of_factors_are_refused(folder: Path, change: Change):
    with pytest.raises(AdapterUnusable):
        adapters.read(change_tensors(folder, change))


def test_missing_and_broken_files_are_refused(folder: Path, tmp_path: Path):
    with pytest.raises(AdapterUnusable, match="missing"):
        adapters.read(tmp_path)
    (folder / adapters.WEIGHTS).write_bytes(b"\x08\0\0\0\0\0\0\0{}")
    with pytest.raises(AdapterUnusable, match="cannot be read"):
        adapters.read(folder)
    (folder / adapters.CONFIG).write_text("{")
    with pytest.raises(AdapterUnusable, match="not JSON"):
        adapters.read(folder)


def test_numbers_that_are_not_finite_are_refused(base: Path, folder: Path):
    change_tensors(folder, lambda t: t[TENSOR].fill_(float("nan")))
    with pytest.raises(AdapterUnusable, match="NaN"):
        hf.load(base, folder)


def test_an_adapter_of_another_base_is_refused(base: Path, tmp_path: Path):
    hf.load(base, make_adapter(tmp_path / "good"))
    factors = adapters.Factors(torch.zeros(2, 7), torch.zeros(32, 2), 1.0)
    for module in ("model.layers.0.self_attn.q_proj", "model.layers.9.self_attn.q_proj", "model.norm"):
        adapters.write(tmp_path / module, {module: factors}, base_name="tiny")
        with pytest.raises(AdapterUnusable):
            hf.load(base, tmp_path / module)
