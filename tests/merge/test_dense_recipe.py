"""Recipes for whole models: mergekit's own YAML is taken as it is, but for what would reach a file or the net."""

import pytest
import yaml

from aird.core.recipe_yaml import RecipeRefused
from aird.merge.recipe import dense as dense_recipe
from aird.merge.recipe.dense_methods import METHODS

LINEAR = """
merge_method: linear
models:
  - {model: support/mail@1, parameters: {weight: 0.25}}
  - {model: platform/tiny@1, parameters: {weight: 0.75}}
"""
SLERP = """
merge_method: slerp
base_model: platform/tiny@1
slices:
  - sources:
      - {model: platform/tiny@1, layer_range: [0, 2]}
      - {model: support/mail@1, layer_range: [0, 2]}
parameters:
  t:
    - {filter: self_attn, value: [0, 0.5, 0.3, 0.7, 1]}
    - {filter: mlp, value: [1, 0.5, 0.7, 0.3, 0]}
    - value: 0.5
dtype: bfloat16
"""
SURGERY = """
merge_method: dare_ties
base_model: {model: {path: platform/tiny, revision: 1}}
models:
  - model: support/mail@1+support/calls@2
    parameters: {weight: 1e-1, density: [0.2, 0.8]}
  - model: {model: {path: platform/tiny@1}, lora: {path: hr/visits, revision: 3}}
    parameters: {weight: 0.5}
parameters: {normalize: true, int8_mask: true}
tokenizer:
  source: union
  tokens:
    "<|im_start|>": {source: support/mail@1, force: true}
    "[INST]": {source: {kind: zero}}
    "<pad>": {source: {kind: model_token, model: platform/tiny@1, token_id: 3}}
  pad_to_multiple_of: 8
chat_template: auto
out_dtype: torch.float16
"""


def refused(text: str) -> RecipeRefused:
    with pytest.raises(RecipeRefused) as caught:
        dense_recipe.parse(text)
    return caught.value


def test_a_plain_recipe_is_ours_to_work_out() -> None:
    found = dense_recipe.parse(LINEAR)
    assert (found.engine, list(found.inputs), found.base) == ("dense", ["support/mail@1", "platform/tiny@1"], None)
    assert [found.weight(name) for name in found.inputs] == [0.25, 0.75]


def test_slices_and_gradients_go_to_mergekit_as_they_are() -> None:
    found = dense_recipe.parse(SLERP)
    assert found.engine == "mergekit"
    assert found.config["parameters"] == yaml.safe_load(SLERP)["parameters"]
    assert found.config["slices"] == yaml.safe_load(SLERP)["slices"]


def test_every_reference_of_a_tokenizer_and_an_adapter_is_found() -> None:
    found = dense_recipe.parse(SURGERY)
    assert set(found.inputs) == {
        "platform/tiny@1",
        "support/mail@1+support/calls@2",
        "platform/tiny@1+hr/visits@3",
        "support/mail@1",
    }
    assert found.config["tokenizer"]["tokens"]["<pad>"]["source"]["model"] == "platform/tiny@1"
    assert found.config["models"][0]["parameters"] == {"weight": 0.1, "density": [0.2, 0.8]}
    assert (found.config["out_dtype"], found.own_vocabulary, found.engine) == ("float16", True, "mergekit")


@pytest.mark.parametrize("name", sorted(METHODS))
def test_each_of_mergekits_methods_is_taken(name: str) -> None:
    method = METHODS[name]
    least = max(method.least - (method.base == "required"), method.others[0], 1)
    models = "".join(f"  - {{model: support/m{n}, parameters: {{weight: 0.5}}}}\n" for n in range(least))
    base = "base_model: platform/tiny@1\n" if method.base == "required" else ""
    found = dense_recipe.parse(
        f"merge_method: {name}\n{base}models:\n{models}parameters: {{t: 0.5, normalize: true}}\n"
    )
    assert found.method.name == name


