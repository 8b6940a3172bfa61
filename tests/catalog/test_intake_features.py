"""Adapters with DoRA, biases or whole modules: taken when they are exactly what they declare, else refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from aird.catalog.intake.inspection import BaseFacts, base_facts, inspect
from aird.catalog.intake.refusals import IntakeRefused

Tensors = dict[str, Any]
Change = Callable[[Tensors], object]
CONFIG, WEIGHTS, PREFIX = "adapter_config.json", "adapter_model.safetensors", "base_model.model."
Q0 = f"{PREFIX}model.layers.0.self_attn.q_proj"
HEAD, EMBEDDING = f"{PREFIX}lm_head.weight", f"{PREFIX}model.embed_tokens.weight"
NORM = f"{PREFIX}model.layers.1.input_layernorm.weight"
FIELDS: dict[str, dict[str, Any]] = {
    "dora": {"use_dora": True},
    "lora_bias": {"lora_bias": True},
    "modules_to_save": {"modules_to_save": ["lm_head", "embed_tokens", "input_layernorm"]},
}


def featured(folder: Path, *features: str) -> Path:
    """Give the plain adapter of tests/catalog/conftest.py what PEFT saves with these features."""
    config = json.loads((folder / CONFIG).read_text())
    tensors = load_file(folder / WEIGHTS)
    for feature in features:
        config |= FIELDS[feature]
    for name, value in list(tensors.items()):
        if name.endswith("lora_B.weight") and "dora" in features:
            tensors[name.replace("lora_B.weight", "lora_magnitude_vector")] = value[:, 0] + 4
        if name.endswith("lora_B.weight") and "lora_bias" in features:
            tensors[name.replace("weight", "bias")] = value[:, 0]
    if "modules_to_save" in features:
        tensors |= {HEAD: zeros(64, 16), EMBEDDING: zeros(64, 16)}
        tensors |= {f"{PREFIX}model.layers.{n}.input_layernorm.weight": zeros(16) for n in (0, 1)}
    (folder / CONFIG).write_text(json.dumps(config))
    save_file(tensors, folder / WEIGHTS)
    return folder


def zeros(*shape: int, dtype: str = "float32") -> Any:
    return np.zeros(shape, dtype)


def put(name: str, value: Any) -> Change:
    return lambda tensors: tensors.update({name: value})


def pop(*names: str) -> Change:
    return lambda tensors: [tensors.pop(name) for name in names]


@pytest.fixture
def base(base_folder: Path) -> BaseFacts:
    return base_facts(base_folder, "sha256:base")


COMBINATIONS = [["dora"], ["lora_bias"], ["modules_to_save"], ["dora", "modules_to_save"]]


@pytest.mark.parametrize("features", COMBINATIONS, ids="+".join)
def test_an_adapter_is_taken_with_what_it_has_beside_its_factors(
    adapter_folder: Path, base: BaseFacts, features: list[str]
) -> None:
    facts = inspect(featured(adapter_folder, *features), base=base).facts()
    assert facts["features"] == features
    assert facts["saved"].get("lm_head.weight") == ([64, 16] if "modules_to_save" in features else None)
    assert facts["shapes"].keys() == facts["ranks"].keys()
    assert all(".self_attn." in module for module in facts["shapes"])


def test_a_plain_adapter_has_nothing_beside_its_factors(adapter_folder: Path, base: BaseFacts) -> None:
    intake = inspect(adapter_folder, base=base)
    assert (intake.features, intake.saved) == ((), {})


FEATURED: list[tuple[str, Change, str]] = [
    ("dora", pop(f"{Q0}.lora_magnitude_vector"), "missing_tensor"),
    ("dora", put(f"{Q0}.lora_magnitude_vector", zeros(8)), "bad_shape"),
    ("dora", put(f"{Q0}.lora_magnitude_vector", zeros(16, 1)), "bad_shape"),
    ("dora", put(f"{Q0}.lora_magnitude_vector", zeros(16, dtype="float64")), "bad_shape"),
    ("dora", put(f"{Q0}.lora_magnitude_vector", zeros(16) + np.float32("nan")), "not_finite"),
    ("dora", put(f"{Q0}.lora_B.bias", zeros(16)), "extra_tensor"),
    ("dora", put(f"{Q0.replace('q_', 'k_')}.lora_magnitude_vector", zeros(8)), "extra_tensor"),
    ("dora", pop(f"{Q0}.lora_A.weight"), "missing_tensor"),
    ("lora_bias", pop(f"{Q0}.lora_B.bias"), "missing_tensor"),
    ("lora_bias", put(f"{Q0}.lora_B.bias", zeros(4)), "bad_shape"),
    ("lora_bias", put(f"{Q0}.lora_A.bias", zeros(4)), "extra_tensor"),
    ("lora_bias", put(f"{Q0}.bias", zeros(16)), "extra_tensor"),
    ("lora_bias", put(f"{Q0}.lora_magnitude_vector", zeros(16)), "extra_tensor"),
    ("modules_to_save", pop(HEAD), "missing_tensor"),
    ("modules_to_save", pop(NORM), "missing_tensor"),
    ("modules_to_save", put(HEAD, zeros(65, 16)), "base_shape"),
    ("modules_to_save", put(NORM, zeros(16, 1)), "base_shape"),
    ("modules_to_save", put(HEAD, zeros(64, 16, dtype="int8")), "bad_shape"),
    ("modules_to_save", put(HEAD.replace("weight", "bias"), zeros(64)), "not_in_base"),
    ("modules_to_save", put(f"{PREFIX}other.lm_head.weight", zeros(64, 16)), "not_in_base"),
    ("modules_to_save", put(f"{PREFIX}model.norm.weight", zeros(16)), "extra_tensor"),
    ("modules_to_save", put(f"{PREFIX}model.layers.0.mlp.up_proj.weight", zeros(24, 16)), "extra_tensor"),
    ("modules_to_save", put("lm_head.weight", zeros(64, 16)), "extra_tensor"),
    ("modules_to_save", put(f"{PREFIX}lm_head.original_module.weight", zeros(64, 16)), "extra_tensor"),
    ("modules_to_save", put(f"{PREFIX}lm_head.modules_to_save.default.weight", zeros(64, 16)), "extra_tensor"),
    ("modules_to_save", put(HEAD, zeros(64, 16) + np.float32("inf")), "not_finite"),
    ("modules_to_save", lambda t: [t.pop(name) for name in list(t) if "lora_" in name], "empty"),
]


@pytest.mark.parametrize(("feature", "change", "reason"), FEATURED)
def test_a_feature_that_is_not_exactly_as_declared_is_refused(
    adapter_folder: Path, base: BaseFacts, feature: str, change: Change, reason: str
) -> None:
    tensors = load_file(featured(adapter_folder, feature) / WEIGHTS)
    change(tensors)
    save_file(tensors, adapter_folder / WEIGHTS)
    with pytest.raises(IntakeRefused) as refusal:
        inspect(adapter_folder, base=base)
    assert (refusal.value.params["reason"], refusal.value.params["file"]) == (reason, WEIGHTS)


SAVED: list[tuple[dict[str, Any], str]] = [
    ({"modules_to_save": ["lm_head", "embed_tokens"]}, "extra_tensor"),
    ({"modules_to_save": ["lm_head", "embed_tokens", "layernorm"]}, "missing_tensor"),
    ({"modules_to_save": ["lm_head", "embed_tokens", "input_layernorm", "norm2"]}, "missing_tensor"),
    ({"modules_to_save": ["lm_head", "embed_tokens", "layers.0.input_layernorm"]}, "extra_tensor"),
    ({"modules_to_save": None}, "extra_tensor"),
    ({"exclude_modules": ["v_proj"]}, "extra_tensor"),
]


@pytest.mark.parametrize(("changes", "reason"), SAVED, ids=lambda v: str(v)[:70])
def test_modules_to_save_must_name_what_is_there(
    adapter_folder: Path, base: BaseFacts, edit: Callable[..., None], changes: dict[str, Any], reason: str
) -> None:
    edit(featured(adapter_folder, "modules_to_save") / CONFIG, **changes)
    with pytest.raises(IntakeRefused) as refusal:
        inspect(adapter_folder, base=base)
    assert refusal.value.params["reason"] == reason


def test_a_module_is_not_saved_whole_and_changed_by_factors(adapter_folder: Path, base: BaseFacts) -> None:
    config = json.loads((adapter_folder / CONFIG).read_text())
    (adapter_folder / CONFIG).write_text(json.dumps(config | {"modules_to_save": ["q_proj"]}))
    with pytest.raises(IntakeRefused, match="not a LoRA factor"):
        inspect(adapter_folder, base=base)
    (adapter_folder / CONFIG).write_text(json.dumps(config | {"modules_to_save": ["_proj"]}))
    tensors = load_file(adapter_folder / WEIGHTS) | {f"{Q0}.weight": zeros(16, 16)}
    save_file(tensors, adapter_folder / WEIGHTS)
    with pytest.raises(IntakeRefused, match="in one way"):
        inspect(adapter_folder, base=None)


def test_without_the_bases_configuration_only_its_linear_modules_can_be_saved(
    adapter_folder: Path, base: BaseFacts
) -> None:
    blind = BaseFacts(base.architecture, base.vocab_size, base.shapes, base.tokenizer_sha256)
    with pytest.raises(IntakeRefused, match="the base has no"):
        inspect(featured(adapter_folder, "modules_to_save"), base=blind)


FIXES = {
    "pissa_niter_4": "path_initial_model_for_weight_conversion='init'",
    "corda": "path_initial_model_for_weight_conversion='init'",
    "OLoRA": "path_initial_model_for_weight_conversion='init'",
    "lora_ga": "path_initial_model_for_weight_conversion='init'",
    "loftq": "aird extract",
}


@pytest.mark.parametrize(("init", "fix"), FIXES.items())
def test_an_initialisation_that_changed_the_base_is_refused_with_its_fix(
    adapter_folder: Path, base: BaseFacts, edit: Callable[..., None], init: str, fix: str
) -> None:
    edit(adapter_folder / CONFIG, init_lora_weights=init)
    with pytest.raises(IntakeRefused, match=fix) as refusal:
        inspect(adapter_folder, base=base)
    assert refusal.value.params["reason"] == "init_lora_weights"
    edit(adapter_folder / CONFIG, use_rslora=True, rank_pattern={"q_proj": 4})
    with pytest.raises(IntakeRefused, match="aird extract"):  # PEFT cannot convert these
        inspect(adapter_folder, base=base)
    edit(adapter_folder / CONFIG, init_lora_weights=True)
    assert inspect(adapter_folder, base=base).kind == "adapter"
