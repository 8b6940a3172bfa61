"""Tell a run of the sample organisation on the console: numbered steps, tables of figures, seconds."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console

Json = dict[str, Any]


class Story:
    """Prints what happens as it happens, and remembers how long each step took."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A numbered step; its wall time stands behind the next line."""
        number = len(self.seconds) + 1
        self.console.print(f"\n[bold]{number}. {title}[/]")
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[title] = time.monotonic() - started
            self.console.print(f"   [dim]{self.seconds[title]:.1f} s[/]")

    def say(self, line: str) -> None:
        """One line of a step."""
        self.console.print(f"   {line}", markup=False)

    def matrix(self, matrix: Json, refs: Sequence[str]) -> None:
        """The skills matrix: score, 95 % interval and number of items in each cell."""
        rows = {row["ref"]: row for row in matrix["rows"]}
        self._row("", [suite.partition("/")[0] for suite in matrix["suites"]])
        for ref in refs:
            cells = rows[ref]["cells"] if ref in rows else {}
            self._row(ref, [_cell(cells.get(suite)) for suite in matrix["suites"]])

    def _row(self, head: str, cells: Sequence[str]) -> None:
        self.say(f"{head:<30}" + "".join(f"{cell:<27}" for cell in cells))


def _cell(skill: Json | None) -> str:
    if skill is None:
        return "-"
    return f"{skill['score']:.2f} [{skill['low']:.2f}, {skill['high']:.2f}] n={skill['items']}"
