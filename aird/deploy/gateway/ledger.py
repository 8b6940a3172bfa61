"""From the journal into the ledger: what ended is written a batch at a time, and again until it is in.

The journal keeps what is on the way, so nobody waits for the database. A batch is one transaction: entries, what
budgets have used, what is left of this gateway's leases. An entry that is there already changes nothing, so a batch
may come twice.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from aird.core.db import Database
from aird.deploy.gateway.entries import as_body
from aird.metering import service as metering
from aird.metering.service import Answer

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.25
"""A batch is gathered for so long; whoever waits for the ledger cuts that short."""
LARGEST_BATCH = 500
MOST_WAITING = 20_000
"""More answers than this are not kept waiting for the database; from there on requests are refused."""
LONGEST_PAUSE = 5.0


class Ledger:
    """Ships answers; `done` is called, on the loop, for each that is in the ledger."""

    def __init__(self, database: Database, pool: ThreadPoolExecutor, refused: Path) -> None:
        self._database = database
        self._pool = pool
        self._refused = refused
        self._waiting: deque[tuple[Answer, Callable[[], None]]] = deque()
        self._wake, self._hurry = asyncio.Event(), asyncio.Event()
        self._ending = False
        self._task: asyncio.Task[None] | None = None
        self._shipping = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def waiting(self) -> int:
        """Answers that ended and are not in the ledger yet."""
        return len(self._waiting) + self._shipping

    @property
    def full(self) -> bool:
        """Whether too much is waiting for a database that does not take it."""
        return self.waiting >= MOST_WAITING

    def start(self, holder: UUID) -> None:
        """Ship from now on."""
        self._task = asyncio.create_task(self._run(holder))

    def put(self, answer: Answer, done: Callable[[], None]) -> None:
        """Have it written soon."""
        self._waiting.append((answer, done))
        self._idle.clear()
        self._wake.set()

    async def flush(self) -> None:
        """Wait until everything that ended so far is in the ledger."""
        self.hurry()
        await self._idle.wait()

    def hurry(self) -> None:
        """Gather no longer: somebody waits. On the loop."""
        self._hurry.set()

    async def close(self, seconds: float) -> bool:
        """Ship what is left, for at most so long; says whether everything is in the ledger."""
        self._ending = True
        self._wake.set()
        self._hurry.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=seconds)
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        return not self.waiting

    async def _run(self, holder: UUID) -> None:
        pause = 0.0
        while self._waiting or not self._ending:
            if not self._waiting:
                self._wake.clear()
                self._idle.set()
                await self._wake.wait()
            if not self._ending:
                await self._gather(pause)
            batch = [self._waiting.popleft() for _ in range(min(LARGEST_BATCH, len(self._waiting)))]
            self._shipping = len(batch)
            shipped = await asyncio.get_running_loop().run_in_executor(
                self._pool, self.write, [answer for answer, _ in batch], holder
            )
            self._shipping = 0
            if shipped:
                pause = 0.0
                for _, done in batch:
                    done()
            else:
                self._waiting.extendleft(reversed(batch))
                pause = min(LONGEST_PAUSE, max(0.2, pause * 2))
                if self._ending:
                    await asyncio.sleep(pause)
        self._idle.set()

    async def _gather(self, pause: float) -> None:
        """Wait for more to come, after a failure at least for `pause`."""
        if pause:
            await asyncio.sleep(pause)
        elif len(self._waiting) < LARGEST_BATCH:
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER_SECONDS):
                    await self._hurry.wait()
        self._hurry.clear()

    def write(self, answers: Sequence[Answer], holder: UUID) -> bool:
        """Write a batch in one transaction; False when the database does not take it now."""
        try:
            with self._database.write() as session:
                metering.record_answers(session, answers, holder=holder)
        except (DataError, IntegrityError) as error:
            if len(answers) > 1:  # one of them holds up the others: find it
                taken = [self.write([each], holder) for each in answers]
                return all(taken)
            log.critical("the ledger refuses an entry, which is kept in %s: %s", self._refused, error)
            with self._refused.open("a") as out:
                out.write(json.dumps(as_body(answers[0])) + "\n")
        except SQLAlchemyError:
            log.exception("the ledger does not take %d entries now; they stay in the journal", len(answers))
            return False
        return True
