"""Who computes next: one thread owns the model and gives every running answer one token in turn.

So the answers of different adapters interleave fairly, a cancelled one stops within one token, and loading an
adapter happens between two tokens. Answers beyond `running` wait in line; beyond `waiting` they are refused.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar

from aird.core.errors import TooManyRequests
from aird.runtimes.base import Token

Result = TypeVar("Result")


class QueueFull(TooManyRequests):
    """Too many answers wait for this model"""


@dataclass
class Answer:
    """One answer in the making. `deliver` is called by the model's thread: tokens, then None or the error."""

    unit: str
    start: Callable[[], Iterator[Token]]
    deliver: Callable[[Token | BaseException | None], None]
    cancelled: threading.Event = field(default_factory=threading.Event)
    tokens: Iterator[Token] | None = None

    def step(self) -> bool:
        """Compute and deliver one token; False when the answer is over."""
        try:
            if self.cancelled.is_set():
                self.close()
                return False
            if self.tokens is None:
                self.tokens = self.start()
            token = next(self.tokens)
        except StopIteration:
            self.deliver(None)
            return False
        except Exception as error:  # every failure belongs to the one who asked
            self.deliver(error)
            return False
        self.deliver(token)
        if token.finish_reason is not None:
            self.deliver(None)
            return False
        return True

    def close(self) -> None:
        """Stop computing."""
        close = getattr(self.tokens, "close", None)
        if close is not None:
            close()
        self.deliver(None)


class Scheduler:
    """The model's thread."""

    def __init__(self, *, running: int = 8, waiting: int = 64) -> None:
        self._limit, self._room = running, running + waiting
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._answers: deque[Answer] = deque()
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    def submit(self, answer: Answer) -> None:
        """Put an answer in line. Raises QueueFull."""
        with self._lock:
            if sum(self._counts.values()) >= self._room:
                raise QueueFull("This model has as many answers waiting as it can hold. Try again in a moment.")
            self._counts[answer.unit] = self._counts.get(answer.unit, 0) + 1
        self._tasks.put(lambda: self._answers.append(answer))

    def call(self, function: Callable[[], Result]) -> "Future[Result]":
        """Have the model's thread run this between two tokens."""
        future: Future[Result] = Future()

        def task() -> None:
            try:
                future.set_result(function())
            except BaseException as error:  # handed to the caller
                future.set_exception(error)

        self._tasks.put(task)
        return future

    def in_flight(self, unit: str | None = None) -> int:
        """Answers of a unit (of all without one) that run or wait."""
        with self._lock:
            return sum(self._counts.values()) if unit is None else self._counts.get(unit, 0)

    def _run(self) -> None:
        while True:
            if not self._answers:
                self._tasks.get()()
            while not self._tasks.empty():
                self._tasks.get()()
            for _ in range(min(self._limit, len(self._answers))):
                self._turn()

    def _turn(self) -> None:
        """One token for the answer at the head; it goes behind the others that run, or is over."""
        answer = self._answers.popleft()
        if answer.step():
            self._answers.insert(self._limit - 1, answer)
            return
        with self._lock:
            self._counts[answer.unit] -= 1
