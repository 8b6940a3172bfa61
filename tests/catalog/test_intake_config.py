import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aird.catalog.intake.inspection import inspect
from aird.catalog.intake.refusals import IntakeRefused

Edit = Callable[..., None]


def refused(folder: Path) -> tuple[str, str]:
    with pytest.raises(IntakeRefused) as refusal:
        inspect(folder, base=None)
    return refusal.value.params["reason"], refusal.value.params["file"]


CONFIGS: list[tuple[dict[str, Any], str]] = [
    ({"auto_map": {"AutoConfig": "evil.Config"}}, "dangerous_field"),
    ({"rope_parameters": {"x": [{"auto_map": "evil"}]}}, "dangerous_field"),
    ({"trust_remote_code": True}, "dangerous_field"),
    ({"id2label": {"trust_remote_code": 1}}, "dangerous_field"),
    ({"custom_pipelines": {"x": {"impl": "evil.P"}}}, "dangerous_field"),
    ({"_attn_implementation": "kernels-community/evil"}, "dangerous_field"),
    ({"attn_implementation": "flash"}, "dangerous_field"),
    ({"quantization_config": {"quant_method": "bitsandbytes"}}, "dangerous_field"),
    ({"num_labels": 10**9}, "unknown_field"),
    ({"torchscript": True}, "unknown_field"),
    ({"vision_config": {}}, "unknown_field"),
    *(({"model_type": m}, "architecture") for m in ("gpt2", "chatglm", "LLAMA", "", None, 7, ["llama"], {"a": 1})),
    *(({"architectures": a}, "architecture") for a in (["Evil"], ["LlamaModel"], [], "LlamaForCausalLM", ["a", "b"])),
    *(({"vocab_size": v}, "bad_size") for v in (0, -1, 1, 10**12, 64.0, "64", True, None, [64])),
    *(({"hidden_size": v}, "bad_size") for v in (0, 10**6, None, 10**400)),
    *(({"num_hidden_layers": v}, "bad_size") for v in (0, 100_000, 2.5)),
    *(({"num_attention_heads": v}, "bad_size") for v in (0, 5, 10_000)),
    *(({"num_key_value_heads": v}, "bad_size") for v in (3, "2", 0)),
    ({"head_dim": 0}, "bad_size"),
    ({"head_dim": None, "num_attention_heads": 5, "num_key_value_heads": 5}, "bad_size"),
    *(({"dtype": d}, "dtype") for d in ("int8", "evil")),
    ({"rms_norm_eps": 10**400}, "bad_value"),
    ({"rope_parameters": {"factor": 2**60}}, "bad_value"),
    ({"hidden_act": "x" * 600}, "bad_value"),
    ({"layer_types": ["full_attention"] * 5000}, "bad_value"),
    ({"num_hidden_layers": 3}, "missing_tensor"),
    ({"num_hidden_layers": 1}, "extra_tensor"),
    ({"intermediate_size": 25}, "bad_shape"),
    ({"tie_word_embeddings": False}, "missing_tensor"),
    ({"attention_bias": True}, "missing_tensor"),
    ({"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"]}, "missing_tensor"),
    ({"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"]}, "missing_tensor"),
    ({"model_type": "gemma2", "architectures": ["Gemma2ForCausalLM"]}, "missing_tensor"),
]


@pytest.mark.parametrize(("changes", "reason"), CONFIGS, ids=lambda v: str(v)[:60])
def test_a_configuration_that_could_do_harm_is_refused(
    base_folder: Path, edit: Edit, changes: dict[str, Any], reason: str
) -> None:
    edit(base_folder / "config.json", **changes)
    assert refused(base_folder)[0] == reason


GOOD: list[dict[str, Any]] = [
    {"architectures": None, "head_dim": None, "auto_map": None, "trust_remote_code": False},
    {
        "model_type": "mistral",
        "architectures": ["MistralForCausalLM"],
        "sliding_window": 4096,
        "tomorrow": None,
    },
    {"rope_scaling": {"rope_type": "llama3", "factor": 8.0}, "rope_theta": 5e5, "torch_dtype": "bfloat16"},
    {"eos_token_id": [1, 2], "pad_token_id": None, "id2label": {"0": "LABEL_0"}},
]


