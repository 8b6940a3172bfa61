"""JSON out of a stranger's file, read strictly: every ambiguity that readers resolve differently is a
refusal.

Python's json takes the last of two equal keys, takes NaN and Infinity, and ends a deep nesting with
RecursionError; other readers of the same file may not. What is checked here must be what is loaded later.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

from aird.catalog.refusals import IntakeRefused, shown


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

    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise IntakeRefused(
            f"it is not UTF-8 text (byte {error.start}). Save it as UTF-8.", reason="not_utf8", file=file
        ) from None
    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        raise IntakeRefused(
            f"it is not valid JSON (line {error.lineno}: {error.msg}). Correct it or export it again.",
            reason="not_json",
            file=file,
        ) from None
    except RecursionError:
        raise IntakeRefused(
            "it nests hundreds of levels deep, which no such file does. Export it again.",
            reason="too_deep",
            file=file,
        ) from None
    except ValueError:
        raise IntakeRefused(
            "it contains a number with thousands of digits. Correct it or export it again.",
            reason="not_json",
            file=file,
        ) from None


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
