import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aird.catalog.intake.inspection import BaseFacts, base_facts, inspect
from aird.catalog.intake.refusals import IntakeRefused

Tensors = dict[str, Any]
EditTensors = Callable[[Path, Callable[[Tensors], object]], None]
Q0 = "base_model.model.model.layers.0.self_attn.q_proj"
NAN, INF = float("nan"), float("inf")


@pytest.fixture
def base(base_folder: Path) -> BaseFacts:
    return base_facts(base_folder, "sha256:base")


def refused(folder: Path, base: BaseFacts | None = None) -> tuple[str, str]:
    with pytest.raises(IntakeRefused) as refusal:
        inspect(folder, base=base)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 700
    return refusal.value.params["reason"], refusal.value.params["file"]


def test_an_adapter_is_taken_with_its_facts(adapter_folder: Path, base: BaseFacts) -> None:
    intake = inspect(adapter_folder, base=base)
    assert (intake.kind, intake.rank, intake.alpha, intake.architecture) == ("adapter", 4, 8.0, "llama")
    assert intake.target_modules == ("q_proj", "v_proj")
    assert intake.shapes["model.layers.0.self_attn.v_proj"] == (8, 16)
    assert intake.ranks == dict.fromkeys(intake.shapes, 4)
    assert intake.parameters == 2 * (4 * 16 + 16 * 4 + 4 * 16 + 8 * 4)
    assert intake.tokenizer_sha256 == base.tokenizer_sha256
    assert json.loads(json.dumps(intake.facts()))["shapes"]["model.layers.0.self_attn.v_proj"] == [8, 16]


def test_without_a_base_the_adapter_alone_is_checked(adapter_folder: Path) -> None:
    assert inspect(adapter_folder, base=None).architecture is None


CONFIGS: list[tuple[dict[str, Any], str]] = [
    *(({"r": r}, "rank") for r in (0, -1, 1025, 200_000_000, 4.0, "4", True, None, [4], 10**400)),
    ({"r": 8}, "rank"),
    *(({"lora_alpha": a}, "alpha") for a in (0, -8, 1e9, "8", True, None, [8], 10**400)),
    *(({"lora_alpha": a}, "not_finite") for a in (NAN, INF, -INF)),
    *(({"lora_dropout": d}, "bad_value") for d in (1, 2.5, -0.1, "0.1", [0])),
    *(({"use_rslora": v}, "bad_value") for v in (1, "yes")),
    *(({"target_modules": t}, "regex") for t in (r"(a+)+$", ".*", "q_proj", "ALL-LINEAR", "model.layers.0", "")),
    *(
        ({"target_modules": [t]}, "regex")
        for t in ("(a|a)*$", "q_proj|v_proj", "q_.*", "[q]", "q_proj$", "", "q..p", 7)
    ),
    *(({"target_modules": t}, "no_target") for t in ([], None)),
    *(({"target_modules": t}, "bad_value") for t in ({"q_proj": 1}, 7, ["q_proj", "q_proj"], ["q"] * 9000)),
    ({"target_modules": ["q_proj"]}, "extra_tensor"),
    ({"target_modules": ["q_proj", "v_proj", "k_proj"]}, "missing_tensor"),
    ({"target_modules": ["proj"]}, "extra_tensor"),
    ({"exclude_modules": ["q_proj"]}, "extra_tensor"),
    ({"exclude_modules": "q_.*"}, "bad_value"),
    ({"exclude_modules": ["(x+)+"]}, "regex"),
    *(({"rank_pattern": {k: 4}}, "regex") for k in (r"(.*a){30}$", ".*q_proj", "^q_proj", "q|v", "layers\\.0", "")),
    *(({"rank_pattern": {"q_proj": r}}, "rank") for r in (0, 2_000, "4", None, 8)),
    *(({"alpha_pattern": {"q_proj": a}}, "alpha") for a in (0, "x", 1e300)),
    ({"alpha_pattern": {"q_proj|x": 8}}, "regex"),
    ({"alpha_pattern": {"k_proj": 8}}, "no_target"),
    ({"rank_pattern": {"o_proj": 4}}, "no_target"),
    ({"rank_pattern": ["q_proj"]}, "bad_value"),
    ({"layer_replication": [[0, 2]] * 20_000}, "layer_replication"),
    ({"use_dora": True}, "missing_tensor"),
    ({"lora_bias": True}, "missing_tensor"),
    ({"lora_bias": True, "use_dora": True}, "lora_bias"),
    *(({name: v}, "bad_value") for name in ("use_dora", "lora_bias") for v in (1, "yes", [True])),
    *(({"bias": b}, "bias") for b in ("all", "lora_only")),
    ({"modules_to_save": ["lm_head"]}, "missing_tensor"),
    *(({"modules_to_save": v}, "bad_value") for v in ("lm_head", 7, {"lm_head": 1}, ["norm", "norm"], ["x"] * 9000)),
    *(({"modules_to_save": [v]}, "regex") for v in ("(a|a)*$", "lm_head|norm", ".*", "", 7)),
    ({"trainable_token_indices": [1]}, "trainable_token_indices"),
    ({"target_parameters": ["x"]}, "target_parameters"),
    ({"layers_to_transform": [0]}, "layers_to_transform"),
    ({"layers_pattern": "layers"}, "layers_pattern"),
    ({"fan_in_fan_out": True}, "fan_in_fan_out"),
    *(
        ({"init_lora_weights": i}, "init_lora_weights")
        for i in ("pissa", "pissa_niter_4", "PiSSA", "loftq", "olora", "corda", "lora_ga", "of_tomorrow", 7)
    ),
    ({"init_lora_weights": "eva", "eva_config": {"rho": 2.0, "x": 1}}, "unknown_field"),
    ({"init_lora_weights": "eva", "eva_config": {"rho": [2]}}, "unknown_field"),
    ({"corda_config": {"cache_file": "x" * 2000}}, "unknown_field"),
    ({"lora_ga_config": "all"}, "unknown_field"),
    ({"loftq_config": {"loftq_bits": 4}}, "loftq_config"),
    *(({"peft_type": p}, "peft_type") for p in ("IA3", "LOHA", "ADALORA", None, 5)),
    *(({"task_type": t}, "task_type") for t in ("SEQ_CLS", "TOKEN_CLS")),
    *(({name: {"x": 1}}, "unknown_field") for name in ("megatron_config", "eva_config", "corda_config", "kasa_config")),
    *(({name: True}, "unknown_field") for name in ("use_qalora", "ensure_weight_tying", "anything", "use_magic")),
    ({"megatron_core": "os"}, "unknown_field"),
    ({"alora_invocation_tokens": [1, 2]}, "unknown_field"),
    ({"auto_mapping": {"parent_library": "os", "base_model_class": "system"}}, "unknown_field"),
    ({"auto_mapping": {"parent_library": "transformers.models.x.modeling_x.y", "z": 1}}, "unknown_field"),
    ({"auto_map": {"AutoModel": "evil.Evil"}}, "dangerous_field"),
    ({"loftq_config": {"deep": [{"auto_map": "evil.Evil"}]}}, "dangerous_field"),
    ({"trust_remote_code": True}, "dangerous_field"),
    ({"base_model_name_or_path": ["x"]}, "unknown_field"),
]


