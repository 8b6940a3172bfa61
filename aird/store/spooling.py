"""Receive one file of any size: hashed and written on another thread while the next bytes arrive.

Memory is a few blocks, whatever the size of the file. Nothing is in the store before size and digest fit.
"""

import asyncio
import hashlib
import threading
from collections import deque
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import TypeVar

from aird.store.errors import FileTooLarge, SizeMismatch
from aird.store.reading import THREADS
from aird.store.staging import BLOCK, ROOM_EVERY, Staging, WriteOut, require_digest

T = TypeVar("T")
DEPTH = 8  # blocks


class Pipe:
    """Hands what arrives to `take` in blocks, one at a time and in order, on another thread.

    Up to DEPTH blocks wait, so that neither side stands still when the other is held up for a moment.
    """

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self._chunks: list[bytes] = []
        self._gathered = 0
        self._queue: deque[list[bytes]] = deque()
        self._turn, self._busy = threading.Lock(), False
        self._draining: asyncio.Future[None] | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def write(self, chunk: bytes) -> None:
        """Take some bytes; waits while DEPTH blocks are waiting. Raises what `take` raises."""
        self._chunks.append(chunk)
        self._gathered += len(chunk)
        if self._gathered < BLOCK:
            return
        self._push()
        while len(self._queue) >= DEPTH:
            self._waiter = asyncio.get_running_loop().create_future()
            if len(self._queue) > DEPTH // 2 and not (self._draining and self._draining.done()):
                await self._waiter
        if self._draining is not None and self._draining.done():
            self._draining.result()

    async def flush(self) -> None:
        """Return when everything was taken. Raises what `take` raises."""
        self._push()
        if self._draining is not None:
            await self._draining

    async def quiet(self) -> None:
        """Return when nothing is being taken any more; what is left is dropped."""
        self._queue.clear()
        if self._draining is not None and not self._draining.done():
            await asyncio.wait([self._draining])

    def _push(self) -> None:
        chunks, self._chunks, self._gathered = self._chunks, [], 0
        with self._turn:
            self._queue.append(chunks)
            begin, self._busy = not self._busy, True
        if begin:
            loop = asyncio.get_running_loop()
            self._draining = loop.run_in_executor(THREADS, self._drain, loop)

    def _drain(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            while True:
                with self._turn:
                    if not self._queue:
                        self._busy = False
                        return
                    chunks = self._queue.popleft()
                if len(self._queue) == DEPTH // 2:
                    loop.call_soon_threadsafe(self._wake)
                self._take(chunks[0] if len(chunks) == 1 else b"".join(chunks))
        finally:  # after a failure `_busy` stays, and nothing is taken any more
            if self._busy:
                self._queue.clear()
            loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Spool:
    """An asynchronous context manager: `write` what arrives, then `publish`; otherwise the bytes are gone at its end.

    `size` and `digest` are what was announced, `limit` the most bytes that are taken.
    """

    def __init__(
        self,
        staging: Staging,
        publish: Callable[[Path, str, int], None],
        *,
        size: int | None = None,
        digest: str | None = None,
        limit: int | None = None,
    ) -> None:
        self.received = 0
        self._announced, self._digest = size, digest
        self._limit = size if size is not None else limit
        self._staging, self._publish = staging, publish
        self._hasher, self._written, self._pipe = hashlib.sha256(), 0, Pipe(self._take)
        if size is not None and limit is not None and size > limit:
            raise FileTooLarge(f"A file may have {limit} bytes; {size} were announced.", limit=limit)

    async def __aenter__(self) -> "Spool":
        self.path = await self._run(self._staging.new)
        self._file = await self._run(self._open)
        self._out = WriteOut(self._file)
        return self

    def _open(self) -> FileIO:
        with self._staging.writing():
            self._staging.require_room(self._announced or 0)
            return self.path.open("xb", buffering=0)

    async def __aexit__(self, *_: object) -> None:
        await self._pipe.quiet()
        await self._run(self._discard)

    def _discard(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)

    async def write(self, chunk: bytes) -> None:
        """Take some bytes. Raises FileTooLarge, SizeMismatch, StoreFull."""
        self.received += len(chunk)
        if self._limit is not None and self.received > self._limit:
            if self._announced is not None:
                raise SizeMismatch(f"{self._announced} bytes were announced and more have come.", size=self._announced)
            raise FileTooLarge(f"A file may have {self._limit} bytes; this one has more.", limit=self._limit)
        await self._pipe.write(chunk)

    def _take(self, block: bytes) -> None:
        with self._staging.writing():
            if self._written // ROOM_EVERY != (self._written + len(block)) // ROOM_EVERY:
                self._staging.require_room(len(block))
            self._file.write(block)
        self._hasher.update(block)
        self._written += len(block)
        self._out.upto(self._written)

    async def finish(self) -> tuple[str, int]:
        """All bytes have come: gives (digest, bytes). Raises SizeMismatch, DigestMismatch."""
        await self._pipe.flush()
        found = f"sha256:{self._hasher.hexdigest()}"
        if self._announced is not None and self._written != self._announced:
            raise SizeMismatch(
                f"{self._announced} bytes were announced and {self._written} have come. Send them again.",
                size=self._announced,
                received=self._written,
            )
        require_digest(found, self._digest)
        return found, self._written

    async def publish(self) -> tuple[str, int]:
        """All bytes have come: check them and put them into the store; gives (digest, bytes)."""
        digest, size = await self.finish()
        await self._run(self._file.close)
        await self._run(lambda: self._publish(self.path, digest, size))
        return digest, size

    async def keep(self, target: Path) -> tuple[str, int]:
        """All bytes have come: check them and move them to `target`, on the same disk; gives (digest, bytes)."""
        digest, size = await self.finish()
        await self._run(self._file.close)
        await self._run(lambda: self.path.replace(target))
        return digest, size

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(THREADS, work)
