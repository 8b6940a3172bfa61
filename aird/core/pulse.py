"""Notices that PostgreSQL has stopped answering, and tells whoever waits for it.

A database whose machine is paused, or that is behind a line which swallows everything, leaves its sockets open, and
its driver waits on them for as long as that lasts: requests would hang, and with them every thread that serves them.
So one thread asks a trivial question all the time. When nothing was heard for PATIENCE seconds the connections of the
engine are cut, which every waiting call learns of as of any other lost connection, and new ones are refused at once,
until the question is answered again.
"""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

log = logging.getLogger(__name__)

ASK_SECONDS = 0.5
PATIENCE = 4.0
TICK_SECONDS = 0.25
CONNECT_SECONDS = 3
SILENT = "The database has not answered for seconds and is not asked again before it does."


class Pulse:
    """The watch over one engine of PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self.silent = False
        self._engine = engine
        self._driver: Any = engine.dialect.loaded_dbapi  # psycopg, which an installation without PostgreSQL lacks
        self._lock = threading.Lock()
        self._lines: set[DBAPIConnection] = set()
        self._missed = 0
        self._ending = threading.Event()
        engine.dispose()  # what is connected already would not be known here
        event.listen(engine, "do_connect", self._before)
        event.listen(engine, "connect", self._opened)
        event.listen(engine, "close", self._closed)
        event.listen(engine, "close_detached", self._closed)
        self._threads = [
            threading.Thread(target=each, name=f"pulse-{each.__name__}", daemon=True)
            for each in (self._ask, self._watch)
        ]
        for each in self._threads:
            each.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._ending.set()
        for each in self._threads:
            each.join(2 * CONNECT_SECONDS)

    def _before(self, _dialect: object, _record: object, _args: object, options: dict[str, Any]) -> None:
        if self.silent:
            raise self._driver.OperationalError(SILENT)
        options["connect_timeout"] = CONNECT_SECONDS

    def _opened(self, line: DBAPIConnection, _record: object) -> None:
        with self._lock:
            self._lines.add(line)

    def _closed(self, line: DBAPIConnection, _record: object = None) -> None:
        with self._lock:
            self._lines.discard(line)

    def _ask(self) -> None:
        """Ask without an end; a refusal is an answer too."""
        line: Any = None
        while not self._ending.is_set():
            try:
                line = line or self._connect()
                line.execute("SELECT 1")
                self._heard()
            except self._driver.errors.ConnectionTimeout:
                line = None
            except self._driver.Error:
                self._drop(line)
                line = None
                if not self.silent:
                    self._heard()
            self._ending.wait(ASK_SECONDS)
        self._drop(line)

    def _connect(self) -> Any:
        _, options = self._engine.dialect.create_connect_args(self._engine.url)
        line = self._driver.connect(**{**options, "connect_timeout": CONNECT_SECONDS}, autocommit=True)
        self._opened(line, None)
        return line

    def _drop(self, line: Any) -> None:
        if line is not None:
            self._closed(line)
            with suppress(self._driver.Error):
                line.close()

    def _heard(self) -> None:
        self._missed = 0
        if self.silent:
            self.silent = False
            log.warning("the database answers again")

    def _watch(self) -> None:
        """Count moments in which nothing was heard, not seconds: a process that was stopped itself has missed none."""
        while not self._ending.wait(TICK_SECONDS):
            self._missed += 1
            if self._missed * TICK_SECONDS >= PATIENCE:
                if not self.silent:
                    self.silent = True
                    log.error("the database has not answered for %s seconds: its connections are cut", PATIENCE)
                self._cut()

    def _cut(self) -> None:
        with self._lock:  # none is closed meanwhile, so none of the numbers belongs to another file
            for line in self._lines:
                with suppress(OSError, self._driver.Error), socket.socket(fileno=os.dup(line.fileno())) as wire:
                    wire.shutdown(socket.SHUT_RDWR)


@contextmanager
def watched(engine: Engine) -> Iterator[None]:
    """Watch an engine; one of SQLite, which is a file, needs none."""
    if engine.dialect.name != "postgresql":
        yield
        return
    pulse = Pulse(engine)
    try:
        yield
    finally:
        pulse.stop()
