"""Calls of tools in an answer: whether every one is a call that a program can make. Pure.

An engine streams a call's arguments as pieces of text. A call is broken when its whole arguments are no JSON object, or
when it names a tool that was not offered.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

CALLED = "tool_calls"
BROKEN = "tool_calls_broken"
"""The ledger's finish reason of an answer with a broken call; the client gets the engine's own."""


@dataclass
class _Call:
    name: str = ""
    arguments: str = ""


@dataclass
class Calls:
    """The calls of one answer in the making; `offered` are the tools' names."""

    offered: frozenset[str]
    _made: dict[tuple[int, int], _Call] = field(default_factory=dict)

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Calls | None":
        """For a request with tools, else None."""
        tools = body.get("tools")
        if not tools:
            return None
        return cls(frozenset(each["function"]["name"] for each in tools if "function" in each))

    def take(self, choices: Iterable[dict[str, Any]]) -> None:
        """Note the calls in a piece of a stream, or in a whole answer."""
        for choice in choices:
            said = choice.get("delta") or choice.get("message") or {}
            for place, call in enumerate(said.get("tool_calls") or ()):
                key = choice.get("index", 0), call.get("index", place)
                made, function = self._made.setdefault(key, _Call()), call.get("function") or {}
                made.name += function.get("name") or ""
                made.arguments += function.get("arguments") or ""

    def finish(self, reason: str | None) -> str | None:
        """What the ledger notes as the reason why the answer ended."""
        if not self._made:
            return reason
        return CALLED if all(self._whole(each) for each in self._made.values()) else BROKEN

    def _whole(self, call: _Call) -> bool:
        try:
            arguments = json.loads(call.arguments or "{}")
        except ValueError:
            return False
        return isinstance(arguments, dict) and call.name in self.offered
