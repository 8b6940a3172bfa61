"""An object of the API: a dict of JSON as it came, whose fields are attributes of their Python types as well.

`version["created_at"]` is the text of the answer, `version.created_at` a datetime; `model.latest.ref` reads a
nested object. A field whose name a dict has already ends in a line below: `skill.items_`. What the server sends
beyond the snapshot stays reachable under its name, so that an older client works with a newer server.
"""

import types
import typing
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

SCHEMA = "aird.client.schema_gen"


class Record(dict[str, Any]):
    """An object of the API."""

    def __getattr__(self, name: str) -> Any:
        field = name.removesuffix("_")
        if name.startswith("_"):
            raise AttributeError(name)
        converters = _converters(type(self))
        if field in self:
            convert = converters.get(name)
            return self[field] if convert is None else convert(self[field])
        if name in converters:
            raise AttributeError(f"This {type(self).__name__} came without {field!r}. Read it whole with get().")
        raise AttributeError(f"{type(self).__name__} has no field {name!r}. It has: {', '.join(self)}.")

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            raise AttributeError(f"{name} is what the server said; change it there and read it again.")
        super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_converters(type(self)), *(key for key in self if key.isidentifier())})

    def __repr__(self) -> str:
        shown = (name for name in ("ref", "name", "id", "kind", "state", "title") if self.get(name) is not None)
        return f"{type(self).__name__}({', '.join(f'{name}={self[name]!r}' for name in shown) or dict(self)})"

    def _repr_html_(self) -> str:
        from aird.client import display  # in notebooks alone

        return display.card(self)


@cache
def _converters(record: type) -> dict[str, Callable[[Any], Any]]:
    found: dict[str, Callable[[Any], Any]] = {}
    for each in reversed(record.__mro__):
        if each.__module__ == SCHEMA:
            found |= {name: _converter(hint) for name, hint in typing.get_type_hints(each).items()}
    return found


def _converter(hint: Any) -> Callable[[Any], Any]:
    if hint is datetime:
        return lambda value: datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(hint, type) and issubclass(hint, Record):
        return lambda value: hint(value) if isinstance(value, dict) else value
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is list:
        one = _converter(inner[0])
        return lambda value: [one(each) for each in value] if isinstance(value, list) else value
    if origin is dict:
        one = _converter(inner[1])
        return lambda value: {key: one(each) for key, each in value.items()} if isinstance(value, dict) else value
    if origin in (typing.Union, types.UnionType):
        real = [each for each in inner if each is not type(None)]
        if len(real) == 1:
            one = _converter(real[0])
            return lambda value: None if value is None else one(value)
    return lambda value: value
