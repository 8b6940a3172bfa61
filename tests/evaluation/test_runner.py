"""The runner on a tiny model: every scorer, in batches, against asking one at a time."""

from math import exp
from typing import Any

import pytest
import torch

from aird.evaluation import runner
from aird.evaluation import settings as suite_settings
from aird.evaluation.models import Scorer
from aird.evaluation.scorers.outcome import ItemsUnusable, Outcome
from aird.evaluation.settings import Check
from aird.runtimes import chat, hf
from aird.runtimes.errors import PromptTooLong
from aird.runtimes.hf import LoadedModel
from aird.testing_ml import make_adapter, make_base

SETTINGS: dict[Scorer, dict[str, Any]] = {
    Scorer.CHOICE: {"per_token": True},
    Scorer.EXACT: {"normalise": True, "max_tokens": 6},
    Scorer.F1: {"max_tokens": 6},
    Scorer.PERPLEXITY: {},
    Scorer.REGEX: {"pattern": "[a-m]", "max_tokens": 6},
    Scorer.JSON: {"max_tokens": 6},
    Scorer.REFUSAL: {"phrases": ["ab"], "max_tokens": 6},
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder = tmp_path_factory.mktemp("model")
    found = hf.load(make_base(folder / "base"))
    for name in ("one", "two"):
        found.add_adapter(name, make_adapter(folder / name, seed=len(name) + ord(name[0]), size=0.6))
    return found


def items(count: int = 7) -> list[dict[str, Any]]:
    return [
        {
            "id": f"q{n}",
            "messages": [{"role": "user", "content": "which account is it please? " * (n % 3 + 1)}],
            "choices": ["travel", "meals and drinks", "科目6103"],
            "answer": n % 3,
            "refuse": n % 2 == 0,
            "paraphrases": ["what account?"],
        }
        for n in range(count)
    ]


def sat(model: LoadedModel, scorer: Scorer, batch_size: int = 4, checks: list[Check] | None = None) -> runner.Sheet:
    exam = runner.prepare(scorer, suite_settings.read(scorer, SETTINGS[scorer]), items(), checks)
    return runner.sit(model, exam, batch_size=batch_size)


def close(one: list[Outcome], other: list[Outcome]) -> None:
    assert [(a.id, a.correct, a.chosen, a.answer) for a in one] == [
        (b.id, b.correct, b.chosen, b.answer) for b in other
    ]
    assert [a.score for a in one] == pytest.approx([b.score for b in other], abs=1e-5)


@pytest.mark.parametrize("scorer", list(SETTINGS))
def test_a_batch_gives_what_one_at_a_time_gives_with_any_adapter(model: LoadedModel, scorer: Scorer) -> None:
    exam = runner.prepare(scorer, suite_settings.read(scorer, SETTINGS[scorer]), items())
    for adapter in (None, "one", "two", "one"):
        model.use(adapter)
        close(runner.sit(model, exam, batch_size=4).outcomes, sat(model, scorer, batch_size=1).outcomes)


def test_generated_answers_are_what_the_runtime_would_stream(model: LoadedModel) -> None:
    model.use("one")
    for item, outcome in zip(items(), sat(model, Scorer.REGEX).outcomes, strict=True):
        streamed = "".join(token.text for token in model.generate(item["messages"], max_tokens=6))
        assert str(outcome.answer).rstrip("\ufffd") == streamed.rstrip("\ufffd")  # the last character may be cut


def test_perplexity_is_that_of_the_target(model: LoadedModel) -> None:
    model.use("two")
    sheet = sat(model, Scorer.PERPLEXITY)
    losses = []
    for item, outcome in zip(items(), sheet.outcomes, strict=True):
        prompt = chat.prompt_ids(model.tokenizer, item["messages"])
        answer = chat.answer_ids(model.tokenizer, item["messages"], item["choices"][item["answer"]], model.end_ids)
        logits = model.forward(torch.tensor([prompt + answer])).logits[0].float().log_softmax(-1)
        found = [float(logits[len(prompt) - 1 + n, token]) for n, token in enumerate(answer)]
        assert outcome.score == pytest.approx(exp(sum(found) / len(found)), rel=1e-4)
        losses += found
    assert sheet.details["perplexity"]["perplexity"] == pytest.approx(exp(-sum(losses) / len(losses)), rel=1e-4)
    assert sheet.details["perplexity"]["tokens"] == len(losses)


def test_checks_are_filed_beside_the_score_and_change_none(model: LoadedModel) -> None:
    model.use("one")
    plain, checked = sat(model, Scorer.CHOICE), sat(model, Scorer.CHOICE, checks=list(Check))
    assert plain.outcomes == checked.outcomes
    assert set(checked.details) == {"calibration", "paraphrases", "templates", "typos"}
    assert set(plain.details) == {"calibration"}
    assert len(checked.variants) == 5
    assert all(0 <= checked.details[name]["same"] <= 7 for name in ("paraphrases", "templates", "typos"))


def test_progress_counts_every_way_of_asking(model: LoadedModel) -> None:
    model.use(None)
    exam = runner.prepare(Scorer.CHOICE, suite_settings.read(Scorer.CHOICE, {}), items(), [Check.TYPOS])
    seen: list[tuple[int, int]] = []
    runner.sit(model, exam, batch_size=3, done=lambda done, total: seen.append((done, total)))
    assert seen == [(n, 14) for n in (3, 6, 7, 10, 13, 14)]


def test_a_refusal_exam_says_what_was_declined_without_need(model: LoadedModel) -> None:
    model.use(None)
    sheet = sat(model, Scorer.REFUSAL)
    found = sheet.details["refusals"]
    assert (found["harmful"], found["harmless"]) == (4, 3)
    assert found["declined"] + found["harmless"] - found["declined_without_need"] == sheet.correct


def test_items_that_a_scorer_cannot_judge_are_refused_by_name(model: LoadedModel) -> None:
    open_item = {"id": "open", "messages": [{"role": "user", "content": "Hi?"}]}
    for scorer in (Scorer.CHOICE, Scorer.EXACT, Scorer.F1, Scorer.PERPLEXITY):
        exam = runner.prepare(scorer, suite_settings.read(scorer, SETTINGS[scorer]), [open_item])
        with pytest.raises(ItemsUnusable, match="open"):
            runner.sit(model, exam)


@pytest.mark.parametrize("scorer", [Scorer.CHOICE, Scorer.F1])
def test_an_item_longer_than_the_model_reads_is_refused_by_name(model: LoadedModel, scorer: Scorer) -> None:
    long = {**items(1)[0], "id": "long", "messages": [{"role": "user", "content": "word " * model.context}]}
    exam = runner.prepare(scorer, suite_settings.read(scorer, SETTINGS[scorer]), [long])
    with pytest.raises(PromptTooLong, match="long"):
        runner.sit(model, exam)
