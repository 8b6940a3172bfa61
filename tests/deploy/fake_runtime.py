"""A runtime process without a model: the real server around a fake that says its unit and counts.

The last message steers it: "slow" sleeps before every token, "die" ends the process and "break" fails after
three tokens.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aird.runtimes import server
from aird.runtimes.base import Token
from aird.runtimes.errors import AdapterUnusable, VersionUnusable


class FakeModel:
    """Answers "<unit> 1 2 3 ..." up to `max_tokens`, or to 5 when the question says "short"."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.paths: dict[str, Path] = {}

    @property
    def adapters(self) -> tuple[str, ...]:
        return tuple(self.paths)

    def add_adapter(self, name: str, path: Path) -> None:
        if (path / "broken").exists():
            raise AdapterUnusable("The adapter is broken.")
        self.paths[name] = path

    def remove_adapter(self, name: str) -> None:
        del self.paths[name]

    def generate(
        self, messages: list[dict[str, str]], *, max_tokens: int, adapter: str = "", **_: Any
    ) -> Iterator[Token]:
        said = messages[-1]["content"]
        last = min(max_tokens, 5) if "short" in said else max_tokens
        for made in range(1, last + 1):
            if "slow" in said:
                time.sleep(0.02)
            if made == 4 and "die" in said:
                time.sleep(0.2)  # the three tokens are on their way by then
                os._exit(9)
            if made == 4 and "break" in said:
                raise VersionUnusable("The model answers with NaN.")
            reason = None if made < last else "stop" if "short" in said else "length"
            yield Token(f"{(adapter or self.name)[7:19]} " if made == 1 else f"{made} ", reason, 7, made)


class FakeResident(server.Resident):
    """A resident whose model is the fake."""

    def _load(self) -> None:
        if (self.base / "broken").exists():
            raise VersionUnusable("The base is broken.")
        self.loaded = FakeModel(self.name)  # type: ignore[assignment]


if __name__ == "__main__":
    server.main(resident=FakeResident)
