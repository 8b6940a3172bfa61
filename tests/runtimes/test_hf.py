"""The transformers runtime: adapters side by side on one base, answers as streams of whole characters."""

import json
from pathlib import Path

import pytest
import torch

from aird.runtimes import chat, hf
from aird.runtimes.base import BASE, Token
from aird.runtimes.errors import (
    AdapterAlreadyLoaded,
    AdapterNotLoaded,
    ModelFolderUnusable,
    PromptTooLong,
    VersionUnusable,
)
from aird.runtimes.hf import LoadedModel
from aird.testing_ml import make_adapter, make_base

QUESTION = [{"role": "user", "content": "Which invoice is 科目6102?"}]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("model") / "base")


@pytest.fixture
def model(base: Path) -> LoadedModel:
    return hf.load(base)


def answer(model: LoadedModel, *, max_tokens: int = 16, **options: object) -> list[Token]:
    return list(model.generate(QUESTION, max_tokens=max_tokens, **options))  # type: ignore[arg-type]


def text(tokens: list[Token]) -> str:
    return "".join(token.text for token in tokens)


def test_a_greedy_answer_is_the_one_transformers_generates(model: LoadedModel):
    prompt = torch.tensor([chat.prompt_ids(model.tokenizer, QUESTION)])
    mask = torch.ones_like(prompt)
    expected = model.network.generate(prompt, attention_mask=mask, max_new_tokens=16, do_sample=False)
    ids = expected[0, prompt.shape[1] :].tolist()
    assert text(answer(model)) == model.tokenizer.decode(ids, skip_special_tokens=True).rstrip("\ufffd")


def test_the_last_token_counts_the_prompt_and_the_answer(model: LoadedModel):
    tokens = answer(model, max_tokens=5)
    assert [token.completion_tokens for token in tokens] == [1, 2, 3, 4, 5]
    assert [token.finish_reason for token in tokens] == [None] * 4 + ["length"]
    assert tokens[-1].prompt_tokens == len(chat.prompt_ids(model.tokenizer, QUESTION))


def test_an_answer_ends_at_the_end_of_turn_token(model: LoadedModel):
    first = chat.text_ids(model.tokenizer, text(answer(model, max_tokens=1)) or "x")
    model.network.generation_config.eos_token_id = list(range(len(model.tokenizer)))
    model = LoadedModel(model.network, model.tokenizer)
    tokens = answer(model)
    assert (len(tokens), tokens[0].text, tokens[0].finish_reason) == (1, "", "stop")
    assert first


def test_adapters_on_one_base_answer_as_each_would_alone(base: Path, model: LoadedModel, tmp_path: Path):
    one, two = make_adapter(tmp_path / "1", seed=1), make_adapter(tmp_path / "2", seed=2, rank=3)
    plain = text(answer(model))
    model.add_adapter("support.v1", one)
    model.add_adapter("finance", two)
    assert text(answer(model)) == plain
    assert text(answer(model, adapter="finance")) == text(answer(hf.load(base, two)))
    model.use("support.v1")
    assert text(answer(model)) == text(answer(hf.load(base, one))) != plain
    assert text(answer(model, adapter=BASE)) == plain
    model.use(None)
    assert text(answer(model)) == plain


def test_interleaved_streams_keep_their_own_adapter(model: LoadedModel, tmp_path: Path):
    model.add_adapter("one", make_adapter(tmp_path / "1", seed=1))
    alone = {name: text(answer(model, adapter=name)) for name in ("one", BASE)}
    streams = {name: model.generate(QUESTION, max_tokens=16, adapter=name) for name in alone}
    said = dict.fromkeys(alone, "")
    for _ in range(16):
        for name, stream in streams.items():
            said[name] += next(stream, Token("", None, 0, 0)).text
    assert said == alone


def test_a_removed_adapter_leaves_the_others_as_they_were(model: LoadedModel, tmp_path: Path):
    plain = text(answer(model))
    for name, seed in (("one", 1), ("two", 2)):
        model.add_adapter(name, make_adapter(tmp_path / name, seed=seed))
    model.use("two")
    two = text(answer(model))
    model.remove_adapter("one")
    assert text(answer(model)) == two
    model.remove_adapter("two")
    assert (text(answer(model)), model.adapters) == (plain, ())
    model.add_adapter("two", tmp_path / "two")
    assert text(answer(model, adapter="two")) == two


