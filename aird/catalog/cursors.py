"""Cursors: where a page ended, as a text that means nothing to who carries it and stays good however the list grows."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from aird.core.errors import BadInput
from aird.core.text import unstorable

Key = str | int | datetime


class CursorUnknown(BadInput):
    """This cursor did not come from this list"""


def write(order: str, keys: Sequence[Key]) -> str:
    """The cursor of a list in this order after the row with these keys."""
    plain = [each.isoformat() if isinstance(each, datetime) else each for each in keys]
    return base64.urlsafe_b64encode(json.dumps([order, *plain], separators=(",", ":")).encode()).decode().rstrip("=")


def read(cursor: str, order: str, kinds: Sequence[type[Key]]) -> list[Key]:
    """The keys of a cursor of a list in this order. Raises CursorUnknown for anything that `write` did not write."""
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(found, list) or len(found) != len(kinds) + 1 or found[0] != order:
            raise ValueError
        return [_key(value, kind) for value, kind in zip(found[1:], kinds, strict=True)]
    except (ValueError, OverflowError, binascii.Error, RecursionError):
        raise CursorUnknown(
            "Take the cursor from `next` of the page before, and ask in the same order (`sort`)."
        ) from None


def _key(value: object, kind: type[Key]) -> Key:
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC)
    if kind is int and isinstance(value, int) and 0 <= value < 2**31:
        return int(value)
    if kind is str and isinstance(value, str) and unstorable(value) is None:
        return value
    raise ValueError
