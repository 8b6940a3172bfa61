"""When two items are the same question: one key for splitting, for duplicates and for leakage. Pure.

Compared is what is asked, without the answer and without the system prompt: letters and digits alone, case folded,
compatibility forms made one (full-width letters, ligatures), so that a space or a full stop more makes no other item.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any


def asked(item: Mapping[str, Any]) -> str:
    """What an item asks, as it is written; of plain text all of it."""
    if "messages" not in item:
        return str(item.get("text", ""))
    turns = [message for message in item["messages"] if message["role"] != "system"]
    if turns and turns[-1]["role"] == "assistant" and len(turns) > 1:
        turns = turns[:-1]
    return "\n".join(message["content"] for message in turns)


def question(item: Mapping[str, Any]) -> str:
    """What an item asks, in the form that is compared."""
    return plain(asked(item))


def plain(text: str) -> str:
    """Letters and digits alone, case folded; where there are none, the text without white space at its ends."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(each for each in folded if each.isalnum())
    return kept or folded.strip()


def key(text: str) -> int:
    """64 bits that stand for a text in the form that is compared."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def texts(item: Mapping[str, Any]) -> Iterator[str]:
    """Every text of an item that a person may have written: turns, choices, target, plain text."""
    for message in item.get("messages", ()):
        yield message["content"]
    yield from item.get("choices", ())
    for name in ("text", "target", "answer", "correction", "comment"):
        if isinstance(item.get(name), str):
            yield item[name]


def answer(item: Mapping[str, Any]) -> str | None:
    """The answer that an item teaches or wants; None where it has none."""
    if "choices" in item:
        return str(item["choices"][item["answer"]])
    if "target" in item:
        return str(item["target"])
    messages = item.get("messages", ())
    return str(messages[-1]["content"]) if messages and messages[-1]["role"] == "assistant" else None
