"""How alike two adapters are, from their factors alone; held against the dense changes on small ones."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aird.catalog import sketches
from aird.catalog.intake.adapter import check_config
from aird.catalog.sketches import Adapter
from tests.catalog.conftest import ADAPTER, write_json

SHAPES = {"q_proj": (16, 12), "v_proj": (8, 12)}
Parts = dict[str, tuple["np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]]


def parts(seed: int, *, rank: int = 4, modules: tuple[str, ...] = ("q_proj", "v_proj")) -> Parts:
    """Random (B, A) by module."""
    random = np.random.default_rng(seed)
    return {
        name: (random.standard_normal((SHAPES[name][0], rank)), random.standard_normal((rank, SHAPES[name][1])))
        for name in modules
    }


def encoded(values: "np.ndarray[Any, Any]", dtype: str) -> bytes:
    if dtype != "BF16":
        return values.astype({"F32": "<f4", "F16": "<f2"}[dtype]).tobytes()
    return (values.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()


def write(folder: Path, found: Parts, *, dtype: str = "F32", **config: Any) -> Adapter:
    """An adapter folder with these factors, written by hand."""
    folder.mkdir()
    write_json(folder / "adapter_config.json", ADAPTER | config)
    header: dict[str, Any] = {}
    data = b""
    for name, (b, a) in found.items():
        for factor, values in (("A", a), ("B", b)):
            raw = encoded(values, dtype)
            key = f"base_model.model.model.layers.0.self_attn.{name}.lora_{factor}.weight"
            header[key] = {
                "dtype": dtype,
                "shape": list(values.shape),
                "data_offsets": [len(data), len(data) + len(raw)],
            }
            data += raw
    text = json.dumps(header).encode()
    (folder / "adapter_model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    return Adapter(folder)


def dense(adapter: Adapter) -> "dict[str, np.ndarray[Any, Any]]":
    found = {module: adapter.factors(module) for module in adapter.modules}
    return {module: each.scale * each.b @ each.a for module, each in found.items()}


def dense_cosine(one: Adapter, other: Adapter) -> float:
    left, right = dense(one), dense(other)
    product = sum(float((left[module] * right[module]).sum()) for module in left.keys() & right.keys())
    lengths = [np.sqrt(sum(float((each**2).sum()) for each in side.values())) for side in (left, right)]
    return product / float(lengths[0] * lengths[1])


def cosine(one: Adapter, other: Adapter) -> float:
    return sketches.cosine(one, other, (sketches.norm(one), sketches.norm(other)))


def mixed(one: Parts, other: Parts, share: float) -> Parts:
    """Factors whose change is mostly that of `one`: both stacked, the second scaled by `share`."""
    return {
        name: (np.hstack([one[name][0], share * other[name][0]]), np.vstack([one[name][1], other[name][1]]))
        for name in one
    }


@pytest.mark.parametrize(("dtype", "config"), [
    ("F32", {}), ("F16", {}), ("BF16", {}), ("F32", {"use_rslora": True}),
    ("F32", {"alpha_pattern": {"v_proj": 32}}), ("F32", {"lora_alpha": 3}),
])  # fmt: skip
def test_the_cosine_is_that_of_the_dense_changes(tmp_path: Path, dtype: str, config: dict[str, Any]) -> None:
    one = write(tmp_path / "one", parts(1), dtype=dtype, **config)
    other = write(tmp_path / "other", mixed(parts(1), parts(2), 0.5), dtype=dtype, r=8)
    assert cosine(one, other) == pytest.approx(dense_cosine(one, other), abs=1e-12)
    assert sketches.norm(one) == pytest.approx(np.sqrt(sum((each**2).sum() for each in dense(one).values())))
    assert 0.3 < cosine(one, other) < 0.99


def test_a_bias_is_one_more_column_of_the_change(tmp_path: Path) -> None:
    """The same two adapters, their biases written as a further rank-one term for an input that is always 1."""
    random = np.random.default_rng(5)
    found, wide = [], []
    for seed in (1, 2):
        bias, (b, a) = random.standard_normal(16), parts(seed)["q_proj"]
        found.append(sketches.Factors(2.0, b, a, bias))
        padded = np.vstack([np.hstack([a, np.zeros((4, 1))]), np.eye(13)[12:]])
        wide.append(sketches.Factors(2.0, np.hstack([b, bias[:, None]]), padded))
    assert sketches.inner(*found) == pytest.approx(sketches.inner(*wide), abs=1e-9)
    without = [sketches.Factors(2.0, each.b, each.a) for each in found]
    assert sketches.inner(*without) != pytest.approx(sketches.inner(*found), abs=1e-3)


def test_the_cosine_knows_no_scale_and_no_choice_of_factors(tmp_path: Path) -> None:
    turn = np.linalg.qr(np.random.default_rng(3).standard_normal((4, 4)))[0]
    turned = {name: (3 * b @ turn, turn.T @ a) for name, (b, a) in parts(1).items()}
    one, other = write(tmp_path / "one", parts(1)), write(tmp_path / "other", turned)
    assert cosine(one, other) == pytest.approx(1.0, abs=1e-6)
    opposite = write(tmp_path / "opposite", {name: (-b, a) for name, (b, a) in parts(1).items()})
    assert cosine(one, opposite) == pytest.approx(-1.0, abs=1e-6)


def test_a_module_that_only_one_changes_counts_as_unchanged_in_the_other(tmp_path: Path) -> None:
    both = write(tmp_path / "both", parts(1))
    alone = write(tmp_path / "alone", {"q_proj": parts(1)["q_proj"]}, target_modules=["q_proj"])
    assert cosine(both, alone) == pytest.approx(dense_cosine(both, alone), abs=1e-12)
    assert 0 < cosine(both, alone) < 1


@pytest.mark.parametrize(("config", "module", "rank", "expected"), [
    ({}, "layers.0.q_proj", 4, 2.0), ({"use_rslora": True}, "layers.0.q_proj", 4, 4.0),
    ({"alpha_pattern": {"q_proj": 4}}, "layers.0.q_proj", 4, 1.0), ({}, "layers.0.q_proj", 8, 1.0),
    ({"alpha_pattern": {"q_proj": 4}}, "layers.0.other_q_proj", 4, 2.0),
])  # fmt: skip
def test_the_scale_is_alpha_over_the_rank_as_peft_has_it(
    config: dict[str, Any], module: str, rank: int, expected: float
) -> None:
    assert sketches.scale(check_config(ADAPTER | config), module, rank) == expected


def test_the_sketch_estimates_the_cosine(tmp_path: Path) -> None:
    near = write(tmp_path / "near", mixed(parts(1), parts(2), 0.1), r=8)
    one, far = write(tmp_path / "one", parts(1)), write(tmp_path / "far", parts(7))
    table = {name: sketches.packed(sketches.sketch(each)) for name, each in (("near", near), ("far", far))}
    assert list(sketches.alike(sketches.sketch(one), table, at_least=0.65)) == ["near"]
    assert list(sketches.alike(sketches.sketch(one), table, at_least=-1)) == ["near", "far"]


def test_sketches_are_unbiased_over_many_pairs(tmp_path: Path) -> None:
    adapters = [write(tmp_path / str(seed), parts(seed)) for seed in range(12)]
    values = [sketches.sketch(each).astype(np.float64) for each in adapters]
    errors = []
    for i in range(12):
        for j in range(i):
            lengths = np.linalg.norm(values[i]) * np.linalg.norm(values[j])
            errors.append(float(values[i] @ values[j] / lengths) - dense_cosine(adapters[i], adapters[j]))
    assert abs(float(np.mean(errors))) < 0.02
    assert float(np.std(errors)) < 0.1


def test_a_sketch_is_the_same_on_every_machine(tmp_path: Path) -> None:
    ones = {"q_proj": (np.ones((16, 1)), np.ones((1, 12)))}
    values = sketches.sketch(write(tmp_path / "ones", ones, r=1, lora_alpha=1, target_modules=["q_proj"]))
    places = np.flatnonzero(values.round(3))[:5]
    assert places.tolist() == [7, 9, 12, 17, 24]
    assert values[places].round(3).tolist() == [-1, 1, -1, -1, -1]


def test_a_sketch_of_another_size_is_passed_over(tmp_path: Path) -> None:
    one = write(tmp_path / "one", parts(1))
    kept = sketches.packed(sketches.sketch(one))
    assert list(sketches.alike(sketches.sketch(one), {"short": kept[:-4], "whole": kept}, at_least=0.9)) == ["whole"]
    assert list(sketches.alike(sketches.sketch(one), {}, at_least=0.9)) == []
