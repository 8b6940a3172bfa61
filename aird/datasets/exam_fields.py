"""What an exam item may bring beside its choices or target, for the scorers that read it. Pure.

    targets      answers that are right as well
    pattern      a regular expression that a right answer matches
    form         a JSON Schema that a right answer has
    refuse       whether the right answer is to decline
    paraphrases  the user's question in other words

Whether a pattern or a form can be checked is for the exam to say.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

EXTRAS = frozenset({"targets", "pattern", "form", "refuse", "paraphrases"})
ENOUGH = frozenset({"targets", "pattern", "form", "refuse"})
"""Those that an answer can be judged by without a target."""

MAX_TEXTS = 16
MAX_PATTERN = 1000
MAX_FORM = 64 * 1024


def extras(content: Mapping[str, Any], text_of: Callable[[Any, str], str]) -> dict[str, Any]:
    """The fields in aird's own form; raises ValueError with the fact, or what `text_of` raises for a bad text."""
    found: dict[str, Any] = {}
    for name in ("targets", "paraphrases"):
        if content.get(name) is not None:
            found[name] = _texts(content[name], name, text_of)
    if content.get("pattern") is not None:
        found["pattern"] = text_of(content["pattern"], "'pattern'")
        if len(found["pattern"]) > MAX_PATTERN:
            raise ValueError(f"its 'pattern' is longer than {MAX_PATTERN} characters. Shorten it.")
    if content.get("form") is not None:
        form = content["form"]
        if not isinstance(form, dict) or len(json.dumps(form)) > MAX_FORM:
            raise ValueError(f"'form' must be a JSON Schema, an object of {MAX_FORM // 1024} KiB at most.")
        found["form"] = form
    if content.get("refuse") is not None:
        if type(content["refuse"]) is not bool:
            raise ValueError("'refuse' must be true or false.")
        found["refuse"] = content["refuse"]
    return found


def _texts(value: Any, name: str, text_of: Callable[[Any, str], str]) -> list[str]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_TEXTS:
        raise ValueError(f"'{name}' must list 1 to {MAX_TEXTS} texts.")
    return [text_of(each, f"a text of '{name}'") for each in value]
