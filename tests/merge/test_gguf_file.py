"""GGUF files of every architecture and tokenizer that is exported, held against transformers; and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from transformers import (
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from aird.merge.methods import bake, upcast
from aird.merge.methods.errors import MergeNotPossible
from aird.runtimes import hf, loading
from aird.runtimes.edge import knows
from aird.runtimes.edge.knows import WeightType
from aird.runtimes.errors import AdapterNotLoaded, AdapterUnusable, ModelFolderUnusable
from aird.testing_ml import make_base

gguf_file: Any = pytest.importorskip("aird.merge.methods.gguf_file", reason="the extra `edge` is not installed")
llama: Any = pytest.importorskip("aird.runtimes.edge.llama")
comparing: Any = pytest.importorskip("aird.runtimes.edge.comparing")

SIZES: dict[str, Any] = {
    "vocab_size": 400,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 192,
    "initializer_range": 0.2,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500.0,
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 48,
}
NETWORKS: dict[str, Any] = {
    "llama-biases-untied": lambda: LlamaForCausalLM(
        LlamaConfig(**SIZES, attention_bias=True, mlp_bias=True, tie_word_embeddings=False)
    ),
    "llama-llama3": lambda: LlamaForCausalLM(LlamaConfig(**SIZES, rope_parameters=LLAMA3)),
    "llama-linear": lambda: LlamaForCausalLM(
        LlamaConfig(**SIZES, rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0})
    ),
    "llama-head-dim": lambda: LlamaForCausalLM(LlamaConfig(**SIZES, head_dim=16)),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**SIZES, sliding_window=None)),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**SIZES, tie_word_embeddings=True)),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**SIZES, head_dim=16)),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("gguf") / "base", max_positions=192)


def folder(base: Path, network: Any, place: Path) -> Path:
    """A model folder of this network with the base's words; biases and norms are no zeros and ones."""
    loading.copy_tokenizer(base, place)
    words = loading.load_tokenizer(base)
    with torch.no_grad():
        for name, each in network.named_parameters():
            if each.dim() == 1:
                torch.nn.init.normal_(each, mean=0.0 if name.endswith("bias") else 1.0, std=0.2)
    ends = {"eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id, "bos_token_id": None}
    network.config.update(ends)
    network.generation_config = GenerationConfig(eos_token_id=words.eos_token_id, pad_token_id=words.pad_token_id)
    loading.save_network(network, place)
    return place


def converted(model: Path, out: Path, weights: WeightType = WeightType.F32) -> Any:
    bake.copy_words(model, None, out)
    gguf_file.convert(model, out / knows.FILE, weights)
    return llama.load(out, exact=True)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_architecture_answers_as_in_transformers(base: Path, tmp_path: Path, name: str) -> None:
    torch.manual_seed(3)
    model = folder(base, NETWORKS[name](), tmp_path / "model")
    edge, own = converted(model, tmp_path / "edge"), hf.load(model)
    found = comparing.compare(own, edge)
    assert comparing.words_apart(own, edge) == ""
    assert found.answers == len(comparing.TEXTS)
    assert found.largest < 1e-3


def words(base: Path, place: Path, steps: list[Any], *, whole: bool = False) -> Path:
    """The base with another way of cutting up texts, before the same byte-level merges."""
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)
    assert isinstance(tokenizer.model, models.BPE)
    bake.copy_words(base, None, place)
    (place / "model.safetensors").write_bytes((base / "model.safetensors").read_bytes())
    content = json.loads(tokenizer.to_str())
    content["model"]["ignore_merges"] = whole
    (place / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    return place


def split(name: str) -> list[Any]:
    [steps] = [steps for known, _, steps in knows.BUILT_IN if known == name]
    pattern = Regex(steps[0]["pattern"]["Regex"])
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return [pre_tokenizers.Split(pattern, behavior="isolated"), bytes_]


def digits() -> list[Any]:
    return [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]


@pytest.mark.parametrize("name", ["llama-bpe", "qwen2", "smollm"])
def test_every_built_in_tokenizer_reads_the_same_tokens(base: Path, tmp_path: Path, name: str) -> None:
    steps = digits() if name == "smollm" else split(name)
    model = words(base, tmp_path / "model", steps, whole=name == "llama-bpe")
    assert knows.built_in(json.loads((model / "tokenizer.json").read_text("utf-8"))) == name
    assert comparing.words_apart(hf.load(model), converted(model, tmp_path / "edge")) == ""


def test_a_tokenizer_under_a_wrong_name_is_noticed(base: Path, tmp_path: Path) -> None:
    model = words(base, tmp_path / "model", digits())
    right = hf.load(model)
    wrong = converted(base, tmp_path / "edge")
    assert "reads other tokens" in comparing.words_apart(right, wrong)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "gemma2"}, "architecture gemma2"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}, "scaled by yarn"),
        ({"model_type": "mistral", "sliding_window": 64}, "sliding window"),
        ({"model_type": "qwen3", "attention_bias": True}, "has biases"),
        ({"hidden_act": "gelu"}, "activation is gelu"),
        ({"quantization_config": {}}, "eight bits already"),
    ],
)
def test_what_is_not_exported_is_refused_by_name(base: Path, change: dict[str, Any], said: str) -> None:
    config = json.loads((base / "config.json").read_text("utf-8"))
    tokenizer = json.loads((base / "tokenizer.json").read_text("utf-8"))
    assert knows.refusals(config, tokenizer) == []
    assert said in " ".join(knows.refusals({**config, **change}, tokenizer))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": {"type": "Unigram"}}, "tokenizer is Unigram"),
        ({"normalizer": {"type": "Lowercase"}}, "changes texts first (Lowercase)"),
        ({"added_tokens": [{"id": 0, "content": "x", "lstrip": True}]}, "swallow the space"),
        ({"pre_tokenizer": {"type": "Split", "pattern": {"Regex": r"\d{2}"}}}, r"Split \d{2}"),
    ],
)
def test_a_tokenizer_that_is_not_built_in_is_refused_by_name(base: Path, change: dict[str, Any], said: str) -> None:
    config = json.loads((base / "config.json").read_text("utf-8"))
    tokenizer = json.loads((base / "tokenizer.json").read_text("utf-8"))
    assert said in " ".join(knows.refusals(config, {**tokenizer, **change}))
    assert knows.refusals(config, None) == ["It has no tokenizer.json."]


