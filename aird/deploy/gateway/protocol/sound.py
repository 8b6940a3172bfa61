"""Whether what an engine says has the shape of an answer, so that nothing behind this has to doubt it. Pure.

Not looked at: fields that are only passed on to the client.
"""

from typing import Any

LARGEST = 10_000_000
"""No context is as long, in tokens: a larger number is no count."""


def is_sound(piece: dict[str, Any]) -> bool:
    """Whether choices and usage of a whole answer, or of a piece of a stream, can be read and charged."""
    choices = piece.get("choices")
    if choices is not None and not (type(choices) is list and all(_is_choice(each) for each in choices)):
        return False
    usage = piece.get("usage")
    return usage is None or _is_usage(usage)


def _is_choice(choice: Any) -> bool:
    if type(choice) is not dict or type(choice.get("index", 0)) is not int:
        return False
    if not (_is_text(choice.get("finish_reason")) and _is_text(choice.get("text"))):
        return False
    said = choice.get("delta", choice.get("message"))
    if said is None:
        return True
    if type(said) is not dict or not _is_text(said.get("content")):
        return False
    calls = said.get("tool_calls")
    return calls is None or (type(calls) is list and all(_is_call(each) for each in calls))


def _is_call(call: Any) -> bool:
    if type(call) is not dict or type(call.get("index", 0)) is not int:
        return False
    function = call.get("function")
    if function is None:
        return True
    return type(function) is dict and _is_text(function.get("name")) and _is_text(function.get("arguments"))


def _is_usage(usage: Any) -> bool:
    if type(usage) is not dict or not _is_count(usage.get("prompt_tokens")):
        return False
    completion, details = usage.get("completion_tokens"), usage.get("prompt_tokens_details")
    if not (completion is None or _is_count(completion)):
        return False
    if details is None:
        return True
    return type(details) is dict and (details.get("cached_tokens") is None or _is_count(details["cached_tokens"]))


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST


def _is_text(value: Any) -> bool:
    return value is None or type(value) is str
