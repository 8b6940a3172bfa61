"""The gateway alone (`aird gateway`): the raw ASGI application of `/v1` in one process, or in several on one port.

The processes share the listening socket and nothing else: keys and routes each learns from the database within a
second, budgets are lent to each, and each has a journal of its own. One that dies is started again, and what it left
in its journal is settled by whichever looks first.
"""

import asyncio
import ctypes
import gc
import multiprocessing
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.process import BaseProcess

import uvicorn
from starlette.middleware.trustedhost import TrustedHostMiddleware

from aird.core.db import Database
from aird.core.logs import log_to_stderr
from aird.core.pulse import watched
from aird.core.settings import Settings
from aird.deploy.gateway.app import Application, Gateway
from aird.deploy.gateway.reply import Receive, Scope, Send
from aird.server.listening import CannotStart, allowed_hosts, listen
from aird.server.schema import check_schema
from aird.store.artifacts import open_store

RESTART_SECONDS = 0.5
DRAIN_SECONDS = 30
M_ARENA_MAX = -8  # malloc.h


def run(settings: Settings, *, processes: int = 1) -> int:
    """Answer `/v1` until SIGTERM; streams that are open then may end. Returns the exit code. Raises CannotStart."""
    if processes > 1 and settings.db_url().startswith("sqlite"):
        raise CannotStart("Several gateway processes need PostgreSQL. Set AIRD_DATABASE_URL, or start one process.")
    check_schema(settings)
    listener = listen(settings, next_free=False)
    host, port = listener.getsockname()[:2]
    sys.stderr.write(f"aird's gateway answers http://{host}:{port}/v1\n")
    sys.stderr.flush()
    if processes == 1:
        _serve(settings, listener)
        return 0
    return _supervise(settings, listener, processes)


def _serve(settings: Settings, listener: socket.socket) -> None:
    """One process: ends on SIGTERM or SIGINT when its streams have ended."""
    _use_one_heap()
    log_to_stderr(settings.log_level)
    database = Database.open(settings.db_url())
    gateway = Gateway(database, settings, facade=facade(settings, database))
    app = TrustedHostMiddleware(gateway, allowed_hosts=allowed_hosts(settings))
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, date_header=False,
        loop="uvloop", http="httptools", lifespan="on", timeout_graceful_shutdown=DRAIN_SECONDS,
    )  # fmt: skip
    gc.freeze()  # what stands by now is not looked through again
    with watched(database.engine):
        uvicorn.Server(config).run(sockets=[listener])


def _use_one_heap() -> None:
    """Have glibc's threads share a heap: buffers wander between them, and the heap of each would stay as large as ever.

    Another libc has no such heaps.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def facade(settings: Settings, database: Database) -> Application:
    """Files and trainings, loaded by the first request for them: what only answers saves its memory."""
    made: Application | None = None

    def make() -> Application:
        from aird.finetuning.app import create_facade

        return create_facade(settings, database, open_store(settings, database))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal made
        if made is None:
            made = await asyncio.to_thread(make)
        await made(scope, receive, send)

    return app


def _supervise(settings: Settings, listener: socket.socket, processes: int) -> int:
    """Keep so many processes up until SIGTERM."""
    context, stop = multiprocessing.get_context("spawn"), threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())

    def start() -> BaseProcess:
        child = context.Process(target=_serve, args=(settings, listener))
        child.start()
        return child

    children = [start() for _ in range(processes)]
    while not stop.wait(RESTART_SECONDS):
        for place, child in enumerate(children):
            if not child.is_alive():
                sys.stderr.write(f"a gateway process ended with {child.exitcode}; it is started again\n")
                children[place] = start()
    for child in children:
        child.terminate()
    end = time.monotonic() + DRAIN_SECONDS + 10
    for child in children:
        child.join(max(0.0, end - time.monotonic()))
        if child.is_alive():
            child.kill()
            child.join()
    return 0
