"""The gateway's notebook: keeps questions and answers of endpoints whose owner agreed to it.

Nobody waits for it. What was answered waits in a short queue; in a thread, personal data is taken out of it, and only
then it is written, if the endpoint still wants it. What does not fit into the queue is dropped and counted. A client
keeps its words out with `store: false` or the header `x-aird-store: false`.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from aird.core.db import Database
from aird.datasets import exchanges
from aird.datasets import queries as datasets
from aird.datasets.exchanges import Clean
from aird.datasets.feedback import dataset_name
from aird.deploy.gateway.relay import Answered
from aird.deploy.models import Endpoint
from aird.deploy.routing import Route
from aird.metering.models import Status

log = logging.getLogger(__name__)

WAITING = 128
"""Exchanges that may wait."""
AT_ONCE = 16
"""Exchanges of one transaction."""
HEADER = b"x-aird-store"
END_SECONDS = 5.0


def keeps_out(headers: Any) -> bool:
    """Whether the request's headers say that nothing of it is to be kept."""
    said = next((value for name, value in headers if name == HEADER), None)
    return said is not None and said.strip().lower() not in (b"true", b"1")


@dataclass(frozen=True)
class Taken:
    """An exchange that waits, as it was."""

    endpoint: UUID
    completion_id: str
    unit: str
    version: str
    messages: list[dict[str, Any]]
    answer: str


class Capture:
    """A watcher of answers. Lives on the gateway's event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: asyncio.Queue[Taken] = asyncio.Queue(WAITING)
        self._worker: asyncio.Task[None] | None = None
        self.dropped = 0

    def wants(self, route: Route, request_id: str) -> bool:
        """Whether the endpoint keeps what is said on it."""
        return route.captured

    def answered(self, answer: Answered) -> None:
        """Take the exchange down, when it is one and there is room."""
        asked = answer.asked
        if asked.private or answer.status is not Status.OK or asked.path != "chat/completions":
            return
        if len(answer.texts) != 1 or not exchanges.is_kept(asked.body.get("messages"), answer.texts[0]):
            return
        taken = Taken(
            answer.route.id,
            answer.request_id,
            answer.arm.unit,
            answer.arm.version,
            asked.body["messages"],
            answer.texts[0],
        )
        try:
            self._waiting.put_nowait(taken)
        except asyncio.QueueFull:
            self.dropped += 1
            return
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Write what waits, as far as there is time for it."""
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
        cleaned = [
            (each.endpoint, exchanges.clean(each.completion_id, each.unit, each.version, each.messages, each.answer))
            for each in taken
        ]
        try:
            self._keep(cleaned)
        except IntegrityError:  # one of them is there already
            for each in cleaned:
                with suppress(IntegrityError):
                    self._keep([each])

    def _keep(self, cleaned: list[tuple[UUID, Clean]]) -> None:
        with self._database.write() as session:
            ids = {endpoint for endpoint, _ in cleaned}
            query = select(Endpoint).where(Endpoint.id.in_(ids)).order_by(Endpoint.id).with_for_update(read=True)
            found = {each.id: each for each in session.scalars(query)}
            for id, exchange in cleaned:
                endpoint = found.get(id)
                if endpoint is None or endpoint.capture_days is None:
                    continue
                dataset = datasets.get_dataset(session, dataset_name(endpoint.name))
                exchanges.keep(session, endpoint.name, dataset, exchange, days=endpoint.capture_days)
