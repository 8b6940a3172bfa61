"""JSON out of a stranger's file, read strictly: every ambiguity that readers resolve differently is a
refusal.

Python's json takes the last of two equal keys, takes NaN and Infinity, and ends a deep nesting with
RecursionError; other readers of the same file may not. What is checked here must be what is loaded later.
"""

import json
from collections import Counter
from collections.abc import Iterator
from math import isfinite
from typing import Any, NoReturn

from aird.catalog.intake.refusals import IntakeRefused, shown

MAX_DEPTH = 64


def parse(raw: bytes, file: str) -> Any:
    """The value in `raw`; raises IntakeRefused naming `file`."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(items)
        if len(content) != len(items):
            double = Counter(key for key, _ in items).most_common(1)[0][0]
            raise IntakeRefused(
                f"'{shown(double)}' stands there twice, and readers differ in which one counts. Keep one.",
                reason="double_key",
                file=file,
            )
        return content

    def constant(name: str) -> NoReturn:
        raise IntakeRefused(
            f"it contains {name}, which is not JSON and no usable number. Write a finite number.",
            reason="not_finite",
            file=file,
        )

    def number(text: str) -> float:
        value = float(text)
        if not isfinite(value):
            constant(shown(text))
        return value

    def too_deep() -> IntakeRefused:
        return IntakeRefused(
            f"it nests more than {MAX_DEPTH} levels deep, which no such file does and other readers refuse. Export it"
            " again.",
            reason="too_deep",
            file=file,
        )

    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise IntakeRefused(
            f"it is not UTF-8 text (byte {error.start}). Save it as UTF-8.", reason="not_utf8", file=file
        ) from None
    if text.startswith("\ufeff"):
        raise IntakeRefused(
            "it begins with a byte order mark, which other readers refuse. Save it as UTF-8 without one.",
            reason="not_json",
            file=file,
        )
    try:
        content = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_float=number)
    except json.JSONDecodeError as error:
        raise IntakeRefused(
            f"it is not valid JSON (line {error.lineno}: {error.msg}). Correct it or export it again.",
            reason="not_json",
            file=file,
        ) from None
    except RecursionError:
        raise too_deep() from None
    except ValueError:
        raise IntakeRefused(
            "it contains a number with thousands of digits. Correct it or export it again.",
            reason="not_json",
            file=file,
        ) from None
    if _deeper(content, MAX_DEPTH):
        raise too_deep()
    return content


def _deeper(content: Any, levels: int) -> bool:
    """Whether lists and objects nest in more than so many levels."""
    layer = [content]
    for _ in range(levels + 1):
        layer = [
            child
            for value in layer
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, dict | list)
        ]
        if not layer:
            return False
    return True


def parse_object(raw: bytes, file: str) -> dict[str, Any]:
    """Like `parse`, for a file whose content is one object."""
    content = parse(raw, file)
    if not isinstance(content, dict):
        raise IntakeRefused("it must contain one JSON object.", reason="not_an_object", file=file)
    return content


def objects(content: Any) -> Iterator[dict[str, Any]]:
    """Every object inside `content`, at any depth."""
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def walk(content: Any) -> Iterator[tuple[str, Any]]:
    """Every (key, value) of every object inside `content`."""
    for entry in objects(content):
        yield from entry.items()