def test_an_adapter_removed_while_in_use_leaves_the_base_in_use(model: LoadedModel, tmp_path: Path):
    plain = text(answer(model))
    for name, seed in (("one", 1), ("two", 2)):
        model.add_adapter(name, make_adapter(tmp_path / name, seed=seed))
    model.use("two")
    stream = model.generate(QUESTION, max_tokens=9)
    model.remove_adapter("two")
    with pytest.raises(AdapterNotLoaded):
        next(stream)
    assert text(answer(model)) == plain
    assert text(answer(model, adapter="one")) != plain


def test_an_unknown_adapter_is_refused_and_a_known_name_is_not_replaced(model: LoadedModel, tmp_path: Path):
    folder = make_adapter(tmp_path / "1")
    with pytest.raises(AdapterNotLoaded):
        model.use("one")
    model.add_adapter("one", folder)
    model.use("one")
    with pytest.raises(AdapterAlreadyLoaded):
        model.add_adapter("one", folder)


def test_a_seed_makes_sampling_repeatable(model: LoadedModel):
    first = text(answer(model, temperature=1.0, top_p=0.9, seed=1))
    assert text(answer(model, temperature=1.0, top_p=0.9, seed=1)) == first
    assert text(answer(model, temperature=1.0, top_p=0.9, seed=2)) != first
    assert text(answer(model, temperature=5.0, top_p=1e-6, seed=3)) == text(answer(model))


def test_a_stop_string_ends_the_answer_before_itself(model: LoadedModel):
    whole = text(answer(model))
    stop = whole[4:7]
    tokens = answer(model, stop=[stop])
    assert text(tokens) == whole[: whole.index(stop)]
    assert tokens[-1].finish_reason == "stop"


def test_a_closed_stream_computes_nothing_more(model: LoadedModel):
    stream = model.generate(QUESTION, max_tokens=50)
    assert next(stream).completion_tokens == 1
    stream.close()  # type: ignore[attr-defined]
    assert list(stream) == []


def test_a_prompt_that_fills_the_context_is_refused_and_a_shorter_one_cut_at_it(model: LoadedModel):
    model.context = len(chat.prompt_ids(model.tokenizer, QUESTION)) + 3
    assert len(answer(model)) == 3
    model.context -= 3
    with pytest.raises(PromptTooLong, match=r"prompt is too long.*this model.s maximum context length is"):
        model.generate(QUESTION, max_tokens=1)


def test_weights_that_are_not_numbers_make_the_version_unusable(model: LoadedModel):
    with torch.no_grad():
        model.network.model.norm.weight.fill_(float("nan"))
    with pytest.raises(VersionUnusable):
        answer(model)


def test_the_base_named_in_an_adapter_is_never_looked_at(base: Path, tmp_path: Path):
    folder = make_adapter(tmp_path / "1", base_name="/nowhere/at/all")
    assert hf.load(base, folder).adapters == ("adapter",)


@pytest.mark.parametrize("name", ["../other/model.safetensors", "/etc/model.safetensors", "a/b.safetensors"])
def test_an_index_that_points_outside_the_folder_is_refused(tmp_path: Path, name: str):
    folder = make_base(tmp_path / "base")
    index = {"metadata": {}, "weight_map": {"model.norm.weight": name}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelFolderUnusable, match="plain file"):
        hf.load(folder)


def test_a_folder_that_names_code_or_an_adapter_is_refused(tmp_path: Path):
    folder = make_base(tmp_path / "base")
    config = folder / "config.json"
    plain = config.read_text()
    config.write_text(json.dumps(json.loads(plain) | {"auto_map": {"AutoModelForCausalLM": "code.Model"}}))
    with pytest.raises(ModelFolderUnusable, match="auto_map"):
        hf.load(folder)
    config.write_text(plain)
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(ModelFolderUnusable, match=r"adapter_config"):
        hf.load(folder)
