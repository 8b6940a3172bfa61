"""Which text can be kept and sent on: without NUL, which PostgreSQL refuses, and lone surrogates, which UTF-8 lacks.

Both arrive as escapes in JSON, YAML and URLs, and would fail only deep inside, as an error of the database or of the
answer's encoding.
"""

import re

from aird.core.errors import BadInput

_unstorable = re.compile("[\0\ud800-\udfff]")


class TextNotStorable(BadInput):
    """A text holds a character that cannot be kept"""


def unstorable(value: object) -> str | None:
    """The first text with such a character in a value as JSON has them, keys included; None when there is none."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str) and _unstorable.search(each):
            return each
        if isinstance(each, dict):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            waiting += each
    return None


def check_text(value: object) -> None:
    """Raises TextNotStorable."""
    found = unstorable(value)
    if found is not None:
        place = _unstorable.search(found)
        at = place.start() if place else 0
        raise TextNotStorable(
            f"The text {found[max(0, at - 20) : at + 20]!a} holds a NUL or half a surrogate pair. Remove it.",
            character=f"U+{ord(found[at]):04X}",
        )
