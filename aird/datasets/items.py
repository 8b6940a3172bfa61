"""One item of a data set in aird's own form, checked: chat, prompt, exam or text. Pure.

What comes in another layout is turned into this one by `foreign`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aird.datasets.exam_fields import ENOUGH, EXTRAS, extras

Kind = Literal["chat", "prompt", "exam", "text"]
MAX_MESSAGES = 1000
MAX_CHOICES = 64
MAX_ID = 200

# Fields beside an item that say where it came from; they are left out, all other unknown fields are refused.
_origin = frozenset({"id", "source", "category", "lang", "language", "metadata"})
EXAM_FIELDS = frozenset({"choices", "answer", "target"}) | EXTRAS


class ItemRefused(Exception):
    """An item that is in no known format; the caller adds the line."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Item:
    """A checked item. `layout` is the foreign layout it was turned from, `dropped` the fields left out."""

    kind: Kind
    item: dict[str, Any]
    characters: int
    layout: str | None = None
    dropped: tuple[str, ...] = ()


def plain_text(content: Mapping[str, Any]) -> Item:
    """{"text": ...}."""
    text = text_of(content["text"], "text")
    return Item("text", {"text": text}, len(text), None, rest_of(content, {"text"}))


def conversation(content: Mapping[str, Any]) -> Item:
    """{"messages": [...]}: chat when it ends with an answer, else a prompt."""
    messages = messages_of(content["messages"])
    kind: Kind = "chat" if messages[-1]["role"] == "assistant" else "prompt"
    return Item(kind, {"messages": messages}, length_of(messages), None, rest_of(content, {"messages"}))


def exam(content: Mapping[str, Any]) -> Item:
    """{"id", "messages"} with choices and answer, with a target, or with what `exam_fields` knows."""
    dropped = rest_of(content, {"id", "messages", *EXAM_FIELDS})
    identifier = text_of(content.get("id"), "id")
    if len(identifier) > MAX_ID:
        raise ItemRefused("bad_id", f"its id is longer than {MAX_ID} characters. Shorten it.")
    messages = messages_of(content["messages"])
    if messages[-1]["role"] != "user":
        raise ItemRefused("bad_messages", "an exam item ends with the user's question, without an answer.")
    item: dict[str, Any] = {"id": identifier, "messages": messages}
    try:
        item |= extras(content, text_of)
    except ValueError as error:
        raise ItemRefused("bad_exam", str(error)) from None
    choices, answer = content.get("choices"), content.get("answer")
    if choices is None:
        if answer is not None:
            raise ItemRefused("bad_exam", "it has 'answer' without 'choices'. Add the choices, or use 'target'.")
        if content.get("target") is not None or not ENOUGH & item.keys():
            item["target"] = text_of(content.get("target"), "target")
        return Item("exam", item, length_of(messages), None, dropped)
    if not isinstance(choices, list) or not 2 <= len(choices) <= MAX_CHOICES:
        raise ItemRefused("bad_exam", f"'choices' must list 2 to {MAX_CHOICES} answers.")
    choices = [text_of(choice, "choices") for choice in choices]
    if len(set(choices)) != len(choices):
        raise ItemRefused("bad_exam", "two of its choices are the same. Make them different.")
    if type(answer) is not int or not 0 <= answer < len(choices):
        raise ItemRefused(
            "bad_exam",
            f"'answer' must be the place of the right choice, 0 to {len(choices) - 1}, not {shown(answer)}.",
        )
    if content.get("target") not in (None, choices[answer]):
        raise ItemRefused("bad_exam", "'target' differs from the right choice. Leave 'target' out.")
    return Item("exam", item | {"choices": choices, "answer": answer}, length_of(messages), None, dropped)


def chat(messages: Any, layout: str, dropped: tuple[str, ...]) -> Item:
    """A chat item from another layout; refused when it does not end with an answer."""
    checked = messages_of(messages)
    if checked[-1]["role"] != "assistant":
        raise ItemRefused("bad_messages", "the conversation does not end with an answer. Leave its last turn out.")
    return Item("chat", {"messages": checked}, length_of(checked), layout, dropped)


def messages_of(value: Any) -> list[dict[str, str]]:
    """Messages as every chat template takes them: a system message or none, then user and assistant."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_MESSAGES:
        raise ItemRefused("bad_messages", f"'messages' must be a list of 1 to {MAX_MESSAGES} messages.")
    messages: list[dict[str, str]] = []
    for number, message in enumerate(value, 1):
        if not isinstance(message, dict) or message.keys() != {"role", "content"}:
            fields = sorted(message) if isinstance(message, dict) else message
            raise ItemRefused(
                "bad_messages",
                f"message {number} has {shown(fields)}; a message has exactly 'role' and 'content'.",
            )
        role = message["role"]
        if role not in ("system", "user", "assistant"):
            raise ItemRefused(
                "bad_role",
                f"message {number} has the role {shown(role)}; known are system, user and assistant.",
            )
        messages.append({"role": role, "content": text_of(message["content"], f"the content of message {number}")})
    turns = messages[1:] if messages[0]["role"] == "system" else messages
    for number, message in enumerate(turns):
        if message["role"] != ("assistant" if number % 2 else "user"):
            raise ItemRefused(
                "bad_messages",
                "user and assistant must speak in turn, the user first, after at most one system message."
                " Join messages of"
                " the same speaker.",
            )
    if not turns:
        raise ItemRefused("bad_messages", "it has only a system message. Add the user's message.")
    return messages


def text_of(value: Any, what: str) -> str:
    """The value when it is text that can be stored; `what` names it in the refusal."""
    if not isinstance(value, str):
        raise ItemRefused("bad_text", f"{what} must be text, not {shown(value)}.")
    if not value.strip():
        raise ItemRefused("empty_text", f"{what} is empty. Fill it in or leave the item out.")
    if "\x00" in value or not _encodable(value):
        raise ItemRefused("bad_text", f"{what} contains a zero character or half a character pair. Remove it.")
    return value


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def rest_of(content: Mapping[str, Any], known: set[str]) -> tuple[str, ...]:
    """The fields beside the item that are left out; unknown ones are refused rather than lost."""
    rest = content.keys() - known
    unknown = sorted(rest - _origin)
    if unknown:
        raise ItemRefused(
            "unknown_field",
            f"the field {shown(unknown[0])} is not known here and would be lost. Remove or rename it.",
        )
    return tuple(sorted(rest))


def length_of(messages: list[dict[str, str]]) -> int:
    """Characters of all messages."""
    return sum(len(message["content"]) for message in messages)


def shown(value: Any) -> str:
    """A value as a refusal names it."""
    return ascii(value)[:80]
