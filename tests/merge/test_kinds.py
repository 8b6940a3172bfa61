"""Identity: one adapter of any kind at weight 1 comes out as itself; several add up as float64 adds them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from aird.catalog.intake.inspection import BaseFacts, base_facts, inspect
from aird.merge.methods import bake, bake_sum, extras, files
from aird.merge.methods.base import Method
from aird.merge.methods.errors import MergeNotPossible
from aird.runtimes import adapters, hf
from aird.testing_ml import make_base
from tests import kinds
from tests.kinds import CPU, DORA, IDS, KINDS, PLAIN, SUMMED

pytestmark = [pytest.mark.filterwarnings(f"ignore:{each}") for each in kinds.PEFT_WARNS]
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base with a head of its own and a bias in every linear module, so that everything can be baked in."""
    folder = make_base(tmp_path_factory.mktemp("biased"), tied=False, biases=True)
    tensors, random = load_file(folder / WEIGHTS), torch.Generator().manual_seed(3)
    found = {n: torch.randn(t.shape, generator=random) * 0.2 for n, t in tensors.items() if n.endswith(".bias")}
    save_file(tensors | found, folder / WEIGHTS, {"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def facts(base: Path) -> BaseFacts:
    return base_facts(base)


def close(one: Tensor, other: Tensor) -> None:
    torch.testing.assert_close(one, other, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("kind", PLAIN | SUMMED)
def test_one_adapter_at_weight_1_answers_as_before(base: Path, facts: BaseFacts, tmp_path: Path, kind: str) -> None:
    folder = kinds.make(kind, base, tmp_path / "adapter")
    files.merge_adapters("linear", [folder], [1.0], tmp_path / "out", base=base)
    assert inspect(tmp_path / "out", base=facts).features == tuple(
        each for each in adapters.FEATURES if each in adapters.read(folder).features
    )
    expected = kinds.peft(base, folder)
    close(kinds.peft(base, tmp_path / "out"), expected)
    close(hf.load(base, tmp_path / "out", device=CPU).forward(IDS).logits, expected)


@pytest.mark.parametrize("kind", ["rslora_patterns", "mixed_targets", "lora_bias_and_head", "norms"])
@pytest.mark.parametrize("method", ["tsv", "ctm"])
def test_a_rule_for_many_leaves_one_alone_as_it_is(base: Path, tmp_path: Path, kind: str, method: Method) -> None:
    folder = kinds.make(kind, base, tmp_path / "adapter")
    files.merge_adapters(method, [folder], [1.0], tmp_path / "out", base=base)
    close(kinds.peft(base, tmp_path / "out"), kinds.peft(base, folder))


@pytest.mark.parametrize("kind", KINDS)
def test_one_adapter_in_its_base_answers_as_beside_it(base: Path, tmp_path: Path, kind: str) -> None:
    folder = kinds.make(kind, base, tmp_path / "adapter")
    bake.bake_adapter(base, folder, tmp_path / "one")
    bake_sum.bake_sum(base, [folder], [1.0], tmp_path / "sum", names=["it"])
    expected = kinds.peft(base, folder)
    close(hf.load(tmp_path / "one", device=CPU).forward(IDS).logits, expected)
    close(hf.load(tmp_path / "sum", device=CPU).forward(IDS).logits, expected)


TOGETHER = {"rslora_patterns": 0.7, "lora_bias_and_head": -0.4, "mixed_targets": 1.3, "norms": 0.5, "head": 0.9}
WITH_DORA = TOGETHER | {"dora_rslora_patterns": 0.6, "dora_and_head": 0.8, "linear_saved": 1.1}


def together(base: Path, home: Path, weights: dict[str, float]) -> tuple[list[Path], dict[str, Tensor]]:
    """Adapters of these kinds with different ranks; base + the weighted sum of what PEFT makes of each, in float64."""
    folders = [kinds.make(kind, base, home / kind, seed=n, r=2 + n) for n, kind in enumerate(weights)]
    start = {name: tensor.double() for name, tensor in load_file(base / WEIGHTS).items()}
    total = {name: tensor.clone() for name, tensor in start.items()}
    for folder, weight in zip(folders, weights.values(), strict=True):
        for name, tensor in kinds.peft_weights(base, folder).items():
            total[name] += weight * (tensor - start[name])
    return folders, total


def error(found: dict[str, Tensor], expected: dict[str, Tensor]) -> float:
    """The largest relative error of any tensor."""
    assert found.keys() == expected.keys()
    return max(float((found[n].double() - t).norm() / t.norm()) for n, t in expected.items())


def test_different_kinds_and_ranks_add_up_to_float64s_sum(base: Path, facts: BaseFacts, tmp_path: Path) -> None:
    folders, expected = together(base, tmp_path, TOGETHER)
    weights = list(TOGETHER.values())
    files.merge_adapters("linear", folders, weights, tmp_path / "out", base=base)
    assert inspect(tmp_path / "out", base=facts).features == ("lora_bias", "modules_to_save")
    assert error(kinds.peft_weights(base, tmp_path / "out"), expected) < 1e-6
    files.merge_adapters("linear", folders, [2 * w for w in weights], tmp_path / "half", scale=0.5, base=base)
    assert error(kinds.peft_weights(base, tmp_path / "half"), expected) < 1e-6


def test_in_a_whole_model_dora_adds_up_too(base: Path, tmp_path: Path) -> None:
    folders, expected = together(base, tmp_path, WITH_DORA)
    bake_sum.bake_sum(base, folders, list(WITH_DORA.values()), tmp_path / "out", names=list(WITH_DORA))
    assert error(load_file(tmp_path / "out" / WEIGHTS), expected) < 1e-6


@pytest.mark.parametrize("kind", DORA)
def test_dora_is_refused_by_name_where_an_adapter_is_to_come_out(base: Path, tmp_path: Path, kind: str) -> None:
    plain, dora = (kinds.make(each, base, tmp_path / each) for each in ("plain", kind))
    names = ["support/mail@1", "hr/leave@2"]
    with pytest.raises(MergeNotPossible, match="aird extract hr/leave@2") as refusal:
        files.merge_adapters("linear", [plain, dora], [1, 1], tmp_path / "out", base=base, names=names)
    assert refusal.value.params == {"reason": "dora", "versions": ["hr/leave@2"]}
    assert not (tmp_path / "out").exists()
    files.merge_adapters("linear", [plain, plain], [1, 1], tmp_path / "out", base=base, names=names)


@pytest.mark.parametrize("kind", ["plain", "dora_rslora_patterns", "mica"])
def test_the_dense_change_is_pefts(base: Path, tmp_path: Path, kind: str) -> None:
    adapter = adapters.read(kinds.make(kind, base, tmp_path / "adapter"))
    start, merged = load_file(base / WEIGHTS), kinds.peft_weights(base, tmp_path / "adapter")
    for module in adapter.shapes:
        name = f"{module}.weight"
        change = extras.delta(adapter, module, None, start[name]).double()
        expected = merged[name] - start[name].double()
        assert float((change - expected).norm() / expected.norm()) < 1e-7
    with pytest.raises(MergeNotPossible, match="trained on"):
        extras.delta(adapter, module, None, start[name][1:])
