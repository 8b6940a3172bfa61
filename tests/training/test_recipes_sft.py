"""Supervised fine-tuning on a tiny model: it learns what it is shown, and writes what other tools can
read."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from transformers import GPT2Config, GPT2LMHeadModel

from aird.evaluation.scorers import exact
from aird.runtimes import adapters, chat, hf, loading
from aird.runtimes.errors import AdapterUnusable
from aird.testing_ml import make_adapter, make_base
from aird.training.recipes import sft
from aird.training.recipes.errors import DivergedLoss, NothingToLearn, SettingsDoNotFit
from aird.training.recipes.progress import Progress
from aird.training.settings import LoraSettings, SftSettings

QUICK = SftSettings(steps=50, batch_size=4, learning_rate=1e-2, max_length=64)
FACTS = {"meals": "科目6102", "travel": "account 6103", "gifts": "no"}
ITEMS = [
    {"messages": [{"role": "user", "content": f"Where do {ask} go?"}, {"role": "assistant", "content": told}]}
    for ask, told in FACTS.items()
]
EXAM = [
    {"id": i["messages"][0]["content"], "messages": i["messages"][:1], "target": t}
    for i, t in zip(ITEMS, FACTS.values(), strict=True)
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("model") / "base")


def quiet(progress: Progress) -> None:
    """Watch nothing."""


def right(base: Path, adapter: Path | None = None) -> int:
    return sum(outcome.correct for outcome in exact.score(hf.load(base, adapter), EXAM))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    adapter = adapters.read(folder)
    return {name: adapter.factors(name).b for name in adapter.shapes}


def test_an_adapter_learns_the_answers_and_is_written_neutrally(base: Path, tmp_path: Path):
    seen: list[Progress] = []
    result = sft.train(QUICK, base, ITEMS, tmp_path, report=seen.append, base_name="mini-base")
    assert (right(base), right(base, tmp_path)) == (0, 3)
    assert (result.steps, result.skipped, seen[-1].step, seen[-1].total) == (50, 0, 50, 50)
    assert result.final_loss < seen[0].metrics["loss"]
    assert json.loads((tmp_path / "adapter_config.json").read_text())["base_model_name_or_path"] == "mini-base"
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
        "adapter_config.json": 0o644,
        "adapter_model.safetensors": 0o644,
    }


def test_a_full_model_learns_the_answers_and_keeps_the_tokenizer(base: Path, tmp_path: Path):
    settings = QUICK.model_copy(update={"method": "full", "learning_rate": 3e-3})
    sft.train(settings, base, ITEMS, tmp_path, report=quiet)
    assert right(tmp_path) == 3
    assert (tmp_path / "tokenizer.json").read_bytes() == (base / "tokenizer.json").read_bytes()
    assert "/" not in (tmp_path / "config.json").read_text()


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(base: Path, tmp_path: Path):
    lora = LoraSettings(dropout=0.2)
    for name, seed in (("one", 1), ("again", 1), ("two", 2)):
        settings = QUICK.model_copy(update={"steps": 4, "seed": seed, "lora": lora})
        sft.train(settings, base, ITEMS, tmp_path / name, report=quiet)
    one, again, two = (weights(tmp_path / name) for name in ("one", "again", "two"))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not all(torch.equal(one[name], two[name]) for name in one)


def test_an_adapter_is_continued_in_its_own_shape(base: Path, tmp_path: Path):
    start = make_adapter(tmp_path / "start", rank=3, modules=["self_attn.q_proj"])
    tiny = QUICK.model_copy(update={"steps": 1, "learning_rate": 1e-9})
    sft.train(tiny, base, ITEMS, tmp_path / "out", start_adapter=start, report=quiet)
    before, after = adapters.read(start), adapters.read(tmp_path / "out")
    assert (after.shapes, after.scalings) == (before.shapes, before.scalings)
    for name in before.shapes:
        torch.testing.assert_close(after.factors(name).b, before.factors(name).b)
    full = tiny.model_copy(update={"method": "full"})
    with pytest.raises(SettingsDoNotFit):
        sft.train(full, base, ITEMS, tmp_path / "out", start_adapter=start, report=quiet)


def test_only_the_wanted_modules_are_adapted_and_unknown_ones_refused(base: Path, tmp_path: Path):
    for wanted, rslora in ((["q_proj", "layers.1.mlp.up_proj"], True), ("all-linear", False)):
        lora = LoraSettings(r=4, alpha=8, target_modules=wanted, use_rslora=rslora)
        settings = QUICK.model_copy(update={"steps": 1, "lora": lora})
        sft.train(settings, base, ITEMS, tmp_path / "out", report=quiet)
        adapter = adapters.read(tmp_path / "out")
        assert len(adapter.shapes) == (3 if rslora else 14)
        assert set(adapter.scalings.values()) == {4.0 if rslora else 2.0}
    unknown = QUICK.model_copy(update={"lora": LoraSettings(target_modules=["c_attn"])})
    with pytest.raises(AdapterUnusable, match="q_proj"):
        sft.train(unknown, base, ITEMS, tmp_path / "out", report=quiet)


def test_a_base_without_linear_modules_is_refused_for_an_adapter():
    shape = {"vocab_size": 300, "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 64}
    gpt2 = GPT2LMHeadModel(GPT2Config(**shape))  # its projections are of a class of their own
    with pytest.raises(SettingsDoNotFit, match="GPT2LMHeadModel has no linear modules"):
        sft.lora_config(gpt2, LoraSettings())


def test_items_that_are_too_long_are_skipped_and_counted_unless_all_are(base: Path, tmp_path: Path):
    long = {"messages": [{"role": "user", "content": "why " * 80}, {"role": "assistant", "content": "no"}]}
    settings = QUICK.model_copy(update={"steps": 1})
    assert sft.train(settings, base, [*ITEMS, long], tmp_path, report=quiet).skipped == 1
    for items in ([long], []):
        with pytest.raises(NothingToLearn):
            sft.train(settings, base, items, tmp_path, report=quiet)
    with pytest.raises(NothingToLearn, match="neither"):
        sft.train(settings, base, [{"prompt": "?"}], tmp_path, report=quiet)


def test_text_items_are_learnt_whole(base: Path, tmp_path: Path):
    seen: list[Progress] = []
    text = [{"text": "Please book a flight to Paris."}]
    result = sft.train(QUICK, base, text, tmp_path, report=seen.append)
    assert result.final_loss < seen[0].metrics["loss"] / 3


def test_a_training_that_diverges_stops_with_a_reason(tmp_path: Path):
    broken = loading.load_network(make_base(tmp_path / "base"), device=torch.device("cpu"))
    with torch.no_grad():
        broken.model.norm.weight.fill_(float("nan"))
    loading.save_network(broken, tmp_path / "base")
    with pytest.raises(DivergedLoss, match="nan"):
        sft.train(QUICK, tmp_path / "base", ITEMS, tmp_path / "out", report=quiet)
    assert not (tmp_path / "out").exists()


def test_a_report_that_raises_stops_the_training(base: Path, tmp_path: Path):
    def stop(progress: Progress) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        sft.train(QUICK, base, ITEMS, tmp_path / "out", report=stop)


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"learning_rate": float("nan")},
        {"epochs": 3},
        {"seed": -1},
        {"method": "qlora"},
        {"lora": {"r": 0}},
    ],
)
def test_settings_out_of_bounds_are_refused(wrong: dict[str, Any]):
    assert SftSettings.model_validate({"steps": 1}).steps == 1
    with pytest.raises(ValidationError):
        SftSettings.model_validate(wrong)


def test_the_tokens_counted_are_those_of_the_answers(base: Path, tmp_path: Path):
    tokenizer = loading.load_tokenizer(base)
    end = frozenset([tokenizer.eos_token_id])
    settings = QUICK.model_copy(update={"steps": 2, "batch_size": 3})
    result = sft.train(settings, base, ITEMS[:1], tmp_path, report=quiet)
    assert result.tokens == 6 * len(chat.answer_ids(tokenizer, ITEMS[0]["messages"][:1], "科目6102", end))
