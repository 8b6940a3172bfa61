"""Our rules for whole models against mergekit's own output, and what they do by themselves."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM

from aird.merge.mergekit import cage
from aird.merge.methods import dense, dense_select, dense_settings
from aird.merge.methods.errors import MergeNotPossible
from aird.runtimes.tensor_file import TensorReader
from aird.testing_ml import make_base

A, B, C = (cage.place(name) for name in "abc")
GRADIENT = [{"filter": "self_attn", "value": [0, 0.5, 0.3]}, {"filter": "mlp", "value": [1, 0.5]}, {"value": 0.5}]


def weighted(*models: tuple[str, float], **more: Any) -> list[dict[str, Any]]:
    return [{"model": name, "parameters": {"weight": weight, **more}} for name, weight in models]


RECIPES: Mapping[str, dict[str, Any]] = {
    "linear": {"merge_method": "linear", "models": weighted((A, 0.3), (B, 0.5), (C, 1.1))},
    "linear_sum": {
        "merge_method": "linear",
        "base_model": A,
        "models": [*weighted((B, 0.5)), {"model": C}],
        "parameters": {"weight": 0.4, "normalize": False},
    },
    "slerp": {"merge_method": "slerp", "base_model": A, "models": [{"model": B}], "parameters": {"t": GRADIENT}},
    "slerp_half": {
        "merge_method": "slerp",
        "base_model": B,
        "models": [{"model": A}, {"model": B}],
        "parameters": {"t": 0.3},
        "dtype": "bfloat16",
    },
    "task_arithmetic": {
        "merge_method": "task_arithmetic",
        "base_model": A,
        "models": [*weighted((B, 0.5)), {"model": C, "parameters": {"weight": [0.2, 0.9]}}],
        "parameters": {"lambda": 0.7},
    },
    "task_arithmetic_mean": {
        "merge_method": "task_arithmetic",
        "base_model": A,
        "models": weighted((B, 0.5), (C, 0.2)),
        "parameters": {"normalize": True},
        "dtype": "float16",
        "out_dtype": "float32",
    },
    "ties": {
        "merge_method": "ties",
        "base_model": A,
        "models": [*weighted((B, 0.5), density=0.3), *weighted((C, 0.2), density=0.7)],
        "parameters": {"int8_mask": True},
        "out_dtype": "bfloat16",
    },
    "ties_rescaled": {
        "merge_method": "ties",
        "base_model": A,
        "models": [*weighted((B, 1.0), density=0.3), *weighted((C, 1.0), density=0.0)],
        "parameters": {"normalize": False, "rescale": True, "lambda": 1.5},
    },
}
ROUNDED = {"slerp": 1e-6, "slerp_half": 1e-4, "ties_rescaled": 1e-6}
"""Where sums are taken in another order: the largest difference, of the tensor's norm. All others are equal bits."""


