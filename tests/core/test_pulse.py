"""A PostgreSQL that stands still: who waits for it hears so, and so does who comes later."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from aird.core.db import Database
from aird.core.pulse import PATIENCE, Pulse, watched
from tests.postgres import frozen

pytestmark = [pytest.mark.slow, pytest.mark.postgres]
LONG = 60.0
"""Seconds after which something never happens."""


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def own(database: Database, database_url: str) -> Iterator[Database]:
    """A database that nobody else listens to."""
    opened = Database.open(database_url)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def pulse(own: Database) -> Iterator[Pulse]:
    if own.engine.dialect.name == "sqlite":
        pytest.skip("a file answers always")
    made = Pulse(own.engine)
    yield made
    made.stop()


def ask(database: Database) -> int:
    with database.read() as session:
        return int(session.execute(text("SELECT 1")).scalar_one())


def test_who_waits_and_who_comes_later_is_told_and_all_goes_on_when_it_answers_again(
    own: Database, pulse: Pulse
) -> None:
    failed: list[OperationalError] = []

    def wait() -> None:
        try:
            ask(own)
        except OperationalError as error:
            failed.append(error)

    assert ask(own) == 1
    with frozen(own.engine):
        waiting = [threading.Thread(target=wait) for _ in range(5)]
        for each in waiting:
            each.start()
        until(lambda: pulse.silent)
        for each in waiting:
            each.join(LONG)
        assert len(failed) == len(waiting)
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(OperationalError, match="has not answered"):
                ask(own)
        assert time.monotonic() - began < PATIENCE  # none of the twenty waited for itself
    until(lambda: not pulse.silent)
    assert ask(own) == 1


def test_a_question_that_takes_long_is_not_cut(own: Database, pulse: Pulse) -> None:
    with own.read() as session:
        session.execute(text(f"SELECT pg_sleep({PATIENCE + 2})"))
    assert not pulse.silent


def test_a_file_is_not_watched(own: Database) -> None:
    before = threading.active_count()
    with watched(own.engine):
        assert (threading.active_count() == before) == (own.engine.dialect.name == "sqlite")
