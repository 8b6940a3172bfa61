"""The model's thread: turns are fair, cancelled answers stop, failures reach only those who asked."""

import queue
import threading
from collections.abc import Iterator

import pytest

from aird.runtimes.base import Token
from aird.runtimes.scheduler import Answer, QueueFull, Scheduler

SECONDS = 5.0


class Asked:
    """An answer whose model counts to `last`, and all that was delivered."""

    def __init__(self, name: str, last: int, log: list[str], *, gate: threading.Event | None = None) -> None:
        self.delivered: queue.Queue[Token | BaseException | None] = queue.Queue()
        self._name, self._last, self._log, self._gate = name, last, log, gate
        self.answer = Answer(name, self._count, self.delivered.put)

    def _count(self) -> Iterator[Token]:
        for made in range(1, self._last + 1):
            if self._gate is not None:
                assert self._gate.wait(SECONDS)
            self._log.append(self._name)
            if self._name == "bad":
                raise ValueError("bad")
            yield Token("x", "length" if made == self._last else None, 1, made)

    def wait(self) -> list[Token | BaseException]:
        """All there is, once it is over."""
        return list(iter(lambda: self.delivered.get(timeout=SECONDS), None))


def test_running_answers_take_turns():
    log: list[str] = []
    gate = threading.Event()
    scheduler = Scheduler()
    asked = [Asked(name, 3, log) for name in "abc"]
    scheduler.call(lambda: gate.wait(SECONDS))  # all three stand in line before the first turn
    for each in asked:
        scheduler.submit(each.answer)
    gate.set()
    assert [len(each.wait()) for each in asked] == [3, 3, 3]
    assert "".join(log) == "abcabcabc"
    scheduler.call(lambda: None).result(SECONDS)
    assert scheduler.in_flight() == 0


def test_answers_beyond_the_limit_wait_and_beyond_the_line_are_refused():
    log: list[str] = []
    gate = threading.Event()
    scheduler = Scheduler(running=1, waiting=1)
    first, second, third = (Asked(name, 2, log, gate=gate) for name in "abc")
    scheduler.submit(first.answer)
    scheduler.submit(second.answer)
    with pytest.raises(QueueFull):
        scheduler.submit(third.answer)
    gate.set()
    assert len(first.wait()) == len(second.wait()) == 2
    assert log == ["a", "a", "b", "b"]
    scheduler.submit(third.answer)
    assert len(third.wait()) == 2


def test_a_cancelled_answer_stops_within_one_token():
    log: list[str] = []
    scheduler = Scheduler()
    asked = Asked("a", 10**9, log)
    scheduler.submit(asked.answer)
    asked.delivered.get(timeout=SECONDS)
    asked.answer.cancelled.set()
    asked.wait()
    made = len(log)
    scheduler.call(lambda: None).result(SECONDS)
    assert scheduler.in_flight("a") == 0
    assert len(log) == made


def test_a_failing_answer_ends_alone():
    log: list[str] = []
    scheduler = Scheduler()
    bad, good = Asked("bad", 3, log), Asked("good", 3, log)
    scheduler.submit(bad.answer)
    scheduler.submit(good.answer)
    assert isinstance(bad.delivered.get(timeout=SECONDS), ValueError)
    assert len(good.wait()) == 3


def test_work_for_the_model_is_done_between_two_tokens_and_its_error_comes_back():
    log: list[str] = []
    scheduler = Scheduler()
    asked = Asked("a", 10**9, log)
    scheduler.submit(asked.answer)
    asked.delivered.get(timeout=SECONDS)
    assert scheduler.call(lambda: "done").result(SECONDS) == "done"
    with pytest.raises(ZeroDivisionError):
        scheduler.call(lambda: 1 / 0).result(SECONDS)
    asked.answer.cancelled.set()
    asked.wait()