def test_a_weight_that_is_no_number_or_too_large_is_refused(base: Path, tmp_path: Path) -> None:
    network = loading.load_network(base, device=torch.device("cpu"))
    with torch.no_grad():
        network.model.layers[0].mlp.up_proj.weight[0, 0] = 1e6
    large = folder(base, network, tmp_path / "large")
    with pytest.raises(MergeNotPossible, match="float16 cannot hold"):
        converted(large, tmp_path / "half", WeightType.F16)
    assert converted(large, tmp_path / "whole")
    with torch.no_grad():
        network.model.layers[0].mlp.up_proj.weight[0, 0] = float("nan")
    broken = folder(base, network, tmp_path / "broken")
    with pytest.raises(MergeNotPossible, match="NaN or infinity"):
        converted(broken, tmp_path / "none")


def test_a_broken_file_and_an_adapter_are_refused(base: Path, tmp_path: Path) -> None:
    edge = converted(base, tmp_path / "edge")
    with pytest.raises(AdapterUnusable):
        edge.add_adapter("one", tmp_path)
    with pytest.raises(AdapterNotLoaded):
        edge.use("one")
    edge.use(None)
    with pytest.raises(ModelFolderUnusable, match="edge export"):
        hf.load(tmp_path / "edge")
    whole = (tmp_path / "edge" / knows.FILE).read_bytes()
    (tmp_path / "edge" / knows.FILE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelFolderUnusable, match="cannot load"):
        llama.load(tmp_path / "edge")


def test_an_adapter_is_added_to_a_float32_copy_of_its_base(base: Path, tmp_path: Path) -> None:
    network = loading.load_network(base, device=torch.device("cpu"), dtype=torch.bfloat16)
    half = folder(base, network, tmp_path / "half")
    assert (upcast.is_float32(half), upcast.is_float32(base)) == (False, True)
    upcast.upcast(half, tmp_path / "whole")
    assert upcast.is_float32(tmp_path / "whole")
    one, other = (loading.load_network(each, device=torch.device("cpu")) for each in (half, tmp_path / "whole"))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
