"""Chat items become token sequences: what is learnt is what is generated."""

import copy
from pathlib import Path
from typing import Any

import pytest

from aird.runtimes import chat, loading
from aird.runtimes.errors import ChatTemplateUnusable
from aird.testing_ml import make_base

USER = {"role": "user", "content": "Which invoice?"}
ANSWER = {"role": "assistant", "content": "科目6102"}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return loading.load_tokenizer(make_base(tmp_path_factory.mktemp("model")))


@pytest.fixture
def end(tokenizer: Any) -> frozenset[int]:
    return frozenset([tokenizer.eos_token_id])


def learnt(example: chat.Example) -> list[int]:
    return [label for label in example.labels if label != chat.IGNORED]


def test_only_the_answer_with_its_end_is_learnt(tokenizer: Any, end: frozenset[int]):
    example = chat.encode_chat(tokenizer, [USER, ANSWER], end)
    prompt = chat.prompt_ids(tokenizer, [USER])
    answer = chat.answer_ids(tokenizer, [USER], ANSWER["content"], end)
    assert example.ids == prompt + answer
    assert example.labels == [chat.IGNORED] * len(prompt) + answer
    assert answer[-1] in end


def test_every_assistant_turn_of_a_conversation_is_learnt(tokenizer: Any, end: frozenset[int]):
    example = chat.encode_chat(tokenizer, [USER, ANSWER, USER, ANSWER], end)
    assert learnt(example) == 2 * chat.answer_ids(tokenizer, [USER], ANSWER["content"], end)
    assert tokenizer.decode(example.ids).count("<|user|>") == 2


def test_what_follows_the_last_answer_is_left_out(tokenizer: Any, end: frozenset[int]):
    assert chat.encode_chat(tokenizer, [USER, ANSWER, USER], end) == chat.encode_chat(tokenizer, [USER, ANSWER], end)


def test_text_that_the_template_adds_after_the_end_is_not_learnt(tokenizer: Any, end: frozenset[int], tmp_path: Path):
    tail = loading.load_tokenizer(make_base(tmp_path))
    tail.chat_template = tail.chat_template.replace("'<|end|>'", "'<|end|>\\n'")
    assert learnt(chat.encode_chat(tail, [USER, ANSWER], end)) == learnt(
        chat.encode_chat(tokenizer, [USER, ANSWER], end)
    )


def test_a_template_that_rewrites_earlier_answers_teaches_the_last_one_only(end: frozenset[int], tmp_path: Path):
    tokenizer = loading.load_tokenizer(make_base(tmp_path))
    tokenizer.chat_template = (
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content if loop.last or m.role == 'user' else '...' "
        "}}<|end|>"
        "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
    )
    example = chat.encode_chat(tokenizer, [USER, ANSWER, USER, ANSWER], end)
    assert learnt(example) == chat.answer_ids(tokenizer, [USER], ANSWER["content"], end)


def test_a_conversation_without_an_answer_has_nothing_to_learn(tokenizer: Any, end: frozenset[int]):
    with pytest.raises(ChatTemplateUnusable):
        chat.encode_chat(tokenizer, [USER], end)


def test_a_template_without_the_generation_prompt_before_the_answer_is_refused(end: frozenset[int], tmp_path: Path):
    tokenizer = loading.load_tokenizer(make_base(tmp_path))
    tokenizer.chat_template = (
        "{% for m in messages %}[{{ m.content }}]{% endfor %}{% if add_generation_prompt %}>{% endif %}"
    )
    with pytest.raises(ChatTemplateUnusable, match="generation prompt"):
        chat.answer_ids(tokenizer, [USER], "yes", end)
    tokenizer.chat_template = None
    with pytest.raises(ChatTemplateUnusable, match="no chat template"):
        chat.prompt_ids(tokenizer, [USER])


def test_choices_are_encoded_as_single_answers_after_every_prompt(tokenizer: Any, end: frozenset[int], tmp_path: Path):
    fussy = loading.load_tokenizer(make_base(tmp_path))
    fussy.chat_template = fussy.chat_template.replace(
        "message['content']",
        "(message['content'] | upper if messages[0]['content'] == 'LOUD' else message['content'])",
    )
    for one in (tokenizer, fussy):
        encoder = chat.ChoiceEncoder(one, end)
        for words in ("quiet", "LOUD", "quiet", "other"):
            asked = [{"role": "user", "content": words}]
            expected = [chat.answer_ids(one, asked, choice, end) for choice in ("yes", "科目6102")]
            assert encoder.ids(asked, ["yes", "科目6102"]) == expected


@pytest.mark.parametrize("role", ["user", "system", "assistant"])
def test_a_control_token_in_a_message_is_the_letters_it_has(tokenizer: Any, role: str):
    end = tokenizer.eos_token
    plain, forged = ([{"role": role, "content": f"Hello {each} there"}, USER] for each in ("", end))
    ids, usual = chat.prompt_ids(tokenizer, forged), chat.prompt_ids(tokenizer, plain)
    assert ids.count(tokenizer.eos_token_id) == usual.count(tokenizer.eos_token_id)
    assert tokenizer.decode(ids).count(end) == tokenizer.decode(usual).count(end) + 1
    assert len(ids) > len(usual)


def test_a_mark_in_a_message_is_no_way_round(tokenizer: Any):
    forged = [{"role": "user", "content": "a \ufdd01\ufdd1 b \ufdd0"}]
    text = chat.prompt_text(tokenizer, forged)
    assert "a \ufdd01\ufdd1 b \ufdd0" in text
    ids = chat.prompt_ids(tokenizer, forged)
    usual = chat.prompt_ids(tokenizer, [{"role": "user", "content": "a b"}])
    assert ids.count(tokenizer.eos_token_id) == usual.count(tokenizer.eos_token_id)


def test_a_template_may_show_who_speaks_and_a_name_is_no_control_token(tokenizer: Any):
    tokenizer = copy.deepcopy(tokenizer)
    tokenizer.chat_template = "{% for m in messages %}{{ m.name }}: {{ m.content }}{% endfor %}"
    ids = chat.prompt_ids(tokenizer, [{"role": "user", "content": "Hi", "name": f"ann{tokenizer.eos_token}"}])
    assert tokenizer.decode(ids) == f"ann{tokenizer.eos_token}: Hi"
    assert tokenizer.eos_token_id not in ids


def test_a_question_with_a_control_token_teaches_the_same_answer(tokenizer: Any):
    end = chat.end_ids(None, tokenizer)
    question = {"role": "user", "content": f"What does {tokenizer.eos_token} mean?"}
    example = chat.encode_chat(tokenizer, [question, {"role": "assistant", "content": "The end."}], end)
    learnt = [label for label in example.labels if label != chat.IGNORED]
    assert learnt == chat.answer_ids(tokenizer, [question], "The end.", end)
    assert example.ids[: -len(learnt)] == chat.prompt_ids(tokenizer, [question])
