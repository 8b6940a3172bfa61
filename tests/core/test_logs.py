"""What the log of a process says of an error, and of a database that is away."""

import logging
import sys

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aird.core.db import reason
from aird.core.logs import FORM, Lines

AWAY = OperationalError("SELECT name FROM people WHERE name = 'Lin'", {}, OSError("connection refused\nIs it up?"))


def line(error: Exception) -> str:
    try:
        raise error
    except Exception:
        record = logging.LogRecord("aird", logging.ERROR, "", 1, "not kept now", None, sys.exc_info())
        return Lines(FORM).format(record)


def test_a_database_that_is_away_takes_one_line_without_the_statement() -> None:
    said = line(AWAY).splitlines()
    assert said[0].endswith("ERROR aird: not kept now")
    assert said[1:] == ["    the database: connection refused"]
    assert "the database: no connection is free" in line(PoolTimeout("no connection is free"))


def test_a_bug_keeps_its_traceback() -> None:
    assert "Traceback" in line(KeyError("x"))


def test_the_reason_of_an_error_that_says_nothing_is_its_name() -> None:
    assert (reason(AWAY), reason(ValueError())) == ("connection refused", "ValueError")
