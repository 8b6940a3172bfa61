"""The table of keys in memory: who a secret belongs to, known until a key is revoked or somebody's account is closed.

Nothing waits for the database but the first request with a secret, and requests that come with it meanwhile wait for
the same answer. Once a second one small query says whether any token was made or revoked and who has no account any
more; when that differs, everything is forgotten. So a revoked key is refused everywhere within a second.
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from aird.auth.errors import TokenNotValid
from aird.auth.models import Person, Token, TokenKind
from aird.auth.service import Caller
from aird.core.clock import now
from aird.core.db import Database
from aird.core.errors import AirdError, Unavailable

FRESH_SECONDS = 1.0
KNOWN_SECONDS = 60.0
"""A key is looked up again after this long, which also notes that it is in use."""
UNKNOWN_SECONDS = 5.0
MOST = 20_000

Fence = tuple[int, int, frozenset[str]]


class Keys:
    """Secrets by the hash of what stands in the Authorization header."""

    def __init__(self, database: Database, pool: ThreadPoolExecutor) -> None:
        self._database = database
        self._pool = pool
        self._known: dict[bytes, tuple[float, Caller | AirdError]] = {}
        self._asking: dict[bytes, asyncio.Future[Caller | AirdError]] = {}
        self._fence: Fence | None = None
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def caller(self, header: bytes, identify: Callable[[], Caller | AirdError]) -> Caller:
        """Who sends this header. Raises what identifying did, Unavailable when the database does not say."""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            await self._keep_fresh()
        key = hashlib.sha256(header).digest()
        found = self._remembered(key)
        if found is None:
            found = await self._ask(key, identify)
        if isinstance(found, AirdError):
            raise found
        return found

    def _remembered(self, key: bytes) -> Caller | AirdError | None:
        moment, found = self._known.get(key, (float("-inf"), None))
        age = time.monotonic() - moment
        if isinstance(found, Caller) and found.token is not None and found.token.expires_at <= now():
            return TokenNotValid("This token has expired. Create a new one.")
        if isinstance(found, AirdError):
            return found if age < UNKNOWN_SECONDS else None
        is_key = found is not None and found.token is not None and found.token.kind is TokenKind.KEY
        # What a person may do changes with their roles, so a person's token is looked at every second.
        return found if age < (KNOWN_SECONDS if is_key else FRESH_SECONDS) else None

    async def _ask(self, key: bytes, identify: Callable[[], Caller | AirdError]) -> Caller | AirdError:
        waiting = self._asking.get(key)
        if waiting is None:
            loop = asyncio.get_running_loop()
            fence = self._fence
            waiting = self._asking[key] = asyncio.ensure_future(loop.run_in_executor(self._pool, identify))
            waiting.add_done_callback(lambda done: self._learn(key, fence, done))
        return await asyncio.shield(waiting)

    def _learn(self, key: bytes, fence: Fence | None, done: "asyncio.Future[Caller | AirdError]") -> None:
        self._asking.pop(key, None)
        if done.cancelled() or done.exception() is not None:
            return
        if fence == self._fence:  # nothing was revoked while it was read
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = time.monotonic(), done.result()

    async def _keep_fresh(self) -> None:
        async with self._reading:
            if time.monotonic() - self._read_at <= FRESH_SECONDS:
                return
            began = time.monotonic()
            try:
                fence = await asyncio.get_running_loop().run_in_executor(self._pool, self._read)
            except OperationalError as error:
                raise Unavailable("Keys cannot be checked right now. Try again.") from error
            if fence != self._fence:
                self._known.clear()
            self._fence, self._read_at = fence, began

    def _read(self) -> Fence:
        with self._database.read() as session:
            made, revoked = session.execute(select(func.count(), func.count(Token.revoked_at))).one()
            closed = session.scalars(select(Person.username).where(Person.active.is_(False)))
            return made, revoked, frozenset(closed)
