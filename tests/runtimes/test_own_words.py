"""An adapter that brings its own chat template or tokenizer is asked with it, and only that adapter."""

import json
import shutil
from pathlib import Path

import pytest

from aird.runtimes import chat, hf, loading
from aird.runtimes.base import BASE
from aird.runtimes.hf import LoadedModel
from aird.testing_ml import make_adapter, make_base
from aird.training.recipes import sft
from aird.training.settings import SftSettings

QUESTION = [{"role": "user", "content": "Which invoice?"}]
OTHER = "{% for m in messages %}<|end|>{{ m.content }}{% endfor %}"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("model") / "base")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An adapter with its own template."""
    folder = make_adapter(tmp_path / "own", seed=1)
    (folder / "chat_template.jinja").write_text(OTHER)
    return folder


def prompt_tokens(model: LoadedModel, adapter: str) -> int:
    return list(model.generate(QUESTION, max_tokens=1, adapter=adapter))[-1].prompt_tokens


def test_each_adapter_is_asked_in_its_own_words(base: Path, own: Path, tmp_path: Path) -> None:
    model = hf.load(base)
    model.add_adapter("own", own)
    model.add_adapter("plain", make_adapter(tmp_path / "plain", seed=2))
    wanted = len(chat.text_ids(model.tokenizer, "<|end|>Which invoice?"))
    assert prompt_tokens(model, "own") == wanted
    assert prompt_tokens(model, "plain") == prompt_tokens(model, BASE) != wanted


def test_an_exam_uses_the_words_of_what_is_in_use(base: Path, own: Path) -> None:
    model = hf.load(base, own)
    assert chat.prompt_text(model.tokenizer, QUESTION) == "<|end|>Which invoice?"
    model.use(None)
    assert chat.prompt_text(model.tokenizer, QUESTION) != "<|end|>Which invoice?"
    model.use("adapter")
    model.remove_adapter("adapter")
    assert chat.prompt_text(model.tokenizer, QUESTION) != "<|end|>Which invoice?"


def test_a_template_in_the_tokenizer_configuration_counts_over_the_bases_file(base: Path, tmp_path: Path) -> None:
    folder = make_adapter(tmp_path / "own", seed=1)
    config = json.loads((base / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    before = loading.load_tokenizer(base).chat_template
    assert loading.load_tokenizer(base, folder).chat_template == before
    (folder / "tokenizer_config.json").write_text(json.dumps(config | {"chat_template": OTHER}))
    assert loading.load_tokenizer(base, folder).chat_template == OTHER


def test_a_tokenizer_of_its_own_cuts_words_its_own_way(base: Path, tmp_path: Path) -> None:
    folder = make_adapter(tmp_path / "own", seed=1)
    shutil.copy(base / "tokenizer.json", folder)
    content = json.loads((folder / "tokenizer.json").read_text())
    content["model"]["merges"] = []
    (folder / "tokenizer.json").write_text(json.dumps(content))
    text = "Which invoice is still open?"
    own, plain = loading.load_tokenizer(base, folder), loading.load_tokenizer(base)
    assert len(chat.text_ids(own, text)) == len(text) > len(chat.text_ids(plain, text))
    assert own.decode(chat.text_ids(own, text)) == text


def test_what_is_trained_on_from_an_adapter_keeps_its_words(base: Path, own: Path, tmp_path: Path) -> None:
    items = [{"messages": [*QUESTION, {"role": "assistant", "content": "This one.<|end|>"}]}]
    settings = SftSettings(steps=1, batch_size=1)
    sft.train(settings, base, items, tmp_path / "out", report=lambda _: None, start_adapter=own)
    assert (tmp_path / "out" / "chat_template.jinja").read_text() == OTHER
    sft.train(settings, base, items, tmp_path / "new", report=lambda _: None)
    assert not (tmp_path / "new" / "chat_template.jinja").exists()
