"""One item of a data set: which of the known formats it is in, checked, in aird's own form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["chat", "prompt", "exam", "text"]
MAX_MESSAGES = 1000
MAX_CHOICES = 64
MAX_ID = 200

# Fields beside an item that say where it came from; they are left out, all other unknown fields are refused.
_origin = frozenset({"id", "source", "category", "lang", "language", "metadata"})
_exam_fields = frozenset({"choices", "answer", "target"})
_speakers = {
    **{"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant"},
    **{"system": "system"},
}
_formats = (
    "an item has 'messages' (chat, prompt, exam), 'text', 'instruction' and 'output' (Alpaca), or"
    " 'conversations'"
    " (ShareGPT)"
)


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
    layout: Literal["alpaca", "sharegpt"] | None = None
    dropped: tuple[str, ...] = ()


def read_item(content: Mapping[str, Any]) -> Item:
    """The item in a JSON object; raises ItemRefused."""
    layouts = [name for name in ("messages", "conversations", "instruction") if name in content]
    if len(layouts) > 1 or (layouts == ["messages"] and "text" in content):
        raise ItemRefused(
            "ambiguous",
            f"it is in two formats at once: {', '.join(sorted(content))[:120]}. Keep one of them.",
        )
    if "messages" in content:
        return _exam(content) if _exam_fields & content.keys() else _conversation(content)
    if "conversations" in content:
        return _sharegpt(content)
    if "instruction" in content:
        return _alpaca(content)
    if "text" in content:
        text = _text(content["text"], "text")
        return Item("text", {"text": text}, len(text), None, _rest(content, {"text"}))
    raise ItemRefused("unknown_format", f"its fields are {_shown(sorted(content))}; {_formats}. Rename them.")


def _conversation(content: Mapping[str, Any]) -> Item:
    messages = _messages(content["messages"])
    kind: Kind = "chat" if messages[-1]["role"] == "assistant" else "prompt"
    return Item(kind, {"messages": messages}, _length(messages), None, _rest(content, {"messages"}))


def _exam(content: Mapping[str, Any]) -> Item:
    dropped = _rest(content, {"id", "messages", *_exam_fields})
    identifier = _text(content.get("id"), "id")
    if len(identifier) > MAX_ID:
        raise ItemRefused("bad_id", f"its id is longer than {MAX_ID} characters. Shorten it.")
    messages = _messages(content["messages"])
    if messages[-1]["role"] != "user":
        raise ItemRefused("bad_messages", "an exam item ends with the user's question, without an answer.")
    item: dict[str, Any] = {"id": identifier, "messages": messages}
    choices, answer = content.get("choices"), content.get("answer")
    if choices is None:
        if answer is not None:
            raise ItemRefused("bad_exam", "it has 'answer' without 'choices'. Add the choices, or use 'target'.")
        item["target"] = _text(content.get("target"), "target")
        return Item("exam", item, _length(messages), None, dropped)
    if not isinstance(choices, list) or not 2 <= len(choices) <= MAX_CHOICES:
        raise ItemRefused("bad_exam", f"'choices' must list 2 to {MAX_CHOICES} answers.")
    choices = [_text(choice, "choices") for choice in choices]
    if len(set(choices)) != len(choices):
        raise ItemRefused("bad_exam", "two of its choices are the same. Make them different.")
    if type(answer) is not int or not 0 <= answer < len(choices):
        raise ItemRefused(
            "bad_exam",
            f"'answer' must be the place of the right choice, 0 to {len(choices) - 1}, not {_shown(answer)}.",
        )
    if content.get("target") not in (None, choices[answer]):
        raise ItemRefused("bad_exam", "'target' differs from the right choice. Leave 'target' out.")
    return Item("exam", item | {"choices": choices, "answer": answer}, _length(messages), None, dropped)


def _alpaca(content: Mapping[str, Any]) -> Item:
    known = {"instruction", "input", "output", "system", "history"}
    # The published Alpaca data repeats the whole prompt in 'text'.
    dropped = _rest(content, {*known, "text"}) + (("text",) if "text" in content else ())
    if "output" not in content:
        raise ItemRefused("unknown_format", "it has 'instruction' but no 'output'. Add the answer.")
    messages = [{"role": "system", "content": content["system"]}] if content.get("system") else []
    history = content.get("history") or []
    if not isinstance(history, list) or not all(isinstance(turn, list) and len(turn) == 2 for turn in history):
        raise ItemRefused("bad_messages", "'history' must list pairs of question and answer.")
    for question, answer in history:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    question, extra = content["instruction"], content.get("input") or ""
    if not isinstance(question, str) or not isinstance(extra, str):
        raise ItemRefused("bad_text", "'instruction' and 'input' must be text.")
    messages.append({"role": "user", "content": f"{question}\n\n{extra}" if extra.strip() else question})
    messages.append({"role": "assistant", "content": content["output"]})
    checked = _messages(messages)
    return Item("chat", {"messages": checked}, _length(checked), "alpaca", dropped)


def _sharegpt(content: Mapping[str, Any]) -> Item:
    dropped = _rest(content, {"conversations", "system"})
    turns = content["conversations"]
    if not isinstance(turns, list):
        raise ItemRefused("bad_messages", "'conversations' must be a list.")
    messages = [{"role": "system", "content": content["system"]}] if content.get("system") else []
    for turn in turns:
        if not isinstance(turn, dict) or turn.keys() != {"from", "value"}:
            raise ItemRefused("bad_messages", "a turn of 'conversations' has exactly 'from' and 'value'.")
        speaker = turn["from"]
        if not isinstance(speaker, str) or speaker not in _speakers:
            raise ItemRefused(
                "bad_role", f"the speaker {_shown(speaker)} is not known; known are {', '.join(_speakers)}."
            )
        messages.append({"role": _speakers[speaker], "content": turn["value"]})
    checked = _messages(messages)
    if checked[-1]["role"] != "assistant":
        raise ItemRefused("bad_messages", "the conversation does not end with an answer. Leave its last turn out.")
    return Item("chat", {"messages": checked}, _length(checked), "sharegpt", dropped)


def _messages(value: Any) -> list[dict[str, str]]:
    """Messages as every chat template takes them: a system message or none, then user and assistant."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_MESSAGES:
        raise ItemRefused("bad_messages", f"'messages' must be a list of 1 to {MAX_MESSAGES} messages.")
    messages: list[dict[str, str]] = []
    for number, message in enumerate(value, 1):
        if not isinstance(message, dict) or message.keys() != {"role", "content"}:
            fields = sorted(message) if isinstance(message, dict) else message
            raise ItemRefused(
                "bad_messages",
                f"message {number} has {_shown(fields)}; a message has exactly 'role' and 'content'.",
            )
        role = message["role"]
        if role not in ("system", "user", "assistant"):
            raise ItemRefused(
                "bad_role",
                f"message {number} has the role {_shown(role)}; known are system, user and assistant.",
            )
        messages.append({"role": role, "content": _text(message["content"], f"the content of message {number}")})
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


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise ItemRefused("bad_text", f"{what} must be text, not {_shown(value)}.")
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


def _rest(content: Mapping[str, Any], known: set[str]) -> tuple[str, ...]:
    """The fields beside the item that are left out; unknown ones are refused rather than lost."""
    rest = content.keys() - known
    unknown = sorted(rest - _origin)
    if unknown:
        raise ItemRefused(
            "unknown_field",
            f"the field {_shown(unknown[0])} is not known here and would be lost. Remove or rename it.",
        )
    return tuple(sorted(rest))


def _length(messages: list[dict[str, str]]) -> int:
    return sum(len(message["content"]) for message in messages)


def _shown(value: Any) -> str:
    return ascii(value)[:80]
