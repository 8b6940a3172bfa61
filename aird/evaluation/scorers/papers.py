"""The items of one exam in tokens: worked out once for each tokenizer, for all versions that share it.

With many versions of one base the template and the tokenizer would otherwise take a good part of the time.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from aird.evaluation.scorers.outcome import Item
from aird.runtimes import chat
from aird.runtimes.errors import PromptTooLong
from aird.runtimes.scoring import Sitter

Value = TypeVar("Value")
KEPT = 4
"""Tokenizers that are remembered: the base's, and those of a few adapters that bring their own."""


class Paper:
    """Remembers what was worked out of the same items before; make one for each list of items."""

    def __init__(self) -> None:
        self._known: list[tuple[Any, dict[str, Any]]] = []  # the tokenizer itself, so that no other takes its id

    def once(self, tokenizer: Any, what: str, make: Callable[[], Value]) -> Value:
        """`make()`, or what it gave before for this tokenizer."""
        found = next((made for known, made in self._known if known is tokenizer), None)
        if found is None:
            found = {}
            self._known = [*self._known[-KEPT + 1 :], (tokenizer, found)]
        if what not in found:
            found[what] = make()
        value: Value = found[what]
        return value

    def prompts(self, model: Sitter, items: Sequence[Item], room: int = 1) -> list[list[int]]:
        """The prompt of each item, in tokens. Raises PromptTooLong where less than `room` tokens would be left."""
        tokenizer = model.tokenizer
        found = self.once(tokenizer, "prompts", lambda: [chat.prompt_ids(tokenizer, i["messages"]) for i in items])
        require_room(model, items, [len(each) + room for each in found])
        return found

    def answers(self, model: Sitter, items: Sequence[Item], text: Callable[[Item], str]) -> list[list[int]]:
        """What the model would have to say for each item, in tokens."""
        tokenizer, end = model.tokenizer, model.end_ids
        return self.once(
            tokenizer, "answers", lambda: [chat.answer_ids(tokenizer, i["messages"], text(i), end) for i in items]
        )

    def choices(self, model: Sitter, items: Sequence[Item]) -> list[list[list[int]]]:
        """The choices of each item, in tokens."""
        tokenizer, end = model.tokenizer, model.end_ids

        def make() -> list[list[list[int]]]:
            encoder = chat.ChoiceEncoder(tokenizer, end)
            return [encoder.ids(item["messages"], item["choices"]) for item in items]

        return self.once(tokenizer, "choices", make)


def require_room(model: Sitter, items: Sequence[Item], lengths: Sequence[int]) -> None:
    """Refuse items that are longer, in tokens, than what the model reads. Raises PromptTooLong."""
    for item, length in zip(items, lengths, strict=True):
        if length > model.context:
            raise PromptTooLong(
                f"Item {item.get('id')!r} needs {length} tokens with its answer; this model reads {model.context}. "
                "Shorten the item, or leave it out of the exam.",
                prompt_tokens=length,
                context=model.context,
            )
