"""Where a version can run: the ranking and its reasons."""

from pathlib import Path

import pytest

from aird.deploy.drivers.hf import HfRuntime
from aird.deploy.drivers.vllm import VllmOptions, VllmRuntime
from aird.deploy.fitting.chips import PROFILES, Family, profile
from aird.deploy.fitting.manifest import Manifest
from aird.deploy.fitting.matching import Fit, FitVerdict, Place, Verified, distinct, match
from aird.deploy.placement import RuntimeKind

LLAMA = {
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "hidden_size": 4096,
    "intermediate_size": 14336, "max_position_embeddings": 8192,
}  # fmt: skip
DRIVERS = [
    HfRuntime(Path("/run"), Path("/logs")),
    VllmRuntime(Path("/run"), Path("/logs"), VllmOptions(python="/vllm", max_rank=64)),
]


def manifest(adapter: dict[str, object] | None = None, **more: object) -> Manifest:
    facts = {"ref": "support/bot@1", "digest": "sha256:1", "base": "sha256:0", "architecture": "LlamaForCausalLM",
             "parameters": 8_030_000_000, "weight_bytes": 16_060_000_000, "config": LLAMA, "adapter": adapter,
             "rank": 16 if adapter is not None else 0}  # fmt: skip
    return Manifest(**{**facts, **more})  # type: ignore[arg-type]


def of(found: list[Fit], runtime: RuntimeKind, chip: str) -> Fit:
    return next(each for each in found if (each.runtime, each.chip) == (runtime, chip))


@pytest.mark.parametrize(
    ("flavour", "family"),
    [
        ("cpu", Family.CPU), ("NVIDIA H100 80GB HBM3", Family.NVIDIA), ("AMD Instinct MI300X", Family.AMD),
        ("Ascend 910B", Family.ASCEND), ("Intel Gaudi 3", Family.GAUDI), ("Intel Arc B580", Family.INTEL),
        ("Cambricon MLU590", Family.CAMBRICON), ("chip_a", Family.OTHER),
    ],
)  # fmt: skip
def test_a_chip_is_known_by_its_name(flavour: str, family: Family) -> None:
    assert profile(flavour).family is family


def test_every_kind_of_chip_is_known_by_its_own_title() -> None:
    assert [profile(each.title).family for each in PROFILES] == [each.family for each in PROFILES]


def test_what_was_verified_comes_first_and_nothing_else_is_called_so() -> None:
    tried = [Verified(RuntimeKind.VLLM, "0.32.0", Family.CPU, passed=True)]
    found = match(manifest({"r": 16}), [Place("cpu"), Place("NVIDIA H100", 80 * 10**9)], DRIVERS, tried)
    assert [(each.runtime, each.chip, each.verdict) for each in found[:1]] == [
        (RuntimeKind.VLLM, "cpu", FitVerdict.VERIFIED)
    ]
    assert found[0].verified_version == "0.32.0"
    assert {each.verdict for each in found[1:]} == {FitVerdict.SHOULD_WORK}


def test_what_failed_there_is_not_offered() -> None:
    tried = [Verified(RuntimeKind.HF, "0.1", Family.CPU, passed=False)]
    fit = of(match(manifest(), [Place("cpu")], DRIVERS, tried), RuntimeKind.HF, "cpu")
    assert (fit.verdict, [each.code for each in fit.reasons]) == (FitVerdict.NO, ["failed_conformance"])


@pytest.mark.parametrize(
    ("config", "code"),
    [({"r": 16, "use_dora": True}, "dora"), ({"r": 128}, "rank"), ({"r": 8, "lora_bias": True}, "lora_bias"),
     ({"r": 8, "modules_to_save": ["lm_head"]}, "modules_to_save"), ({"r": 8, "init_lora_weights": "pissa"}, "init")],
)  # fmt: skip
def test_an_adapter_that_vllm_refuses_fits_our_own_worker(config: dict[str, object], code: str) -> None:
    found = match(manifest(config), [Place("cpu")], DRIVERS)
    assert [each.code for each in of(found, RuntimeKind.VLLM, "cpu").reasons] == [code]
    assert all(each.fix for each in of(found, RuntimeKind.VLLM, "cpu").reasons)
    assert of(found, RuntimeKind.HF, "cpu").verdict is FitVerdict.SHOULD_WORK


def test_a_chip_that_is_too_small_is_refused_in_numbers() -> None:
    fit = of(match(manifest(), [Place("NVIDIA T4", 16 * 2**30)], DRIVERS), RuntimeKind.VLLM, "NVIDIA T4")
    assert [each.code for each in fit.reasons] == ["no_room"]
    assert "one NVIDIA T4 has 16.0 GiB" in fit.reasons[0].message
    assert fit.estimate.kv == 2 * 32 * 8 * 128 * 2 * 4096 * 8  # 128 KiB a token, eight answers of 4,096


def test_a_runtime_that_was_not_built_for_a_chip_says_which_one_was() -> None:
    fit = of(match(manifest(), [Place("Ascend 910B")], DRIVERS), RuntimeKind.HF, "Ascend 910B")
    assert (fit.verdict, fit.reasons[0].code, fit.reasons[0].fix) == (FitVerdict.NO, "not_built", "Use vllm.")


def test_eight_bits_are_served_by_our_own_worker_alone() -> None:
    found = match(manifest(quantization="int8"), [Place("cpu")], DRIVERS)
    assert [each.verdict for each in found] == [FitVerdict.SHOULD_WORK, FitVerdict.NO]


def test_every_kind_of_chip_is_looked_at_once_with_its_smallest_memory() -> None:
    chips = [Place("a", 40), Place("b"), Place("a", 80), Place("b", 10)]
    assert distinct(chips) == [Place("cpu"), Place("a", 40), Place("b", 10)]
