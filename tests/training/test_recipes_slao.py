"""SLAO on small matrices and on a folder: what the formulas of the paper say, computed another way."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from aird.testing_ml import make_adapter
from aird.training.recipes import slao


def tensors(seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        "q.lora_A.weight": torch.randn(3, 10, generator=generator),
        "q.lora_B.weight": torch.randn(7, 3, generator=generator),
    }


def test_the_next_task_starts_from_an_orthonormal_basis_of_the_same_rows() -> None:
    tuned = tensors(1)
    started = slao.start_tensors(tuned)
    a, before = started["q.lora_A.weight"].numpy(), tuned["q.lora_A.weight"].numpy()
    np.testing.assert_allclose(a @ a.T, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(before @ a.T @ a, before, atol=1e-5)  # they span the same space
    assert np.diag(before @ a.T).min() > 0  # no row is turned round
    assert torch.equal(started["q.lora_B.weight"], tuned["q.lora_B.weight"])


def test_the_merged_adapter_takes_a_and_goes_part_of_the_way_of_b() -> None:
    merged, tuned = tensors(1), tensors(2)
    found = slao.merged_tensors(merged, tuned, 4)
    assert torch.equal(found["q.lora_A.weight"], tuned["q.lora_A.weight"])
    wanted = merged["q.lora_B.weight"] + (tuned["q.lora_B.weight"] - merged["q.lora_B.weight"]) / 2
    torch.testing.assert_close(found["q.lora_B.weight"], wanted)
    assert torch.equal(slao.merged_tensors(merged, tuned, 1)["q.lora_B.weight"], tuned["q.lora_B.weight"])


def test_adapters_of_other_shapes_are_not_merged() -> None:
    with pytest.raises(ValueError, match="same modules and ranks"):
        slao.merged_tensors({"q.lora_B.weight": torch.zeros(7, 2)}, {"q.lora_B.weight": torch.zeros(7, 3)}, 2)
    with pytest.raises(ValueError, match="same modules"):
        slao.merged_tensors(tensors(1), tensors(2), 0)


def test_folders_are_adapters_again(tmp_path: Path) -> None:
    one = make_adapter(tmp_path / "one", seed=1, rank=4)
    two = make_adapter(tmp_path / "two", seed=2, rank=4)
    start = slao.start(one, tmp_path / "start")
    merged = slao.merge(one, two, 2, tmp_path / "merged")
    for folder in (start, merged):
        assert (folder / "adapter_config.json").read_bytes() == (one / "adapter_config.json").read_bytes()
        assert set(load_file(folder / slao.WEIGHTS)) == set(load_file(one / slao.WEIGHTS))