@pytest.mark.parametrize("changes", GOOD, ids=lambda v: str(v)[:60])
def test_an_ordinary_configuration_is_taken(base_folder: Path, edit: Edit, changes: dict[str, Any]) -> None:
    edit(base_folder / "config.json", **changes)
    assert inspect(base_folder, base=None).kind == "base"


GENERATION = [
    ({"custom_generate": "org/evil"}, "dangerous_field"),
    ({"auto_map": {}}, "dangerous_field"),
    ({"assistant_model": "x"}, "unknown_field"),
    ({"watermarking_config": {}}, "unknown_field"),
    ({"num_beams": 10_000}, "bad_size"),
    ({"max_new_tokens": 10**9}, "bad_size"),
    ({"temperature": 10**400}, "bad_value"),
]


@pytest.mark.parametrize(("changes", "reason"), GENERATION)
def test_generation_settings_that_could_do_harm_are_refused(
    base_folder: Path, edit: Edit, changes: dict[str, Any], reason: str
) -> None:
    edit(base_folder / "generation_config.json", temperature=0.7, top_k=20, do_sample=True)
    assert inspect(base_folder, base=None).kind == "base"
    edit(base_folder / "generation_config.json", **changes)
    assert refused(base_folder) == (reason, "generation_config.json")


def replace(text: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"String": "a"}, "content": text}


def split(pattern: str) -> dict[str, Any]:
    piece = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [piece]}


TOKENIZERS: list[tuple[dict[str, Any], str]] = [
    *(
        ({"added_tokens": [{"id": n, "content": "x"}]}, "token_number")
        for n in (64, 4294967295, -1, "1", None, 1.0, True)
    ),
    *(({"model": {"vocab": {"a": n}}}, "token_number") for n in (64, -1, "0", 10**400)),
    ({"model": {"vocab": {"a": 1, "b": 1}}}, "token_number"),
    ({"model": {"type": "Unigram", "vocab": [["a", 0.0]] * 65}}, "token_number"),
    *(({"model": {"vocab": v}}, "no_model") for v in ({}, [], None, "x")),
    ({"model": {"vocab": ["a"]}}, "bad_tokens"),
    *(({"model": m}, "no_model") for m in (None, [], "BPE")),
    *(({"added_tokens": a}, "bad_tokens") for a in ({}, ["x"], [{"id": 1}], 7)),
    ({"normalizer": {"type": "Sequence", "normalizers": [replace("a" * 10)] * 9}}, "pattern"),
    ({"normalizer": replace("x" * 65)}, "pattern"),
    ({"decoder": {"type": "Sequence", "decoders": [replace("xx")] * 7}}, "pattern"),
    *(({"pre_tokenizer": split(p)}, "pattern") for p in ("(a+)+$", "(a|a)*b", r"(\s*)+", "(x{2}){3,}", "a" * 3000)),
    ({"padding": {"strategy": {"Fixed": 10**12}}}, "padding"),
    ({"padding": {"strategy": {"Fixed": 10}, "pad_to_multiple_of": -5}}, "padding"),
    ({"post_processor": {"auto_map": "evil"}}, "dangerous_field"),
    ({"extra": 1}, "unknown_field"),
]


@pytest.mark.parametrize(("changes", "reason"), TOKENIZERS, ids=lambda v: str(v)[:60])
def test_a_tokenizer_that_could_do_harm_is_refused(
    base_folder: Path, edit: Edit, changes: dict[str, Any], reason: str
) -> None:
    edit(base_folder / "tokenizer.json", **changes)
    assert refused(base_folder) == (reason, "tokenizer.json")