@pytest.fixture(scope="session")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three whole models of one shape in `in`, the third of them in bfloat16."""
    folder = tmp_path_factory.mktemp("cell")
    for seed, name in enumerate("abc"):
        make_base(folder / cage.INPUTS / name, seed=seed)
    network = AutoModelForCausalLM.from_pretrained(folder / C, dtype=torch.bfloat16)
    network.save_pretrained(folder / C)
    return folder


@pytest.fixture(scope="session")
def theirs(cell: Path) -> Path:
    """What mergekit makes of every recipe, in folders of its name."""
    orders = [cage.Order(config, [A, B, C], name) for name, config in RECIPES.items()]
    assert len(cage.run(orders, cell)) == len(orders)
    return cell


def tensors(folder: Path) -> Iterator[tuple[str, Tensor]]:
    with TensorReader(folder / "model.safetensors") as file:
        yield from ((name, file.read(name)) for name in file.places)


@pytest.mark.slow
@pytest.mark.xdist_group("mergekit")
@pytest.mark.parametrize("name", RECIPES)
def test_our_rules_give_what_mergekit_gives(theirs: Path, tmp_path: Path, name: str) -> None:
    result = dense.merge(dense.recipe_of(RECIPES[name], lambda place: theirs / place), tmp_path / "ours")
    ours, expected = dict(tensors(tmp_path / "ours")), dict(tensors(theirs / name))
    assert ours.keys() == expected.keys()
    assert result.tensors == len(ours)
    for tensor, values in expected.items():
        assert ours[tensor].dtype == values.dtype
        difference = (ours[tensor].double() - values.double()).norm() / values.double().norm()
        assert float(difference) <= ROUNDED.get(name, 0.0), tensor


def ours(cell: Path, out: Path, name: str, **change: Any) -> dict[str, Tensor]:
    dense.merge(dense.recipe_of({**RECIPES[name], **change}, lambda place: cell / place), out)
    return dict(tensors(out))


def test_the_same_merge_gives_the_same_bytes(cell: Path, tmp_path: Path) -> None:
    for out in ("one", "two"):
        ours(cell, tmp_path / out, "ties")
    one, two = ((tmp_path / out / "model.safetensors").read_bytes() for out in ("one", "two"))
    assert one == two


def test_a_whole_shard_is_kept_and_a_torn_one_is_made_anew(cell: Path, tmp_path: Path) -> None:
    first = ours(cell, tmp_path / "out", "linear")
    made = (tmp_path / "out" / "model.safetensors").stat()
    (tmp_path / "out" / "model.safetensors.part").write_bytes(b"torn")
    ours(cell, tmp_path / "out", "linear")
    assert (tmp_path / "out" / "model.safetensors").stat().st_mtime_ns == made.st_mtime_ns
    (tmp_path / "out" / "model.safetensors").unlink()
    again = ours(cell, tmp_path / "out", "linear")
    assert all(torch.equal(again[name], values) for name, values in first.items())


def test_progress_counts_every_tensor(cell: Path, tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []
    recipe = dense.recipe_of(RECIPES["linear"], lambda place: cell / place)
    dense.merge(recipe, tmp_path / "out", report=lambda *step: said.append(step))
    assert said == [(n, 20) for n in range(1, 21)]


def test_weights_that_cancel_are_refused_and_others_are_not(cell: Path, tmp_path: Path) -> None:
    with pytest.raises(MergeNotPossible, match="add up to 0"):
        ours(cell, tmp_path / "none", "linear", models=weighted((A, 1.0), (B, -1.0)))
    assert not list((tmp_path / "none").glob("*.safetensors*"))
    assert ours(cell, tmp_path / "some", "linear", models=weighted((A, 1.0), (B, -0.5)))


def test_a_model_of_another_size_is_refused(cell: Path, tmp_path: Path) -> None:
    make_base(tmp_path / "wide", vocabulary=500)
    recipe = dense.DenseMerge(
        "linear", tuple(dense.Whole(each, {"weight": 1.0}) for each in (cell / A, tmp_path / "wide"))
    )
    with pytest.raises(MergeNotPossible, match=r"embed_tokens.*tokenizer_source"):
        dense.merge(recipe, tmp_path / "out")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_largest_entries_are_found_without_holding_the_matrix(dtype: torch.dtype) -> None:
    random = torch.Generator().manual_seed(0)
    matrix = torch.randn(300, 70, generator=random).to(dtype)
    [found] = dense_select.largest(lambda: ([block] for block in matrix.split(13)), [5000])
    mask = found.walk()
    kept = torch.cat([mask(block) for block in matrix.split(31)]).reshape(-1)
    sizes = matrix.abs().float().reshape(-1)
    assert int(kept.sum()) == 5000
    assert float(sizes[kept].min()) >= float(sizes[~kept].max())
    order = torch.argsort(sizes, descending=True, stable=True)[:5000]
    assert torch.equal(order.sort().values, kept.nonzero().reshape(-1))
    assert found.l1 == pytest.approx(float(sizes.double().sum()))
    assert found.kept_l1 == pytest.approx(float(sizes[kept].double().sum()))


def test_a_gradient_runs_over_the_layers_and_a_filter_takes_part_of_them() -> None:
    names = [f"model.layers.{n}.mlp.up_proj.weight" for n in range(5)]
    depths = [dense_settings.depth(name, 5) for name in (*names, "model.norm.weight")]
    assert depths == [0, 0.25, 0.5, 0.75, 1, 0]
    assert [
        dense_settings.number([{"t": [0, 1, 0]}], "t", name, at) for name, at in zip(names, depths, strict=False)
    ] == [
        *(0, 0.5, 1, 0.5, 0),
    ]
    scopes = [None, {"t": [{"filter": "attn", "value": 1}]}, {"t": 0.25}]
    assert dense_settings.number(scopes, "t", "model.layers.0.self_attn.q_proj.weight", 0) == 1
    assert dense_settings.number(scopes, "t", names[0], 0) == 0.25
