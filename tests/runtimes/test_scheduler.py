"""The model's thread: rounds are fair between units, cancelled answers stop, failures reach only those who asked."""

import queue
import threading
from collections.abc import Sequence

import pytest

from aird.runtimes.base import Prompt, Row, Sampling, Token
from aird.runtimes.errors import CacheTooSmall
from aird.runtimes.scheduler import SPARE, Answer, Item, QueueFull, Scheduler

SECONDS = 10.0


class Counting:
    """An engine that writes down who got a token; a prompt of 1 fails, one of 2 cannot be begun."""

    def __init__(self, places: int = 1000) -> None:
        self.log: list[str] = []
        self.made: dict[Row, int] = {}
        self.places = places

    def rows(self, adapter: str, prompt: Prompt, sampling: Sampling, n: int) -> list[Row] | None:
        if prompt.ids == [2]:
            raise CacheTooSmall("Too long.")
        if len(self.made) + n > self.places:
            return None
        made = [Row(adapter, prompt, sampling) for _ in range(n)]
        self.made |= dict.fromkeys(made, 0)
        return made

    def step(self, rows: Sequence[Row]) -> list[Token | Exception | None]:
        return [self._step(row) for row in rows]

    def _step(self, row: Row) -> Token | Exception:
        self.log.append(row.adapter)
        self.made[row] += 1
        if row.prompt.ids == [1]:
            return ValueError("bad")
        return Token("x", "length" if self.made[row] == row.sampling.max_tokens else None, 1, self.made[row])

    def leave(self, row: Row) -> None:
        del self.made[row]


class Asked:
    """An answer of `last` tokens and all that was delivered of it."""

    def __init__(self, unit: str, last: int, *, n: int = 1, prompt: int = 0) -> None:
        self.delivered: queue.Queue[Item] = queue.Queue()
        self.answer = Answer(unit, unit, Prompt([prompt]), Sampling(last), n, self.delivered.put)

    def next(self) -> Item:
        return self.delivered.get(timeout=SECONDS)

    def wait(self) -> list[Item]:
        """All there is, once it is over."""
        return list(iter(self.next, None))


def make(engine: Counting, **limits: int) -> Scheduler:
    made = Scheduler(**limits)
    made.engine = engine  # type: ignore[assignment]
    return made


def together(scheduler: Scheduler, asked: Sequence[Asked]) -> None:
    """All stand in line before the first round."""
    gate = threading.Event()
    scheduler.call(lambda: gate.wait(SECONDS))
    for each in asked:
        scheduler.submit([each.answer])
    gate.set()


def test_running_answers_get_one_token_each_in_every_round():
    engine = Counting()
    scheduler = make(engine)
    asked = [Asked(name, 3) for name in "abc"]
    together(scheduler, asked)
    assert [len(each.wait()) for each in asked] == [3, 3, 3]
    assert "".join(engine.log) == "abcabcabc"
    scheduler.call(lambda: None).result(SECONDS)
    assert (scheduler.in_flight(), engine.made) == (0, {})


def test_every_choice_of_an_answer_comes_with_its_number():
    scheduler = make(Counting())
    asked = Asked("a", 2, n=3)
    scheduler.submit([asked.answer])
    said = asked.wait()
    assert sorted(item[0] for item in said if isinstance(item, tuple)) == [0, 0, 1, 1, 2, 2]


def test_a_unit_with_many_questions_does_not_keep_another_waiting():
    engine = Counting()
    scheduler = make(engine, running=2)
    busy = [Asked("busy", 50) for _ in range(10)]
    quiet = Asked("quiet", 2)
    together(scheduler, [*busy, quiet])
    assert len(quiet.wait()) == 2
    assert engine.log[:4] == ["busy", "quiet", "busy", "quiet"]
    for each in busy:
        each.answer.cancelled.set()


def test_a_unit_that_runs_nothing_gets_a_spare_place_when_all_are_taken():
    engine = Counting()
    scheduler = make(engine, running=1)
    long, second, other = Asked("a", 10**9), Asked("a", 1), Asked("b", 2)
    scheduler.submit([long.answer])
    long.next()
    together(scheduler, [second, other])
    assert len(other.wait()) == 2
    assert second.delivered.empty()
    long.answer.cancelled.set()
    assert len(second.wait()) == 1


def test_answers_beyond_the_line_are_refused_and_later_taken():
    scheduler = make(Counting(), running=1, waiting=1)
    gate = threading.Event()
    scheduler.call(lambda: gate.wait(SECONDS))
    asked = [Asked("a", 2) for _ in range(SPARE + 3)]
    scheduler.submit([asked[0].answer])
    with pytest.raises(QueueFull):
        scheduler.submit([asked[1].answer])
    other = Asked("b", 1)
    scheduler.submit([other.answer])  # a unit without any in line still gets in
    gate.set()
    assert len(asked[0].wait()) == 2
    assert len(other.wait()) == 1
    scheduler.submit([asked[1].answer])
    assert len(asked[1].wait()) == 2


def test_an_answer_waits_until_the_engine_has_memory_for_it():
    scheduler = make(Counting(places=2))
    first, second = Asked("a", 3, n=2), Asked("b", 1)
    together(scheduler, [first, second])
    assert len(first.wait()) == 6
    assert len(second.wait()) == 1


@pytest.mark.parametrize("running", [True, False])
def test_a_cancelled_answer_stops_whether_it_runs_or_waits(running: bool):
    engine = Counting()
    scheduler = make(engine, running=1)
    asked = [Asked("a", 10**9), Asked("a", 10**9)]
    for each in asked:
        scheduler.submit([each.answer])
    asked[0].next()
    gone, left = asked if running else reversed(asked)
    gone.answer.cancelled.set()
    gone.wait()
    left.next()
    assert scheduler.in_flight("a") == 1
    left.answer.cancelled.set()
    left.wait()
    made = len(engine.log)
    scheduler.call(lambda: None).result(SECONDS)
    assert (scheduler.in_flight("a"), len(engine.log)) == (0, made)


def test_a_failing_answer_ends_alone():
    scheduler = make(Counting())
    bad, hopeless, good = Asked("a", 3, prompt=1), Asked("a", 3, prompt=2), Asked("a", 3)
    together(scheduler, [bad, hopeless, good])
    assert isinstance(bad.next(), ValueError)
    assert isinstance(hopeless.next(), CacheTooSmall)
    assert len(good.wait()) == 3


def test_work_for_the_model_is_done_between_two_rounds_and_its_error_comes_back():
    scheduler = make(Counting())
    asked = Asked("a", 10**9)
    scheduler.submit([asked.answer])
    asked.next()
    assert scheduler.call(lambda: "done").result(SECONDS) == "done"
    with pytest.raises(ZeroDivisionError):
        scheduler.call(lambda: 1 / 0).result(SECONDS)
    asked.answer.cancelled.set()
    asked.wait()