FLAGS = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
PADDING = {"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0}
GOOD_TOKENIZERS: list[dict[str, Any]] = [
    {"added_tokens": [{"id": 0, "content": "<|end|>", "special": True} | FLAGS]},
    {"padding": PADDING | {"pad_token": "<|end|>"}},
    {"truncation": {"direction": "Right", "max_length": 64, "strategy": "LongestFirst", "stride": 0}},
    {"normalizer": {"type": "Sequence", "normalizers": [replace("_"), {"type": "Prepend", "prepend": "_"}]}},
    {"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 0.0], ["b", -1.5]]}, "added_tokens": []},
    {"pre_tokenizer": split(r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\)+|\s*[\r\n]+")},
]


@pytest.mark.parametrize("changes", GOOD_TOKENIZERS, ids=lambda v: str(v)[:60])
def test_an_ordinary_tokenizer_is_taken(base_folder: Path, edit: Edit, changes: dict[str, Any]) -> None:
    edit(base_folder / "tokenizer.json", **changes)
    assert inspect(base_folder, base=None).tokenizer_sha256


TOKENIZER_CONFIGS: list[tuple[dict[str, Any], str]] = [
    ({"auto_map": {"AutoTokenizer": ["evil.T", None]}}, "dangerous_field"),
    ({"init_inputs": ["/etc/passwd"]}, "dangerous_field"),
    *(({key: "/etc/passwd"}, "dangerous_field") for key in ("vocab_file", "tokenizer_file", "sp_model_path", "x_URL")),
    ({"deep": [{"merges_file": "../../x"}]}, "dangerous_field"),
    ({"chat_template": "x" * 70_000}, "too_large"),
    ({"chat_template": [{"name": n, "template": "x" * 20_000} for n in "abcd"]}, "too_large"),
    ({"chat_template": {"a": 1}}, "bad_template"),
    ({"chat_template": [{"template": 5}]}, "bad_template"),
    *(({"added_tokens_decoder": {n: {}}}, "token_number") for n in ("64", "-1", "x", "9" * 5000, "1.0")),
    ({"added_tokens_decoder": [1]}, "bad_tokens"),
]


@pytest.mark.parametrize(("changes", "reason"), TOKENIZER_CONFIGS, ids=lambda v: str(v)[:60])
def test_a_tokenizer_configuration_that_could_do_harm_is_refused(
    base_folder: Path, edit: Edit, changes: dict[str, Any], reason: str
) -> None:
    edit(base_folder / "tokenizer_config.json", **changes)
    assert refused(base_folder) == (reason, "tokenizer_config.json")


def test_a_tokenizer_configuration_may_carry_the_template(base_folder: Path, edit: Edit) -> None:
    (base_folder / "chat_template.jinja").unlink()
    assert inspect(base_folder, base=None).chat_template_sha256 is None
    templates = [{"name": "default", "template": "{{ messages }}"}]
    edit(
        base_folder / "tokenizer_config.json",
        chat_template=templates,
        added_tokens_decoder={"63": {}},
        vocab_file=None,
    )
    assert inspect(base_folder, base=None).chat_template_sha256


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("vocab.json", '{"a": 64}', "token_number"),
        ("added_tokens.json", '{"a": 4294967295}', "token_number"),
        ("special_tokens_map.json", '{"a": {"auto_map": 1}}', "dangerous_field"),
        ("special_tokens_map.json", "[]", "not_an_object"),
    ],
)
def test_companions_of_the_tokenizer_are_checked(base_folder: Path, name: str, text: str, reason: str) -> None:
    (base_folder / name).write_text(text)
    assert refused(base_folder) == (reason, name)


@pytest.mark.parametrize("name", ["merges.txt", "chat_template.jinja"])
def test_text_that_is_not_utf8_is_refused(base_folder: Path, name: str) -> None:
    (base_folder / name).write_bytes(b"caf\xe9")
    assert refused(base_folder) == ("not_utf8", name)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("name", ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_json_in_any_field_ends_in_facts_or_a_refusal(base_folder: Path, name: str, data: st.DataObject) -> None:
    folder = base_folder.parent / "fuzzed"
    shutil.copytree(base_folder, folder, dirs_exist_ok=True)
    content = json.loads((base_folder / name).read_text())
    extra = ["added_tokens_decoder", "chat_template", "extra_special_tokens", "architectures"]
    field = data.draw(st.sampled_from([*content, *extra]))
    (folder / name).write_text(json.dumps(content | {field: data.draw(values)}))
    with suppress(IntakeRefused):
        inspect(folder, base=None)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_json_in_an_adapters_field_ends_in_facts_or_a_refusal(adapter_folder: Path, data: st.DataObject) -> None:
    folder = adapter_folder.parent / "fuzzed"
    shutil.copytree(adapter_folder, folder, dirs_exist_ok=True)
    content = json.loads((adapter_folder / "adapter_config.json").read_text())
    field = data.draw(st.sampled_from([*content]))
    (folder / "adapter_config.json").write_text(json.dumps(content | {field: data.draw(values)}))
    with suppress(IntakeRefused):
        inspect(folder, base=None)