@pytest.mark.parametrize(
    "reference",
    [
        *("/etc/passwd", "./model", "../../secret", "~/model", "C:\\model", "file:///etc/passwd"),
        *("https://example.com/model", "meta-llama/Llama-3-8B@main", "Org/Name", "hf://org/name", "org/name@a1b2c3d4"),
        *("org/../name", "org/name/deeper", "support/mail@1+/etc", "a/b+c/d+e/f", "support/mail@1+../x", "''"),
    ],
)
def test_a_reference_that_is_no_version_is_refused_wherever_it_stands(reference: str) -> None:
    for text in (
        LINEAR.replace("support/mail@1", reference),
        LINEAR + f"base_model: {reference}\n",
        LINEAR + f"tokenizer_source: {reference}\n",
        LINEAR + f"tokenizer: {{tokens: {{pad: {{source: {reference}}}}}}}\n",
        SLERP.replace("support/mail@1", reference),
    ):
        assert refused(text).params["reason"] in {"path_or_url", "bad_reference", "no_model"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("override_architecture: Evil", "unknown_key"),
        ("trust_remote_code: true", "unknown_key"),
        ("lora_merge_cache: /tmp", "unknown_key"),
        (
            "models: [{model: {model: support/mail, override_architecture: Evil}}]",
            "not_supported",
        ),
        ("models: [{model: {model: {path: support/mail, cache: /tmp}}, parameters: {weight: 1}}]", "unknown_key"),
        ("chat_template: ../../../etc/passwd", "bad_value"),
        ("chat_template: llama4", "bad_value"),
        ("dtype: __import__", "bad_value"),
        ("dtype: int64", "bad_value"),
        ("parameters: {weight: .inf}", "not_finite"),
        ("parameters: {weight: [0.5, .nan]}", "not_finite"),
        ("parameters: {weight: [{filter: mlp, value: {value: 1}}]}", "bad_value"),
        ("parameters: {weight: /etc/passwd}", "bad_value"),
        ("parameters: {__class__: 1}", "unknown_key"),
        ("modules: {default: {models: [{model: support/mail}]}}", "no_models"),
        ("merge_method: exec", "method_not_supported"),
        ("aird: {search: {suites: [support/exam]}}", "not_supported"),
        ("aird: {output: adapter}", "not_supported"),
    ],
)
def test_what_is_not_on_the_list_is_refused(change: str, reason: str) -> None:
    content = yaml.safe_load(LINEAR) | yaml.safe_load(change)
    assert refused(yaml.safe_dump(content)).params["reason"] == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LINEAR.replace("linear", "ties"), "no_base"),
        (LINEAR.replace("linear", "slerp") + "base_model: platform/tiny@1\n", "no_weight"),
        (LINEAR.replace("linear", "slerp") + "base_model: hr/other@1\nparameters: {t: 0.5}\n", "wrong_count"),
        (LINEAR.replace("{weight: 0.25}", "{}"), "no_weight"),
        (LINEAR + "base_model: hr/other@1\n", "no_weight"),
        (LINEAR.replace("platform/tiny@1", "support/mail@1"), "listed_twice"),
        (SLERP.replace("[0, 2]", "[0, 1]", 1), "layer_range"),
        (SLERP.replace("[0, 2]", "[2, 0]"), "layer_range"),
        (SLERP.replace("[0, 2]", "[0, 9999]"), "layer_range"),
        (SLERP.replace("base_model: platform/tiny@1", "base_model: hr/other@1"), "no_base"),
        ("merge_method: linear\n", "no_models"),
    ],
)
def test_what_mergekit_would_fail_on_is_said_before_anything_runs(text: str, reason: str) -> None:
    assert refused(text).params["reason"] == reason


def test_a_place_in_a_recipe_is_spelt_as_it_is_written() -> None:
    assert "slices[0].sources[0].layer_range must be" in refused(SLERP.replace("[0, 2]", "[2, 0]")).message


def test_a_base_that_joins_the_average_may_have_the_weight_of_all() -> None:
    found = dense_recipe.parse(LINEAR + "base_model: hr/other@1\nparameters: {weight: 0.5}\n")
    assert [found.weight(name) for name in found.inputs] == [0.25, 0.75, 0.5]


def test_a_parameter_that_the_method_does_not_read_is_noted() -> None:
    found = dense_recipe.parse(LINEAR + "parameters: {density: 0.5, normalize: true}\n")
    assert [note.split()[0] for note in found.notes] == ["'density'"]
    assert not dense_recipe.parse(LINEAR + "parameters: {normalize: true}\n").notes
