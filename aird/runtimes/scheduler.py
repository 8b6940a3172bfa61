"""Who computes next: one thread owns the model and brings every running answer one token on in each round.

Answers wait in one line per unit, and the units take turns at the free places: the one that runs least comes first, so
a unit with a thousand questions keeps nobody else waiting. A unit that runs nothing may use one of the SPARE places
when all others are taken. Between two rounds, cancelled answers leave and adapters are loaded and freed.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar

from aird.core.errors import TooManyRequests
from aird.runtimes.base import Engine, Prompt, Row, Sampling, Token

Result = TypeVar("Result")
Item = tuple[int, Token] | BaseException | None
"""What an answer gets: a choice's token, its error, or None when it is over."""
SPARE = 4


class QueueFull(TooManyRequests):
    """Too many answers wait for this model"""


@dataclass(eq=False)
class Answer:
    """The answer to one prompt, in `n` choices. `deliver` is called by the model's thread."""

    unit: str
    adapter: str
    prompt: Prompt
    sampling: Sampling
    n: int
    deliver: Callable[[Item], None]
    cancelled: threading.Event = field(default_factory=threading.Event)
    rows: dict[Row, int] = field(default_factory=dict)
    """Rows that still run, with the number of their choice."""


class Scheduler:
    """The model's thread. `running` counts choices that are computed at once, `waiting` answers in line."""

    def __init__(self, *, running: int = 16, waiting: int = 64) -> None:
        self._places, self._room = running, waiting
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lines: dict[str, deque[Answer]] = {}
        self._running: list[Answer] = []
        self._lock = threading.Lock()
        self._waits: dict[str, int] = {}
        self._runs: dict[str, int] = {}
        self.engine: Engine  # set before the first answer is submitted
        self.between_rounds: Callable[[], None] = lambda: None
        """Called after each round by the model's thread."""
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    def submit(self, answers: Sequence[Answer]) -> None:
        """Put the answers of one question in line, all or none. Raises QueueFull."""
        unit = answers[0].unit
        with self._lock:
            waits = sum(self._waits.values())
            own = self._waits.get(unit, 0)
            if waits + len(answers) > self._room + (0 if own else max(SPARE, len(answers))):
                raise QueueFull("This model has as many answers waiting as it can hold. Try again in a moment.")
            self._waits[unit] = own + len(answers)
        self._tasks.put(lambda: self._lines.setdefault(unit, deque()).extend(answers))

    def call(self, function: Callable[[], Result]) -> "Future[Result]":
        """Have the model's thread run this between two rounds."""
        future: Future[Result] = Future()

        def task() -> None:
            try:
                future.set_result(function())
            except BaseException as error:  # handed to the caller
                future.set_exception(error)

        self._tasks.put(task)
        return future

    def wake(self) -> None:
        """Have the model's thread look at what was cancelled, even if it has nothing to compute."""
        self._tasks.put(lambda: None)

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """By unit: how many answers run and how many wait; units without any are left out."""
        with self._lock:
            return {u: n for u, n in self._runs.items() if n}, {u: n for u, n in self._waits.items() if n}

    def in_flight(self, unit: str | None = None) -> int:
        """Answers of a unit (of all without one) that run or wait."""
        runs, waits = self.counts()
        both = runs.values(), waits.values()
        return sum(map(sum, both)) if unit is None else runs.get(unit, 0) + waits.get(unit, 0)

    def _run(self) -> None:
        while True:
            if not self._running and not any(self._lines.values()):
                self._tasks.get()()
            while not self._tasks.empty():
                self._tasks.get()()
            self._drop_cancelled()
            self._admit()
            self._round()
            self.between_rounds()

    def _drop_cancelled(self) -> None:
        for answer in [each for each in self._running if each.cancelled.is_set()]:
            self._end(answer, None)
        for unit, line in self._lines.items():
            for answer in [each for each in line if each.cancelled.is_set()]:
                line.remove(answer)
                self._count(unit, waits=-1)
                answer.deliver(None)

    def _admit(self) -> None:
        """Give free places to those who wait, until the next in turn does not fit."""
        while (answer := self._next()) is not None:
            try:
                rows = self.engine.rows(answer.adapter, answer.prompt, answer.sampling, answer.n)
            except Exception as error:  # every failure belongs to the one who asked
                self._take(answer)
                answer.deliver(error)
                continue
            if rows is None:
                return
            self._take(answer)
            answer.rows = {row: choice for choice, row in enumerate(rows)}
            self._running.append(answer)
            self._count(answer.unit, runs=1)

    def _next(self) -> Answer | None:
        taken = sum(len(each.rows) for each in self._running)
        own = {line[0].unit: self._runs.get(line[0].unit, 0) for line in self._lines.values() if line}
        if not own:
            return None
        answer = self._lines[min(own, key=own.__getitem__)][0]
        places = self._places + (0 if own[answer.unit] else SPARE)
        return answer if taken + answer.n <= max(places, answer.n if not taken else 0) else None

    def _take(self, answer: Answer) -> None:
        """Out of its line, which goes behind the others."""
        line = self._lines.pop(answer.unit)
        line.popleft()
        if line:
            self._lines[answer.unit] = line
        self._count(answer.unit, waits=-1)

    def _round(self) -> None:
        rows = [row for answer in self._running for row in answer.rows]
        if not rows:
            return
        try:
            said = self.engine.step(rows)
        except Exception as error:  # the whole round failed: so did all that were in it
            said = [error] * len(rows)
        found = dict(zip(rows, said, strict=True))
        for answer in list(self._running):
            self._hand_out(answer, found)

    def _hand_out(self, answer: Answer, found: dict[Row, Token | Exception | None]) -> None:
        for row, choice in list(answer.rows.items()):
            token = found[row]
            if token is None:
                continue
            if isinstance(token, Exception):
                self._end(answer, token)
                return
            answer.deliver((choice, token))
            if token.finish_reason is not None:
                self._leave(answer, row)
        if not answer.rows:
            self._end(answer, None)

    def _leave(self, answer: Answer, row: Row) -> None:
        del answer.rows[row]
        self.engine.leave(row)

    def _end(self, answer: Answer, error: Exception | None) -> None:
        for row in list(answer.rows):
            self._leave(answer, row)
        self._running.remove(answer)
        self._count(answer.unit, runs=-1)
        answer.deliver(error)

    def _count(self, unit: str, *, runs: int = 0, waits: int = 0) -> None:
        with self._lock:
            self._runs[unit] = self._runs.get(unit, 0) + runs
            self._waits[unit] = self._waits.get(unit, 0) + waits
            for counts in (self._runs, self._waits):
                if not counts.get(unit):
                    counts.pop(unit, None)
