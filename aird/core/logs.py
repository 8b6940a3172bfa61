"""The log of a process that serves or works: lines on stderr, each with its time.

While a database is away, everything that asks it fails again and again. That is no bug and its traceback says nothing:
one line each has to do, or hours of it fill a disk.
"""

import logging
from types import TracebackType

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aird.core.db import reason

FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Lines(logging.Formatter):
    """Tracebacks of everything but a database that does not answer."""

    def formatException(  # noqa: N802 - logging's name
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """The traceback, or what the database said."""
        if isinstance(ei[1], OperationalError | PoolTimeout):
            return f"    the database: {reason(ei[1])}"
        return super().formatException(ei)


def log_to_stderr(level: str) -> None:
    """Have what is logged from `level` (`info`, ...) on written to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(FORM))
    logging.basicConfig(level=level.upper(), handlers=[handler])
