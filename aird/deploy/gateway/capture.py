"""The gateway's notebook: keeps questions and answers of endpoints whose owner agreed to it.

Nobody waits for it. What was answered waits in a short queue; in a thread, personal data is taken out of it, and only
then it is written, if the endpoint still wants it. What does not fit into the queue is dropped and counted. A client
keeps its words out with `store: false` or the header `x-aird-store: false`.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from sqlalchemy import select

from aird.core.clock import now
from aird.core.db import Database
from aird.datasets.models import Exchange
from aird.deploy.gateway.figures import Figures
from aird.deploy.gateway.relay import Answered
from aird.deploy.gateway.taken import Taken
from aird.deploy.routing import Route
from aird.metering.models import Status

log = logging.getLogger(__name__)

WAITING = 128
"""Exchanges that may wait."""
AT_ONCE = 16
"""Exchanges of one transaction."""
HEADER = b"x-aird-store"
END_SECONDS = 5.0
ERASE_SECONDS = 60.0
ROLES = frozenset({"system", "user", "assistant"})
MOST_TEXT = 64_000
MOST_MESSAGES = 200
"""What is longer is not kept: nobody would train on it, and looking through it takes long."""


def keeps_out(headers: Any) -> bool:
    """Whether the request's headers say that nothing of it is to be kept."""
    said = next((value for name, value in headers if name == HEADER), None)
    return said is not None and said.strip().lower() not in (b"true", b"1")


def kept_of(messages: Any, answer: str) -> list[dict[str, str]] | None:
    """Who said what, where it is a conversation in words, ending in a question, that was answered in words, else None.

    The names of speakers are left out: nobody trains on them, and they are personal data.
    """
    if not answer.strip() or not isinstance(messages, list) or not 0 < len(messages) <= MOST_MESSAGES:
        return None
    if not all(each.get("role") in ROLES and isinstance(each.get("content"), str) for each in messages):
        return None
    if any(each.keys() - {"name"} != {"role", "content"} for each in messages) or messages[-1]["role"] != "user":
        return None
    if len(answer) + sum(len(each["content"]) for each in messages) > MOST_TEXT:
        return None
    return [{"role": each["role"], "content": each["content"]} for each in messages]


class Capture:
    """A watcher of answers. Lives on the gateway's event loop."""

    def __init__(self, database: Database, figures: Figures) -> None:
        self._database, self._figures = database, figures
        self._waiting: asyncio.Queue[Taken] = asyncio.Queue(WAITING)
        self._worker: asyncio.Task[None] | None = None
        self._eraser: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Erase what is too old from now on."""
        self._eraser = asyncio.create_task(self._erase())

    def wants(self, route: Route, request_id: str) -> bool:
        """Whether the endpoint keeps what is said on it."""
        return route.captured

    def answered(self, answer: Answered) -> None:
        """Take the exchange down, when it is one and there is room."""
        asked = answer.asked
        if asked.private or answer.status is not Status.OK or asked.path != "chat/completions":
            return
        messages = kept_of(asked.body.get("messages"), answer.texts[0]) if len(answer.texts) == 1 else None
        if messages is None:
            return
        taken = Taken(
            answer.route.id,
            answer.request_id,
            answer.arm.unit,
            answer.arm.version,
            messages,
            answer.texts[0],
        )
        try:
            self._waiting.put_nowait(taken)
        except asyncio.QueueFull:
            self._figures.dropped("exchange")
            return
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Write what waits, as far as there is time for it."""
        if self._eraser is not None:
            self._eraser.cancel()
            await asyncio.wait({self._eraser})
        if self._worker is not None:
            await asyncio.wait({self._worker}, timeout=END_SECONDS)
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker

    async def _work(self) -> None:
        while not self._waiting.empty():
            taken = [self._waiting.get_nowait() for _ in range(min(AT_ONCE, self._waiting.qsize()))]
            try:
                await asyncio.to_thread(self._write, taken)
            except Exception:
                log.exception("%d exchanges were not kept", len(taken))

    def _write(self, taken: list[Taken]) -> None:
        # What recognises personal data takes ten megabytes; a gateway that keeps nothing saves them.
        from aird.deploy.gateway import notebook

        notebook.write(self._database, taken)

    async def _erase(self) -> None:
        """Erase what is too old to keep, where no server stands beside this gateway that does."""
        while True:
            await asyncio.sleep(ERASE_SECONDS)
            try:
                await asyncio.to_thread(self._erase_expired)
            except Exception:
                log.exception("what is too old to keep was not erased; it is tried again")

    def _erase_expired(self) -> None:
        old = Exchange.expires_at <= now()
        with self._database.read() as session:
            if session.scalar(select(Exchange.id).where(old).limit(1)) is None:
                return
        from aird.datasets import exchanges  # large, as above

        exchanges.sweep(self._database)
