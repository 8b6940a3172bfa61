"""Weights in eight bits: what the error is, who reads them, and that the intake takes these and no others."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from aird.catalog.intake import inspection
from aird.catalog.intake.refusals import IntakeRefused
from aird.merge.methods import shards
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.methods.quantize import quantize
from aird.runtimes import hf, int8, loading
from aird.runtimes.errors import AdapterUnusable
from aird.runtimes.tensor_file import TensorReader, TensorWriter
from aird.testing_ml import make_base
from tests.merge.test_bake import IDS, answers, sharded

MODULE = "model.layers.0.mlp.up_proj"


@pytest.fixture(scope="session")
def eight(tmp_path_factory: pytest.TempPathFactory, tiny: Mapping[str, Path]) -> Path:
    """The tiny base in eight bits."""
    out = tmp_path_factory.mktemp("eight") / "model"
    quantize(tiny["base"], out)
    return out


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    found = {}
    for path in shards.shards(folder):
        with TensorReader(path) as file:
            found |= {name: file.read(name) for name in file.places}
    return found


def changed(folder: Path, out: Path, change: Callable[[dict[str, torch.Tensor]], object] = lambda _: None) -> Path:
    """A copy whose tensors were changed."""
    out.mkdir()
    for path in folder.iterdir():
        if path.suffix != ".safetensors":
            (out / path.name).write_bytes(path.read_bytes())
    values = tensors(folder)
    change(values)
    with TensorWriter(out / "model.safetensors", [(n, v.dtype, v.shape) for n, v in values.items()]) as file:
        for name, value in values.items():
            file.add(name, value)
    return out


def test_every_row_has_a_scale_and_the_error_is_half_a_step_at_most(tiny: Mapping[str, Path], eight: Path) -> None:
    old, new = tensors(tiny["base"]), tensors(eight)
    weights = [name for name in old if name.endswith("proj.weight")]
    assert new.keys() == old.keys() | {f"{name}_scale" for name in weights}
    for name in weights:
        scale = new[f"{name}_scale"]
        assert (new[name].dtype, scale.dtype, scale.shape) == (torch.int8, torch.float32, (old[name].shape[0], 1))
        assert bool(((new[name] * scale - old[name]).abs() <= scale * 0.5001).all())
        assert bool((new[name].abs().amax(1) == 127).all())
    assert all(torch.equal(new[name], old[name]) for name in old if name not in weights)


def test_the_error_is_told(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    found = quantize(tiny["base"], tmp_path / "out")
    old, new = tensors(tiny["base"]), tensors(tmp_path / "out")
    error = new[f"{MODULE}.weight"] * new[f"{MODULE}.weight_scale"] - old[f"{MODULE}.weight"]
    assert found.errors[MODULE] == pytest.approx(float(error.norm() / old[f"{MODULE}.weight"].norm()), rel=1e-4)
    assert (len(found.errors), 0.001 < found.error < 0.01) == (14, True)


def test_transformers_answers_as_the_whole_model_nearly_does(tiny: Mapping[str, Path], eight: Path) -> None:
    whole, rounded = answers(tiny["base"]), answers(eight)
    assert 0 < float((rounded - whole).norm() / whole.norm()) < 0.06


def test_our_runtime_answers_with_it(eight: Path) -> None:
    model = hf.load(eight)
    torch.testing.assert_close(model.forward(IDS).logits, answers(eight), rtol=1e-4, atol=1e-4)
    assert list(model.generate([{"role": "user", "content": "Mail?"}], max_tokens=2))


def test_shards_stay_and_the_same_bytes_come_out_again(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    base = sharded(tiny["base"], tmp_path / "base", torch.bfloat16)
    quantize(base, tmp_path / "out")
    quantize(base, tmp_path / "again")
    names = {path.name for path in base.iterdir()} - {"model.safetensors.index.json"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert all((tmp_path / "again" / n).read_bytes() == (tmp_path / "out" / n).read_bytes() for n in names)


def test_a_row_of_zeros_stays_zero(tiny: Mapping[str, Path], tmp_path: Path) -> None:
    base = changed(tiny["base"], tmp_path / "base", lambda found: found[f"{MODULE}.weight"][3].zero_())
    quantize(base, tmp_path / "out")
    found = tensors(tmp_path / "out")
    assert int(found[f"{MODULE}.weight"][3].abs().sum()) == 0
    assert bool(torch.isfinite(answers(tmp_path / "out")).all())


def test_what_is_quantised_already_or_broken_is_refused(tiny: Mapping[str, Path], eight: Path, tmp_path: Path) -> None:
    with pytest.raises(MergeNotPossible, match=r"quantised already. Quantise the version it was made from"):
        quantize(eight, tmp_path / "twice")
    broken = changed(tiny["base"], tmp_path / "broken", lambda found: found[f"{MODULE}.weight"][0, 0].fill_(torch.nan))
    with pytest.raises(MergeNotPossible, match="NaN or infinity"):
        quantize(broken, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.safetensors"))


def test_the_intake_takes_it(tiny: Mapping[str, Path], eight: Path) -> None:
    whole = inspection.inspect(tiny["base"], base=None)
    found = inspection.inspect(eight, base=inspection.base_facts(tiny["base"]))
    assert (found.kind, found.quantization, found.dtype) == ("full", "int8", "I8")
    assert (found.parameters, found.shapes, whole.quantization) == (whole.parameters, whole.shapes, None)


def other(config: dict[str, Any], *path: str, value: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(config))
    place = copy
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return copy


GROUP = ("config_groups", "group_0")


@pytest.mark.parametrize(
    "config",
    [
        other(int8.CONFIG, *GROUP, "weights", "num_bits", value=4),
        other(int8.CONFIG, *GROUP, "weights", "symmetric", value=1),
        other(int8.CONFIG, *GROUP, "targets", value=["re:.*"]),
        other(int8.CONFIG, "quant_method", value="bitsandbytes"),
        other(int8.CONFIG, "ignore", value=[]),
        other(int8.CONFIG, "auto_map", value="x.y"),
        {},
    ],
)
def test_the_intake_takes_no_other_way_of_quantising(eight: Path, tmp_path: Path, config: dict[str, Any]) -> None:
    folder = changed(eight, tmp_path / "out")
    inspection.inspect(folder, base=None)
    content = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**content, "quantization_config": config}))
    with pytest.raises(IntakeRefused) as refused:
        inspection.inspect(folder, base=None)
    assert refused.value.params["reason"] == "dangerous_field"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda v: v.pop(f"{MODULE}.weight_scale"), "missing_tensor"),
        (lambda v: v.update({f"{MODULE}.weight_scale": v[f"{MODULE}.weight_scale"].half()}), "dtype"),
        (lambda v: v.update({f"{MODULE}.weight_scale": v[f"{MODULE}.weight_scale"][:, 0]}), "bad_shape"),
        (lambda v: v[f"{MODULE}.weight_scale"][0].fill_(torch.inf), "not_finite"),
        (lambda v: v.update({f"{MODULE}.weight": v[f"{MODULE}.weight"].float()}), "dtype"),
        (lambda v: v.update({"model.norm.weight": v["model.norm.weight"].to(torch.int8)}), "dtype"),
        (lambda v: v.update({"lm_head.weight_scale": torch.ones(384, 1)}), "extra_tensor"),
    ],
)
def test_the_intake_takes_no_other_tensors(
    eight: Path, tmp_path: Path, change: Callable[[dict[str, torch.Tensor]], object], reason: str
) -> None:
    with pytest.raises(IntakeRefused) as refused:
        inspection.inspect(changed(eight, tmp_path / "out", change), base=None)
    assert refused.value.params["reason"] == reason


def test_eight_bits_without_saying_so_are_refused(tiny: Mapping[str, Path], eight: Path, tmp_path: Path) -> None:
    folder = changed(eight, tmp_path / "out")
    (folder / "config.json").write_bytes((tiny["base"] / "config.json").read_bytes())
    with pytest.raises(IntakeRefused, match="is I8, not a float type"):
        inspection.inspect(folder, base=None)


def test_no_adapter_builds_on_eight_bits(tiny: Mapping[str, Path], eight: Path) -> None:
    inspection.inspect(tiny["one"], base=inspection.base_facts(tiny["base"]))
    with pytest.raises(IntakeRefused) as refused:
        inspection.inspect(tiny["one"], base=inspection.base_facts(eight))
    assert refused.value.params["reason"] == "quantized_base"
    with pytest.raises(AdapterUnusable, match="eight bits"):
        hf.load(eight, tiny["one"])


def test_a_model_of_another_size_stays_its_own(tmp_path: Path) -> None:
    quantize(make_base(tmp_path / "base", vocabulary=400), tmp_path / "out")
    assert loading.load_network(tmp_path / "out", device=torch.device("cpu")).lm_head.weight.shape[0] == 400
