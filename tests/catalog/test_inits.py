"""Which initialisations of PEFT leave the base's weights alone, held against PEFT itself, and that the fix works."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, LoraGAConfig, get_peft_model, initialize_lora_eva_weights
from peft.tuners.lora.config import CordaConfig
from peft.tuners.lora.corda import preprocess_corda
from peft.tuners.lora.loraga import preprocess_loraga
from torch import Tensor

from aird.catalog.intake.adapter import check_config
from aird.catalog.intake.inspection import base_facts, inspect
from aird.catalog.intake.refusals import IntakeRefused
from aird.runtimes import hf, loading
from aird.testing_ml import make_base
from tests import kinds
from tests.kinds import CPU, IDS

PEFT_WARNS = (*kinds.PEFT_WARNS, ".*changes the base weights.*", ".*corda_config.*", ".*lora_ga.*", ".*backward hook.*")
pytestmark = [pytest.mark.filterwarnings(f"ignore:{each}") for each in PEFT_WARNS]
INITS: list[Any] = [True, False, "gaussian", "orthogonal", "eva", "mica"]
MUTATING = ["pissa", "pissa_niter_4", "olora", "corda", "lora_ga"]
QUANTIZING = "loftq"
"""Replaces the base's weights as well, but only with a library for quantised weights."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("model"), tied=False)


def fresh(base: Path, init: Any) -> tuple[Any, dict[str, Tensor]]:
    """A network with an adapter so initialised, and the base's weights as they were before."""
    network = loading.load_network(base, device=CPU)
    start = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    config = LoraConfig(
        r=4,
        lora_alpha=6,
        target_modules=["q_proj", "down_proj"],
        task_type="CAUSAL_LM",
        init_lora_weights=init,
        corda_config=CordaConfig() if init == "corda" else None,
        lora_ga_config=LoraGAConfig() if init == "lora_ga" else None,
    )
    if init == "corda":
        with torch.no_grad():
            preprocess_corda(network, config, run_model=lambda: network(input_ids=IDS))
    if init == "lora_ga":
        preprocess_loraga(network, config, lambda: network(input_ids=IDS, labels=IDS).loss.backward())
    torch.manual_seed(0)
    return get_peft_model(network, config), start


def is_base_as_it_was(network: Any, start: dict[str, Tensor]) -> bool:
    now = {name.replace(".base_layer", ""): t for name, t in network.get_base_model().state_dict().items()}
    return all(torch.equal(now[name], tensor) for name, tensor in start.items())


def train(network: Any) -> Tensor:
    """As if it had been trained; the logits it answers with."""
    with torch.no_grad():
        for name, values in network.named_parameters():
            if "lora_" in name:
                values.add_(torch.randn(values.shape, generator=torch.Generator().manual_seed(1)) * 0.1)
        logits: Tensor = network.eval()(input_ids=IDS).logits
    return logits


@pytest.mark.parametrize("init", INITS)
def test_what_leaves_the_base_alone_is_taken_and_answers_the_same(base: Path, tmp_path: Path, init: Any) -> None:
    network, start = fresh(base, init)
    if init == "eva":
        initialize_lora_eva_weights(
            network, [{"input_ids": IDS.repeat(4, 1), "attention_mask": torch.ones(4, IDS.shape[1])}] * 4
        )
    assert is_base_as_it_was(network, start)
    logits = train(network)
    network.save_pretrained(str(tmp_path / "out"))
    (tmp_path / "out" / "README.md").unlink()
    assert inspect(tmp_path / "out", base=base_facts(base)).kind == "adapter"
    torch.testing.assert_close(hf.load(base, tmp_path / "out", device=CPU).forward(IDS).logits, logits)


@pytest.mark.parametrize("init", MUTATING)
def test_what_changes_the_base_is_refused(base: Path, tmp_path: Path, init: str) -> None:
    network, start = fresh(base, init)
    assert not is_base_as_it_was(network, start)
    train(network)
    network.save_pretrained(str(tmp_path / "out"))
    (tmp_path / "out" / "README.md").unlink()
    with pytest.raises(IntakeRefused) as refusal:
        inspect(tmp_path / "out", base=base_facts(base))
    assert refusal.value.params["reason"] == "init_lora_weights"


@pytest.mark.parametrize("init", MUTATING)
def test_the_fix_that_the_refusal_names_makes_it_plain_lora_on_the_real_base(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, init: str
) -> None:
    monkeypatch.chdir(tmp_path)
    network, _ = fresh(base, init)
    network.save_pretrained("init")
    logits = train(network)
    network.save_pretrained("out", path_initial_model_for_weight_conversion="init")
    (tmp_path / "out" / "README.md").unlink()
    assert inspect(tmp_path / "out", base=base_facts(base)).rank == 8
    ours = hf.load(base, tmp_path / "out", device=CPU).forward(IDS).logits
    torch.testing.assert_close(ours, logits, rtol=1e-3, atol=1e-3)


def taken(init: Any) -> bool:
    fields = {"peft_type": "LORA", "r": 4, "lora_alpha": 4, "target_modules": ["q_proj"]}
    try:
        check_config(fields | {"init_lora_weights": init})
    except IntakeRefused:
        return False
    return True


def test_every_initialisation_that_peft_names_is_known_here() -> None:
    named = set(re.findall(r"['\"](\w+)", str(LoraConfig.__dataclass_fields__["init_lora_weights"].type)))
    assert named - {*map(str, INITS), *MUTATING, "pissa_niter_", QUANTIZING} == set()
    assert len(named) > 6
    assert [taken(init) for init in INITS] == [True] * len(INITS)
    assert [taken(init) for init in (*MUTATING, QUANTIZING, "of_tomorrow")] == [False] * (len(MUTATING) + 2)