@pytest.mark.parametrize(("changes", "reason"), CONFIGS, ids=lambda v: str(v)[:60])
def test_a_configuration_beyond_plain_lora_is_refused(
    adapter_folder: Path, base: BaseFacts, edit: Callable[..., None], changes: dict[str, Any], reason: str
) -> None:
    edit(adapter_folder / "adapter_config.json", **changes)
    assert refused(adapter_folder, base)[0] == reason


GOOD: list[dict[str, Any]] = [
    {"use_rslora": True, "lora_alpha": 16.5},
    {"base_model_name_or_path": "../../other", "revision": "main"},
    {"task_type": None, "inference_mode": False, "init_lora_weights": "gaussian"},
    {"rank_pattern": {"q_proj": 4}, "alpha_pattern": {"model.layers.0.self_attn.v_proj": 2}},
    {"r": 64, "rank_pattern": {"q_proj": 4, "v_proj": 4}},
    {"target_modules": ["self_attn.q_proj", "v_proj"], "exclude_modules": ["k_proj"]},
    {
        "target_modules": "all-linear",
        "exclude_modules": ["k_proj", "o_proj", "up_proj", "gate_proj", "down_proj"],
    },
    {
        "auto_mapping": {
            "base_model_class": "LlamaForCausalLM",
            "parent_library": "transformers.models.llama.modeling_llama",
        }
    },
    *({"init_lora_weights": init} for init in (False, "orthogonal", "eva", "mica")),
    {"init_lora_weights": "eva", "eva_config": {"rho": 2.0, "tau": 0.99, "whiten": False, "label_mask_value": -100}},
    {"corda_config": {"corda_method": "ipm", "cache_file": None}, "lora_ga_config": {"direction": "ArBr"}},
    {"use_dora": None, "lora_bias": None, "modules_to_save": []},
    {"a_field_of_tomorrow": None, "another": False, "third": {}},
]


@pytest.mark.parametrize("changes", GOOD, ids=lambda v: str(v)[:60])
def test_what_does_not_change_the_maths_is_taken(
    adapter_folder: Path, base: BaseFacts, edit: Callable[..., None], changes: dict[str, Any]
) -> None:
    edit(adapter_folder / "adapter_config.json", **changes)
    assert inspect(adapter_folder, base=base).kind == "adapter"


def zeros(*shape: int, dtype: str = "float32") -> Any:
    return np.zeros(shape, dtype)


def put(name: str, value: Any) -> Callable[[Tensors], object]:
    return lambda tensors: tensors.update({name: value})


