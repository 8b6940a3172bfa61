"""The gateway's pen: entries of answers that end together are written in one transaction.

A commit waits for the disk. One commit for each answer would be the limit of the whole gateway; so while one batch
is being written the next one gathers, and everybody waits for the commit that their entry is in.
"""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import SQLAlchemyError

from aird.core.db import Database
from aird.deploy.errors import LedgerNotWritten
from aird.metering import service as metering
from aird.metering.service import Answer

log = logging.getLogger(__name__)


class Ledger:
    """Writes entries, a batch at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._waiting: list[tuple[Answer, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def write(self, answer: Answer) -> None:
        """Write an entry; it is committed on return. Goes on when the caller is cancelled. Raises LedgerNotWritten."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((answer, written))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        await asyncio.shield(written)

    async def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            await self._writer
        self._pool.shutdown()

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            error = await asyncio.get_running_loop().run_in_executor(
                self._pool, self._write, [answer for answer, _ in batch]
            )
            for _, written in batch:
                if error is None:
                    written.set_result(None)
                else:
                    written.set_exception(error)
                    written.exception()  # seen, even if its caller is gone

    def _write(self, answers: Sequence[Answer]) -> LedgerNotWritten | None:
        try:
            with self._database.write() as session:
                metering.record_answers(session, answers)
        except SQLAlchemyError:
            log.exception("not in the ledger: %s", answers)
            return LedgerNotWritten("What was used could not be noted, so the answer cannot be given. Try again.")
        return None
