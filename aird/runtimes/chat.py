"""Chat messages to token ids, the same way for training, exams and serving.

An answer's tokens are always the tokens of the text that the template puts after the generation prompt,
encoded on their own and cut after the first end-of-turn token. A model is so trained on, examined on, and
asked to generate exactly the same sequences.

What people write never becomes a control token: `<|end|>` within a message is encoded as the letters it has. Only what
the template itself puts around the messages is control. Until a text is encoded, control tokens within messages stand
as marks that no template knows. An assistant's turn that is to be learnt, or that is the answer to an exam, is its
author's to write and is left as it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from jinja2.exceptions import TemplateError

from aird.runtimes.base import Message
from aird.runtimes.errors import ChatTemplateUnusable

IGNORED = -100
"""The label of a position that no loss is taken at (the convention of torch's cross entropy)."""


@dataclass(frozen=True, slots=True)
class Example:
    """One training sequence: `labels[i]` is `ids[i]` where the model must learn it, else IGNORED."""

    ids: list[int]
    labels: list[int]

    @property
    def length(self) -> int:
        """In tokens."""
        return len(self.ids)


def end_ids(network: Any, tokenizer: Any) -> frozenset[int]:
    """The ids that end an answer: the tokenizer's end-of-sequence token and those of the generation
    config."""
    configured = getattr(getattr(network, "generation_config", None), "eos_token_id", None)
    ids = configured if isinstance(configured, list) else [configured]
    return frozenset(i for i in [*ids, tokenizer.eos_token_id] if i is not None)


def prompt_text(tokenizer: Any, messages: Sequence[Message]) -> str:
    """The messages as text, with the generation prompt of the assistant at the end."""
    controls = _controls(tokenizer)
    return _MARK.sub(lambda mark: controls.written(mark), _prompt(tokenizer, messages))


def text_ids(tokenizer: Any, text: str) -> list[int]:
    """Ids of a text that has its special tokens in it already; marked ones become the letters that they have."""
    ids: list[int] = []
    at = 0
    controls = _controls(tokenizer) if _OPEN in text else None
    for mark in _MARK.finditer(text) if controls else ():
        if mark.start() > at:
            ids += tokenizer(text[at : mark.start()], add_special_tokens=False)["input_ids"]
        letters = controls.written(mark)  # type: ignore[union-attr]
        ids += tokenizer(letters, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        at = mark.end()
    if at < len(text) or not text:
        ids += tokenizer(text[at:], add_special_tokens=False)["input_ids"]
    return ids


def prompt_ids(tokenizer: Any, messages: Sequence[Message]) -> list[int]:
    """Ids of the prompt that the assistant's next answer follows."""
    return text_ids(tokenizer, _render(tokenizer, messages, add_generation_prompt=True, trusted=()))


def answer_ids(tokenizer: Any, messages: Sequence[Message], answer: str, end: frozenset[int]) -> list[int]:
    """Ids of `answer` as the assistant's turn after `messages`, up to and with its end-of-turn token."""
    prompt = _prompt(tokenizer, messages)
    whole = _render(tokenizer, [*messages, {"role": "assistant", "content": answer}], add_generation_prompt=False)
    return _cut(text_ids(tokenizer, _tail(whole, prompt)), end)


class ChoiceEncoder:
    """Encodes the same choices after many prompts, without rendering every pair of them.

    What the template puts around an answer is taken to be the same after another prompt if it is the same for the
    first choice. An exam with fifteen choices a question is so encoded ten times faster.
    """

    def __init__(self, tokenizer: Any, end: frozenset[int]) -> None:
        self._tokenizer = tokenizer
        self._end = end
        self._known: dict[tuple[str, ...], tuple[str, list[list[int]]]] = {}

    def ids(self, messages: Sequence[Message], choices: Sequence[str]) -> list[list[int]]:
        """The `answer_ids` of each choice."""
        first = self._turn(messages, choices[0])
        turn, known = self._known.get(tuple(choices), ("", []))
        if not known or turn != first:
            known = [answer_ids(self._tokenizer, messages, choice, self._end) for choice in choices]
            self._known[tuple(choices)] = first, known
        return known

    def _turn(self, messages: Sequence[Message], choice: str) -> str:
        answered = [*messages, {"role": "assistant", "content": choice}]
        whole = _render(self._tokenizer, answered, add_generation_prompt=False)
        return _tail(whole, _prompt(self._tokenizer, messages))


def encode_chat(tokenizer: Any, messages: Sequence[Message], end: frozenset[int]) -> Example:
    """A conversation with loss on the assistant's turns only.

    Where the template rewrites earlier turns once later ones follow, only the last assistant turn can be
    learnt.
    """
    last = max((i for i, message in enumerate(messages) if message["role"] == "assistant"), default=-1)
    if last < 0:
        raise ChatTemplateUnusable("A training conversation has no assistant turn, so there is nothing to learn.")
    messages = messages[: last + 1]
    whole = _render(tokenizer, messages, add_generation_prompt=False)
    ids: list[int] = []
    labels: list[int] = []
    done = ""
    for i, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        prompt = _prompt(tokenizer, messages[:i])
        through = whole if i == last else _render(tokenizer, messages[: i + 1], add_generation_prompt=False)
        if i != last and not (whole.startswith(through) and through.startswith(prompt)):
            continue
        context = text_ids(tokenizer, _tail(prompt, done))
        answer = text_ids(tokenizer, _tail(through, prompt))
        learnt = len(_cut(answer, end))
        ids += context + answer
        labels += [IGNORED] * len(context) + answer[:learnt] + [IGNORED] * (len(answer) - learnt)
        done = through
    while labels and labels[-1] == IGNORED:
        labels.pop()
    return Example(ids[: len(labels)], labels)


def _cut(ids: list[int], end: frozenset[int]) -> list[int]:
    for position, token in enumerate(ids):
        if token in end:
            return ids[: position + 1]
    return ids


def _tail(text: str, start: str) -> str:
    if not text.startswith(start):
        raise ChatTemplateUnusable(
            "The chat template does not put the assistant's answer after its own generation prompt, so "
            "answers "
            "cannot be told from questions. Give the model a template whose generation prompt is a "
            "prefix of the turn."
        )
    return text[len(start) :]


def _prompt(tokenizer: Any, messages: Sequence[Message]) -> str:
    return _render(tokenizer, messages, add_generation_prompt=True)


def _render(
    tokenizer: Any,
    messages: Sequence[Message],
    *,
    add_generation_prompt: bool,
    trusted: Sequence[str] = ("assistant",),
) -> str:
    """The template's text, with marks for the control tokens that others than the trusted roles wrote."""
    if not getattr(tokenizer, "chat_template", None):
        raise ChatTemplateUnusable(
            "The tokenizer has no chat template, so messages cannot become a prompt. Add chat_template.jinja."
        )
    controls = _controls(tokenizer)
    try:
        text: str = tokenizer.apply_chat_template(
            [dict(each) if each["role"] in trusted else controls.marked(each) for each in messages],
            tokenize=False,
            add_generation_prompt=add_generation_prompt,
        )
    except TemplateError as error:
        raise ChatTemplateUnusable(f"The chat template refused the messages: {error}") from error
    return text


_OPEN, _CLOSE = "\ufdd0", "\ufdd1"  # noncharacters: no text has them by right
_MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")


class _Controls:
    """What a tokenizer takes for a control token where it meets it in a text."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._names = [_OPEN, *sorted(tokens, key=len, reverse=True)]
        self._numbers = {name: number for number, name in enumerate(self._names)}
        self._pattern = re.compile("|".join(map(re.escape, self._names)))

    def marked(self, message: Message) -> dict[str, Any]:
        """The message with a mark for each control token in its content and in its speaker's name."""
        return {
            name: value if name == "role" or not isinstance(value, str) else self._pattern.sub(self._mark, value)
            for name, value in message.items()
        }

    def _mark(self, found: "re.Match[str]") -> str:
        return f"{_OPEN}{self._numbers[found[0]]}{_CLOSE}"

    def written(self, mark: "re.Match[str]") -> str:
        """What a mark stands for."""
        number = int(mark[1])
        return self._names[number] if number < len(self._names) else mark[0]


_known: "WeakKeyDictionary[Any, tuple[int, _Controls]]" = WeakKeyDictionary()


def _controls(tokenizer: Any) -> _Controls:
    known = _known.get(tokenizer)
    if known is None or known[0] != len(tokenizer):
        added = getattr(tokenizer, "added_tokens_decoder", {}).values()
        tokens = {str(each) for each in added if each.special and str(each)}
        known = _known[tokenizer] = len(tokenizer), _Controls(sorted(tokens))
    return known[1]
