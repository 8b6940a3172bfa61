"""Every address of the API, and what somebody who means harm, or a broken client, may send to it."""

import json
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

ID = "00000000-0000-0000-0000-000000000000"
HUGE = 10**40
LONG = "x" * 1_000_000

TEXTS: dict[str, Any] = {
    "nul": "a\0b",
    "surrogate": "\ud800",
    "long": LONG,
    "huge": HUGE,
    "beyond_64_bit": 2**63,
    "list": [],
    "object": {"": {}},
    "up": "../../etc/passwd",
    "null": None,
    "true": True,
}
"""What a field may be told instead of what it wants."""

RAW: dict[str, bytes] = {
    "empty": b"",
    "list": b"[]",
    "null": b"null",
    "text": b'"x"',
    "infinite": b'{"days": 1e400, "limit": -1e400, "steps": NaN}',
    "deep_lists": b"[" * 10_000 + b"]" * 10_000,
    "deep_objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep_field": b'{"recipe": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
    "not_utf8": b'{"name": "\xff\xfe"}',
    "not_json": b"{'name': 1}",
    "utf16": '{"name": "x"}'.encode("utf-16"),
    "long_number": b'{"days": ' + b"9" * 10_000 + b"}",
    "twice": b'{"name": 1, "name": 2}',
    "long_text": json.dumps({"name": LONG, "title": LONG}).encode(),
    "many_keys": json.dumps({f"k{n}": n for n in range(5_000)}).encode(),
}
"""Bodies that are not what any route wants."""

SEGMENTS = (
    "..", "%2e%2e", "%252e%252e", "%2f", "a%2fb", "%00", "a%00b", "%ff", "%ed%a0%80", "%5c..%5c", "~", "a" * 5000, "A",
    "%0a", "a%0ab", "CON", "-", "%20", "%F0%9F%98%80", "%u002e", "..%2f..%2f..%2fetc%2fpasswd",
    "'%20OR%201=1--", "@", "a@1",
)  # fmt: skip
"""Path segments as they stand in the address."""

NUMBERS = ("0", "-1", str(2**31), str(2**63), "9" * 30, "9" * 5000, "1e9", "0x1", "١", "1.5", "%00", "")
"""The same where a number is wanted."""

HARMFUL = frozenset(
    {"%00", "%ff", "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "'%20OR%201=1--", "a" * 5000, "%0a"}
    | {"-1", str(2**63), "9" * 5000, "1.5", ""}
)
"""What every place is told."""


class Turns:
    """Deals out what is sent: to every place what is harmful, and of the rest a third, by turns for a name.

    So every value meets every name wherever it stands on three routes or fewer, and each route gets its share.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._shares = {name: min(3, count) for name, count in Counter(names).items()}
        self._dealt = Counter[str]()

    def deal(self, name: str, values: Sequence[str], harmful: Container[str] = HARMFUL) -> list[str]:
        """The values for the next place of this name."""
        turn, share = self._dealt[name], self._shares[name]
        self._dealt[name] += 1
        rest = [each for each in values if each not in harmful]
        return [each for each in values if each in harmful] + rest[turn % share :: share]


def spoilt(value: Any, wrong: Any) -> Iterator[Any]:
    """The value with one thing in it replaced by `wrong`: each leaf, each list and object, each key once."""
    yield wrong
    if isinstance(value, dict):
        yield {**value, str(wrong)[:2000]: 1}
        for name, part in value.items():
            yield from ({**value, name: each} for each in spoilt(part, wrong))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from ([*value[:place], each, *value[place + 1 :]] for each in spoilt(part, wrong))


def routes(app: FastAPI) -> list[RouteContext]:
    """Every route of the API, streams left out."""
    found = iter_route_contexts(app.routes)
    return [
        each for each in found
        if isinstance(each.original_route, APIRoute) and each.include_in_schema and not each.path.endswith("/stream")
    ]  # fmt: skip


def calls(app: FastAPI) -> Iterator[tuple[str, RouteContext]]:
    """(method, route) of each, without the one that ends the caller's session."""
    for route in routes(app):
        for method in sorted(route.methods - {"HEAD"}):
            if not (route.path.endswith("/session") and method == "DELETE"):
                yield method, route


def address(route: RouteContext, **values: str) -> str:
    """The route's address with `values` in it as they are; ids, numbers and names are made up where none is given."""

    def segment(match: re.Match[str]) -> str:
        name = match[1].partition(":")[0]
        if name in values:
            return values[name]
        return ID if name.endswith("id") else "1" if name in ("number", "version") else "support"

    return re.sub(r"\{([^}]*)\}", segment, route.path)


def parameters(route: RouteContext) -> list[str]:
    """The names in the route's address."""
    return [name.partition(":")[0] for name in re.findall(r"\{([^}]*)\}", route.path)]


def escaped(text: Any) -> str:
    """A value as a query carries it; surrogates go as the bytes that no UTF-8 has."""
    return quote(str(text).encode("utf-8", "surrogatepass"))
