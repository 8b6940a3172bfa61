"""Adapters of every kind are served as PEFT serves them: alone, many on one base, and after others have gone."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft.tuners.lora.dora import DoraLinearLayer
from safetensors.torch import load_file

from aird.catalog.intake.inspection import BaseFacts, base_facts, inspect
from aird.runtimes import adapters, hf, loading
from aird.runtimes.errors import AdapterUnusable
from aird.testing_ml import make_base
from tests import kinds
from tests.kinds import CPU, IDS, KINDS
from tests.runtimes.test_adapters import change_config

pytestmark = [pytest.mark.filterwarnings(f"ignore:{each}") for each in kinds.PEFT_WARNS]
FEATURES = {"dora": "use_dora", "lora_bias": "lora_bias", "modules_to_save": "modules_to_save"}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("untied"), tied=False)


@pytest.fixture(scope="module")
def facts(base: Path) -> BaseFacts:
    return base_facts(base)


@pytest.fixture(scope="module")
def tied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("tied"), tied=True)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_passes_the_intake_and_answers_as_peft_does(
    base: Path, facts: BaseFacts, tmp_path: Path, kind: str
) -> None:
    folder = kinds.make(kind, base, tmp_path / "adapter")
    (folder / "README.md").unlink()
    found = inspect(folder, base=facts)
    assert set(found.features) == {name for name, field in FEATURES.items() if KINDS[kind].get(field)}
    read = adapters.read(folder)
    assert (read.features, dict(read.saved)) == (set(found.features), dict(found.saved))
    model = hf.load(base, folder, device=CPU)
    bare = model.forward(IDS, adapter="").logits
    theirs = kinds.peft(base, folder)
    torch.testing.assert_close(model.forward(IDS).logits, theirs, rtol=0, atol=0)
    assert float((theirs - bare).abs().max()) > 0.1


@pytest.mark.parametrize("kind", ["head", "embedding", "head_and_embedding", "dora_and_head"])
def test_a_head_that_shares_its_weights_can_be_replaced(tied: Path, tmp_path: Path, kind: str) -> None:
    folder = kinds.make(kind, tied, tmp_path / "adapter")
    (folder / "README.md").unlink()
    assert inspect(folder, base=base_facts(tied)).saved
    model = hf.load(tied, folder, device=CPU)
    torch.testing.assert_close(model.forward(IDS).logits, kinds.peft(tied, folder), rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["plain", "dora", "lora_bias", "head_and_embedding"])
def test_on_a_base_in_half_precision_too(base: Path, tmp_path: Path, kind: str) -> None:
    folder = kinds.make(kind, base, tmp_path / "adapter")
    network = loading.load_network(base, device=CPU, dtype=torch.bfloat16)
    network = loading.attach(network, adapters.read(folder), "slot").eval()
    with torch.no_grad():
        ours = network(input_ids=IDS).logits
    torch.testing.assert_close(ours, kinds.peft(base, folder, torch.bfloat16), rtol=0, atol=0)


MANY = ["plain", "head", "dora", "lora_bias", "embedding", "head_and_embedding", "dora_and_head", "rslora_patterns"]


def test_adapters_of_all_kinds_live_on_one_base_and_leave_it_as_it_was(base: Path, tmp_path: Path) -> None:
    folders = {kind: kinds.make(kind, base, tmp_path / kind, seed=n, r=2 + n) for n, kind in enumerate(MANY)}
    model = hf.load(base, device=CPU)
    bare = model.forward(IDS).logits
    expected = {kind: kinds.peft(base, folder) for kind, folder in folders.items()}
    for kind, folder in folders.items():
        model.add_adapter(kind, folder)
        torch.testing.assert_close(model.forward(IDS).logits, bare, rtol=0, atol=0)
    for kind in [*MANY, *reversed(MANY)]:
        torch.testing.assert_close(model.forward(IDS, adapter=kind).logits, expected[kind], rtol=0, atol=0)
    for kind in ["head", "plain", "dora_and_head", "lora_bias", "embedding", "dora", "rslora_patterns"]:
        model.use(kind)
        model.remove_adapter(kind)
        torch.testing.assert_close(model.forward(IDS).logits, bare, rtol=0, atol=0)
        for left in model.adapters:
            torch.testing.assert_close(model.forward(IDS, adapter=left).logits, expected[left], rtol=0, atol=0)
    model.use("head_and_embedding")
    model.remove_adapter("head_and_embedding")
    torch.testing.assert_close(model.forward(IDS).logits, bare, rtol=0, atol=0)
    model.add_adapter("again", folders["head"])
    torch.testing.assert_close(model.forward(IDS, adapter="again").logits, expected["head"], rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["dora", "lora_bias", "head_and_embedding", "norms", "rslora_patterns"])
def test_what_is_taken_off_the_base_and_written_is_the_same_adapter(
    base: Path, facts: BaseFacts, tmp_path: Path, kind: str
) -> None:
    folder = kinds.make(kind, base, tmp_path / "adapter")
    network = loading.attach(loading.load_network(base, device=CPU), adapters.read(folder), "slot")
    saved = loading.detach_saved(network, "slot")
    adapters.write(tmp_path / "again", loading.detach(network, "slot"), base_name="tiny", saved=saved)
    assert adapters.read(tmp_path / "again").features == adapters.read(folder).features
    inspect(tmp_path / "again", base=facts)
    theirs = kinds.peft(base, tmp_path / "again")
    torch.testing.assert_close(theirs, kinds.peft(base, folder), rtol=0, atol=1e-5)


def make_rows(base: Path) -> int:
    return int(load_file(base / "model.safetensors")["lm_head.weight"].shape[0])


def test_one_module_cannot_have_factors_and_be_replaced_at_once(base: Path, tmp_path: Path) -> None:
    whole = kinds.make("head", base, tmp_path / "whole")
    pair = adapters.Factors(torch.ones(1, 32), torch.ones(make_rows(base), 1), 0.5)
    adapters.write(tmp_path / "factors", {"lm_head": pair}, base_name="tiny")
    factors = tmp_path / "factors"
    for first, second in ((whole, factors), (factors, whole)):
        model = hf.load(base, first, device=CPU)
        torch.testing.assert_close(model.forward(IDS).logits, kinds.peft(base, first), rtol=0, atol=0)
        with pytest.raises(AdapterUnusable, match="endpoint of its own"):
            model.add_adapter("second", second)
        torch.testing.assert_close(model.forward(IDS).logits, kinds.peft(base, first), rtol=0, atol=0)


def test_doras_norms_are_worked_out_once_until_it_is_trained(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    formed: list[str] = []
    norms = DoraLinearLayer.get_weight_norm
    monkeypatch.setattr(DoraLinearLayer, "get_weight_norm", lambda *a, **k: (formed.append(""), norms(*a, **k))[1])
    folder = kinds.make("dora", base, tmp_path / "adapter")
    network = loading.attach(loading.load_network(base, device=CPU), adapters.read(folder), "slot").eval()
    formed.clear()
    with torch.no_grad():
        first, second = network(input_ids=IDS).logits, network(input_ids=IDS).logits
    assert len(formed) == len(adapters.read(folder).shapes)
    torch.testing.assert_close(first, second, rtol=0, atol=0)
    network.train()
    network(input_ids=IDS).logits.sum().backward()
    with torch.no_grad():
        for name, values in network.named_parameters():
            if "lora_" in name and values.grad is not None:
                values.sub_(values.grad * 1e-3)
        after = network.eval()(input_ids=IDS).logits
    adapters.write(tmp_path / "again", loading.detach(network, "slot"), base_name="tiny")
    torch.testing.assert_close(kinds.peft(base, tmp_path / "again"), after, rtol=0, atol=1e-5)
    assert float((after - first).abs().max()) > 1e-3


def test_saved_modules_of_another_base_are_refused(base: Path, tmp_path: Path) -> None:
    folder = kinds.make("head", base, tmp_path / "adapter")
    wide = make_base(tmp_path / "wide", tied=False, vocabulary=500)
    hf.load(base, folder, device=CPU)
    with pytest.raises(AdapterUnusable, match="trained on"):
        hf.load(wide, folder, device=CPU)


@pytest.mark.parametrize(
    "fields",
    [{"use_dora": False}, {"lora_bias": True}, {"modules_to_save": None}, {"modules_to_save": ["lm_head", "norm2"]}],
)
def test_what_the_config_does_not_say_is_not_read(base: Path, tmp_path: Path, fields: dict[str, Any]) -> None:
    folder = kinds.make("dora_and_head", base, tmp_path / "adapter")
    adapters.read(folder)
    with pytest.raises(AdapterUnusable):
        adapters.read(change_config(folder, **fields))