TENSORS: list[tuple[Callable[[Tensors], object], str]] = [
    (put("base_model.model.lm_head.weight", zeros(64, 16)), "extra_tensor"),
    (put("base_model.model.model.embed_tokens.weight", zeros(64, 16)), "extra_tensor"),
    (put("lm_head.weight", zeros(64, 16)), "extra_tensor"),
    (put("base_model.model.model.layers.0.self_attn.q_proj.weight", zeros(16, 16)), "extra_tensor"),
    (
        put("base_model.model.model.layers.0.self_attn.q_proj.base_layer.weight", zeros(16, 16)),
        "extra_tensor",
    ),
    (put(f"{Q0}.lora_magnitude_vector", zeros(16)), "extra_tensor"),
    (put(f"{Q0}.lora_B.bias", zeros(16)), "extra_tensor"),
    (put(f"{Q0}.lora_A.default.weight", zeros(4, 16)), "extra_tensor"),
    (put("base_model.model.model.embed_tokens.lora_embedding_A", zeros(4, 64)), "extra_tensor"),
    (put("base_model.model.model.layers.0.self_attn.k_proj.lora_A.weight", zeros(4, 16)), "extra_tensor"),
    (put("model.layers.0.self_attn.q_proj.lora_A.weight", zeros(4, 16)), "extra_tensor"),
    (put("base_model.model.model.layers.9.self_attn.q_proj.lora_A.weight", zeros(4, 16)), "missing_tensor"),
    (lambda t: t.pop(f"{Q0}.lora_A.weight"), "missing_tensor"),
    (lambda t: t.pop(f"{Q0}.lora_B.weight"), "missing_tensor"),
    (lambda t: [t.pop(f"{Q0}.lora_{x}.weight") for x in "AB"], "missing_tensor"),
    (lambda t: [t.pop(name) for name in list(t) if "v_proj" in name], "missing_tensor"),
    (lambda t: t.clear(), "empty"),
    (put(f"{Q0}.lora_A.weight", zeros(8, 16)), "rank"),
    (put(f"{Q0}.lora_B.weight", zeros(16, 8)), "rank"),
    (put(f"{Q0}.lora_A.weight", zeros(16, 4)), "rank"),
    (put(f"{Q0}.lora_A.weight", zeros(4, 15)), "base_shape"),
    (put(f"{Q0}.lora_B.weight", zeros(32, 4)), "base_shape"),
    (put(f"{Q0}.lora_A.weight", zeros(64)), "bad_shape"),
    (put(f"{Q0}.lora_A.weight", zeros(4, 16, 1)), "bad_shape"),
    (put(f"{Q0}.lora_A.weight", zeros(4, 16, dtype="int8")), "bad_shape"),
    (put(f"{Q0}.lora_A.weight", zeros(4, 16, dtype="float64")), "bad_shape"),
    (lambda t: t[f"{Q0}.lora_B.weight"].__setitem__((0, 0), NAN), "not_finite"),
    (lambda t: t[f"{Q0}.lora_B.weight"].__setitem__((15, 3), -INF), "not_finite"),
]


@pytest.mark.parametrize(("change", "reason"), TENSORS)
def test_tensors_that_are_not_just_the_declared_factors_are_refused(
    adapter_folder: Path,
    base: BaseFacts,
    edit_tensors: EditTensors,
    change: Callable[[Tensors], object],
    reason: str,
) -> None:
    edit_tensors(adapter_folder / "adapter_model.safetensors", change)
    assert refused(adapter_folder, base) == (reason, "adapter_model.safetensors")


def test_half_precision_factors_are_taken(adapter_folder: Path, base: BaseFacts, edit_tensors: EditTensors) -> None:
    path = adapter_folder / "adapter_model.safetensors"
    edit_tensors(path, lambda t: t.update({name: value.astype("float16") for name, value in t.items()}))
    assert inspect(adapter_folder, base=base).dtype == "F16"


def test_a_module_the_base_does_not_have_is_refused(adapter_folder: Path, base: BaseFacts) -> None:
    shapes = {name: shape for name, shape in base.shapes.items() if "layers.1" not in name}
    assert refused(adapter_folder, BaseFacts("llama", 64, shapes, None)) == (
        "not_in_base",
        "adapter_model.safetensors",
    )


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "model-00001-of-00001.safetensors"])
def test_an_adapter_and_a_model_in_one_folder_are_refused(adapter_folder: Path, name: str) -> None:
    (adapter_folder / name).write_text("{}")
    assert refused(adapter_folder) == ("mixed", name)


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_half_an_adapter_is_refused(adapter_folder: Path, name: str) -> None:
    (adapter_folder / name).unlink()
    assert refused(adapter_folder)[0] == "incomplete"


RAW = [
    ('{"r": 4, "r": 200000000}', "double_key"),
    ('{"peft_type": "LORA", "lora_alpha": Infinity}', "not_finite"),
    ("[1]", "not_an_object"),
    ("{", "not_json"),
    ('{"r": ' + "9" * 5000 + "}", "not_json"),
    ('{"a":' * 5000, "too_deep"),
    ('{"a": "\x00"}', "not_text"),
    ("{}", "peft_type"),
]


@pytest.mark.parametrize(("text", "reason"), RAW, ids=range(len(RAW)))
def test_a_configuration_that_is_not_strict_json_is_refused(adapter_folder: Path, text: str, reason: str) -> None:
    (adapter_folder / "adapter_config.json").write_text(text)
    assert refused(adapter_folder) == (reason, "adapter_config.json")
