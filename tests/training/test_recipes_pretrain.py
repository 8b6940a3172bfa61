"""A base model from scratch: its tokenizer, its induction stage, and what it learns from text and chat."""

from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from aird.evaluation.scorers import exact
from aird.runtimes import chat, hf, loading
from aird.testing_ml import TEXTS
from aird.training.recipes import pretrain
from aird.training.recipes import tokenizer as tokenizers
from aird.training.recipes.errors import NothingToLearn
from aird.training.recipes.progress import Progress
from aird.training.settings import InductionSettings, PretrainSettings, TokenizerSettings

SMALL = {
    "steps": 80,
    "batch_size": 8,
    "max_length": 48,
    "architecture": {"hidden_size": 32, "layers": 2, "heads": 2, "max_positions": 64, "init_std": 0.1},
    "tokenizer": {"vocab_size": 400, "digit_pairs": True},
}
CHAT = [
    {"messages": [{"role": "user", "content": ask}, {"role": "assistant", "content": told}]}
    for ask, told in (("Say one", "1"), ("Say 二", "科目6102"))
]
ITEMS: list[dict[str, Any]] = [*({"text": text} for text in TEXTS), *CHAT * 6]


def quiet(progress: Progress) -> None:
    """Watch nothing."""


def settings(**changes: Any) -> PretrainSettings:
    return PretrainSettings.model_validate(SMALL | changes)


def right(folder: Path) -> int:
    exam = [{"id": "1", "messages": i["messages"][:1], "target": i["messages"][1]["content"]} for i in CHAT]
    return sum(outcome.correct for outcome in exact.score(hf.load(folder), exam))


def test_a_model_from_scratch_learns_text_and_answers(tmp_path: Path):
    seen: list[Progress] = []
    result = pretrain.train(settings(steps=120), ITEMS, tmp_path, report=seen.append)
    assert result.final_loss < seen[0].metrics["loss"] / 3
    assert right(tmp_path) == 2
    network = hf.load(tmp_path).network
    assert network.config.vocab_size == len(loading.load_tokenizer(tmp_path))
    assert network.generation_config.eos_token_id == network.config.eos_token_id


def test_the_same_seed_gives_the_same_files(tmp_path: Path):
    for name, seed in (("one", 0), ("again", 0), ("two", 1)):
        pretrain.train(settings(steps=3, seed=seed), ITEMS, tmp_path / name, report=quiet)
    one, again, two = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("one", "again", "two"))
    assert one == again
    assert one["model.safetensors"] != two["model.safetensors"]


def test_fresh_items_come_from_a_stream(tmp_path: Path):
    drawn = count()

    def stream() -> Iterator[dict[str, Any]]:
        while True:
            yield CHAT[next(drawn) % 2]

    pretrain.train(settings(), ITEMS, tmp_path, stream=stream(), report=quiet)
    assert next(drawn) >= 80 * 8
    assert right(tmp_path) == 2


def test_a_student_can_take_over_a_tokenizer_byte_for_byte(tmp_path: Path):
    pretrain.train(settings(steps=1), ITEMS, tmp_path / "one", report=quiet)
    pretrain.train(settings(steps=1), CHAT, tmp_path / "two", tokenizer_from=tmp_path / "one", report=quiet)
    first, second = ((tmp_path / name / "tokenizer.json").read_bytes() for name in ("one", "two"))
    assert first == second


def test_the_induction_stage_learns_the_repeats_of_random_strings(tmp_path: Path):
    tokenizer = tokenizers.learn(TokenizerSettings(vocab_size=400), ITEMS, 64)
    shape = InductionSettings(pool=20, pool_texts=["6102"], min_tokens=2, max_tokens=4, repeats=3)
    strings = list(islice(pretrain._random_strings(shape, tokenizer, 48, seed=0), 200))
    for example in strings:
        size = example.length // 3
        assert example.ids == example.ids[:size] * 3
        assert example.labels == [chat.IGNORED] * size + example.ids[size:]
    used = {token for example in strings for token in example.ids}
    assert used >= set(chat.text_ids(tokenizer, "6102"))
    assert len(used) == 20
    seen: list[Progress] = []
    stage = {"steps": 5, "batch_size": 4, "pool": 20}
    pretrain.train(settings(steps=5, induction=stage), ITEMS, tmp_path, report=seen.append)
    assert [p.stage for p in seen if p.step == p.total] == ["induction", "train"]


def test_numbers_are_split_into_pairs_of_digits_and_text_survives(tmp_path: Path):
    pairs = tokenizers.learn(TokenizerSettings(vocab_size=500, digit_pairs=True), ITEMS, 64)
    ids = pairs("A6102B", add_special_tokens=False)["input_ids"]
    assert [pairs.decode([token]) for token in ids] == ["A", "61", "02", "B"]
    for text in (*TEXTS, "  spaces\n\tand 👩‍💻"):
        assert pairs.decode(pairs(text, add_special_tokens=False)["input_ids"]) == text


def test_long_texts_are_cut_and_long_chats_skipped_and_counted(tmp_path: Path):
    long = {"messages": [{"role": "user", "content": "why " * 60}, {"role": "assistant", "content": "no"}]}
    items = [{"text": "one two three " * 40}, *CHAT, long]
    assert pretrain.train(settings(steps=1), items, tmp_path, report=quiet).skipped == 1
    for nothing in ([], [long]):
        with pytest.raises(NothingToLearn):
            pretrain.train(settings(steps=1), nothing, tmp_path, report=quiet)


@pytest.mark.parametrize(
    "wrong",
    [
        {"architecture": {"hidden_size": 32, "heads": 3}},
        {"architecture": {"heads": 4, "kv_heads": 3}},
        {"max_length": 1000},
        {"induction": {"min_tokens": 5, "max_tokens": 4}},
    ],
)
def test_shapes_that_do_not_fit_together_are_refused(wrong: dict[str, Any]):
    assert PretrainSettings.model_validate(SMALL).architecture.heads == 2
    with pytest.raises(ValidationError):
        PretrainSettings.model_validate(SMALL | wrong)
