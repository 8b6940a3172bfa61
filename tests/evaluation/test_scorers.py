"""Scorers against the slow, obvious way: one full forward pass for each answer, no batches, no shared
cache."""

from pathlib import Path
from typing import Any

import pytest
import torch

from aird.evaluation.scorers import choice, exact
from aird.evaluation.scorers.items import target_of
from aird.evaluation.scorers.outcome import ItemsUnusable
from aird.runtimes import chat, hf
from aird.runtimes.errors import VersionUnusable
from aird.runtimes.hf import LoadedModel
from aird.testing_ml import make_adapter, make_base

CHOICES = ["travel", "a", "meals and drinks, account 6102", "科目6103"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    folder = tmp_path_factory.mktemp("model")
    return hf.load(make_base(folder / "base"), make_adapter(folder / "adapter"))


def items(count: int = 11) -> list[dict[str, Any]]:
    words = ["which", "account", "is", "it", "科目", "please?"]
    return [
        {
            "id": f"q{n}",
            "messages": [{"role": "user", "content": " ".join(words[: n % 6 + 1])}],
            "choices": CHOICES[: 2 + n % 3],
            "answer": n % 2,
        }
        for n in range(count)
    ]


def log_probability(model: LoadedModel, item: dict[str, Any], answer: str) -> float:
    prompt = chat.prompt_ids(model.tokenizer, item["messages"])
    ids = chat.answer_ids(model.tokenizer, item["messages"], answer, model.end_ids)
    logs = model.forward(torch.tensor([prompt + ids])).logits[0].log_softmax(-1)
    return sum(float(logs[len(prompt) - 1 + n, token]) for n, token in enumerate(ids))


@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_the_chosen_answer_is_the_most_probable_one(model: LoadedModel, batch_size: int):
    for item, outcome in zip(items(), choice.score(model, items(), batch_size=batch_size), strict=True):
        scores = [log_probability(model, item, text) for text in item["choices"]]
        best = max(range(len(scores)), key=scores.__getitem__)
        assert (outcome.id, outcome.chosen, outcome.answer) == (item["id"], best, item["choices"][best])
        assert outcome.correct == (best == item["answer"])


def test_the_scores_are_the_log_probabilities(model: LoadedModel):
    item = items(6)[5]
    prompt = chat.prompt_ids(model.tokenizer, item["messages"])
    answers = [chat.answer_ids(model.tokenizer, item["messages"], text, model.end_ids) for text in CHOICES]
    short = chat.prompt_ids(model.tokenizer, items(1)[0]["messages"])
    [scored] = model.choice_log_probabilities([short, prompt], [answers[:1], answers])
    assert scored[1] == pytest.approx([log_probability(model, item, text) for text in CHOICES], abs=1e-4)


class EndsAtOnce(LoadedModel):
    """Every token ends its answer."""

    end_ids = frozenset(range(1000))


class NeverEnds(LoadedModel):
    """No token ends its answer."""

    end_ids = frozenset()


def test_one_choice_of_one_token_needs_no_second_pass(model: LoadedModel):
    outcomes = choice.score(EndsAtOnce(model.network, model.tokenizer), items(3))
    assert [outcome.id for outcome in outcomes] == ["q0", "q1", "q2"]


def greedy(model: LoadedModel, item: dict[str, Any]) -> str:
    return "".join(token.text for token in model.generate(item["messages"], max_tokens=6))


def test_an_exact_match_is_what_greedy_generation_says(model: LoadedModel):
    model = NeverEnds(model.network, model.tokenizer)
    said = [item | {"target": greedy(model, item)} for item in items()]
    wrong = [item | {"target": item["target"] + " and more"} for item in said]
    outcomes = exact.score(model, said, batch_size=4)
    refused = exact.score(model, wrong, batch_size=4)
    for item, outcome, no in zip(said, outcomes, refused, strict=True):
        ids = chat.answer_ids(model.tokenizer, item["messages"], item["target"], frozenset())
        prompt = chat.prompt_ids(model.tokenizer, item["messages"])
        logits = model.forward(torch.tensor([prompt + ids])).logits[0]
        right = logits[len(prompt) - 1 : -1].argmax(-1).tolist() == ids
        assert (outcome.correct, no.correct) == (right, False)


def test_exact_match_shows_the_answer_up_to_its_first_difference(model: LoadedModel):
    item = items(1)[0]
    [outcome] = exact.score(model, [item])
    assert not outcome.correct
    assert outcome.answer is not None
    assert greedy(model, item).startswith(outcome.answer.rstrip("\ufffd"))


def test_the_target_is_the_right_choice_where_no_other_is_given():
    item = items(2)[1]
    assert target_of(item) == item["choices"][1]
    assert target_of(item | {"target": "other"}) == "other"


@pytest.mark.parametrize("change", [{"choices": []}, {"answer": 9}, {"answer": -1}])
def test_items_without_an_answer_are_refused_before_any_work(model: LoadedModel, change: dict[str, Any]):
    broken = [*items(2), items(1)[0] | change]
    with pytest.raises(ItemsUnusable, match="q0"):
        choice.score(model, broken)
    with pytest.raises(ItemsUnusable, match="q0"):
        exact.score(model, broken)


def test_progress_is_told_after_each_batch(model: LoadedModel):
    seen: list[tuple[int, int]] = []
    choice.score(model, items(5), batch_size=2, done=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_weights_that_are_not_numbers_make_the_version_unusable(tmp_path: Path):
    broken = hf.load(make_base(tmp_path / "base"))
    assert choice.score(broken, items(1))
    with torch.no_grad():
        broken.network.model.norm.weight.fill_(float("inf"))
    for scorer in (choice, exact):
        with pytest.raises(VersionUnusable):
            scorer.score(broken, items(1))
