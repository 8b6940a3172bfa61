"""A runtime process without a model: the real server around a fake that says its unit and counts.

The last message (or the prompt) steers it: "slow" sleeps before every token, "die" ends the process and "break" fails
after three tokens, as "crash" does with an error that nobody foresaw; "short" ends the answer at five.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aird.runtimes import server
from aird.runtimes.base import Likely, Prompt, Row, Sampling, Token
from aird.runtimes.errors import AdapterUnusable, VersionUnusable
from aird.runtimes.resident import Resident


@dataclass(slots=True)
class Said(Prompt):
    """Seven tokens, whatever was said."""

    text: str = ""


class FakeEngine:
    """Answers "<unit> 1 2 3 ..." up to `max_tokens`, or to 5 when the question says "short"."""

    context = 100_000

    def __init__(self, name: str) -> None:
        self.name = name
        self.paths: dict[str, Path] = {}
        self.made: dict[Row, int] = {}

    @property
    def adapters(self) -> tuple[str, ...]:
        return tuple(self.paths)

    def add_adapter(self, name: str, path: Path) -> None:
        if (path / "broken").exists():
            raise AdapterUnusable("The adapter is broken.")
        self.paths[name] = path

    def remove_adapter(self, name: str) -> None:
        del self.paths[name]

    def encode(self, adapter: str, asked: Any) -> Prompt:
        text = asked if isinstance(asked, str) else asked[-1]["content"] if isinstance(asked[-1], dict) else ""
        return Said([0] * 7, text)

    def rows(self, adapter: str, prompt: Prompt, sampling: Sampling, n: int) -> Sequence[Row]:
        return [Row(adapter, prompt, sampling) for _ in range(n)]

    def step(self, rows: Sequence[Row]) -> list[Token | Exception | None]:
        if any("slow" in _said(row) for row in rows):
            time.sleep(0.02)
        return [self._token(row) for row in rows]

    def _token(self, row: Row) -> Token | Exception:
        made = self.made[row] = self.made.get(row, 0) + 1
        said, limit = _said(row), row.sampling.max_tokens or self.context
        last = min(limit, 5) if "short" in said else limit
        if made == 4 and "die" in said:
            time.sleep(0.2)  # the three tokens are on their way by then
            os._exit(9)
        if made == 4 and "break" in said:
            return VersionUnusable("The model answers with NaN.")
        if made == 4 and "crash" in said:
            return RuntimeError("unforeseen")
        reason = None if made < last else "stop" if "short" in said else "length"
        text = f"{(row.adapter or self.name)[7:19]} " if made == 1 else f"{made} "
        likely = () if row.sampling.logprobs is None else (Likely(text, -0.5),) * (1 + row.sampling.logprobs)
        return Token(text, reason, 7, made, likely)  # type: ignore[arg-type]

    def leave(self, row: Row) -> None:
        self.made.pop(row, None)

    def embed(self, adapter: str, prompt: Prompt) -> list[float]:
        return [0.6, 0.8]

    def memory(self) -> Mapping[str, int]:
        return {"weights": 1, "kv_cache": len(self.made)}


def _said(row: Row) -> str:
    return row.prompt.text if isinstance(row.prompt, Said) else ""


class FakeResident(Resident):
    """A resident whose model is the fake."""

    def make_engine(self) -> FakeEngine:
        if (self.base / "broken").exists():
            raise VersionUnusable("The base is broken.")
        return FakeEngine(self.name)


if __name__ == "__main__":
    server.main(resident=FakeResident)
