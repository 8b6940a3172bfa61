"""Read blobs so that a flipped bit never arrives as a finished download.

The bytes are hashed on their way out, on another thread than the one that sends them, and the last block is withheld
until the digest fits. A part of a blob that reaches its end (the rest of a broken download) waits the same way for the
whole blob to be hashed beside it; a part in the middle is given as it is.
"""

import asyncio
import hashlib
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from aird.store.backends.base import Backend, require_sound

DEPTH = 4  # blocks read ahead
THREADS = ThreadPoolExecutor(max_workers=16, thread_name_prefix="aird-store")
"""What reads, hashes and writes for requests; apart from the threads that answer them, which may be waiting for it."""


def verified(backend: Backend, digest: str, size: int) -> Iterator[bytes]:
    """The whole blob; BlobDamaged is raised before its last block."""
    hasher, held = hashlib.sha256(), b""
    for block in backend.blocks(digest, 0, size):
        hasher.update(block)
        if held:
            yield held
        held = block
    require_sound(hasher.hexdigest(), digest)
    yield held


def verified_part(backend: Backend, digest: str, size: int, start: int, end: int) -> Iterator[bytes]:
    """The bytes from `start` to before `end`; when that is the blob's end, BlobDamaged is raised before the last."""
    check: Future[None] | None = THREADS.submit(verify, backend, digest, size) if end == size else None
    held = b""
    for block in backend.blocks(digest, start, end):
        if held:
            yield held
        held = block
    if check is not None:
        if check.cancel():  # no thread had time for it, and all of them may be waiting for theirs
            verify(backend, digest, size)
        else:
            check.result()
    yield held


def verify(backend: Backend, digest: str, size: int) -> None:
    """Hash the whole blob. Raises BlobDamaged, ArtifactNotFound, StoreUnavailable."""
    hasher = hashlib.sha256()
    for block in backend.blocks(digest, 0, size):
        hasher.update(block)
    require_sound(hasher.hexdigest(), digest)


class Download:
    """Bytes for an asynchronous response. While some are sent, up to DEPTH blocks are read and hashed ahead.

    `size` is that of the whole file; `start` and `end` (exclusive) say which part of it comes. No thread waits for a
    slow reader.
    """

    def __init__(self, size: int, start: int, end: int, blocks: Iterator[bytes], first: bytes) -> None:
        self.size, self.start, self.end = size, start, end
        self._blocks = blocks
        self._queue: deque[bytes | BaseException | None] = deque([first])
        self._turn, self._busy, self._over = threading.Lock(), False, False
        self._waiter: asyncio.Future[None] | None = None

    @property
    def length(self) -> int:
        """How many bytes come."""
        return self.end - self.start

    @classmethod
    async def begin(cls, size: int, start: int, end: int, make: Callable[[], Iterator[bytes]]) -> "Download":
        """Read the first block, so that what is known to be wrong by then is raised before anything is sent."""

        def open_and_read() -> tuple[Iterator[bytes], bytes]:
            blocks = make()
            return blocks, next(blocks, b"")

        blocks, first = await asyncio.get_running_loop().run_in_executor(THREADS, open_and_read)
        return cls(size, start, end, blocks, first)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while (block := await self._next()) is not None:
                if block:
                    yield block
        finally:
            with self._turn:
                busy, self._over = self._busy, True
            if not busy:
                self._close()

    async def _next(self) -> bytes | None:
        loop = asyncio.get_running_loop()
        while True:
            with self._turn:
                there = bool(self._queue)
                item = self._queue.popleft() if there else None
                begin = not self._busy and not self._over and len(self._queue) <= DEPTH // 2
                self._busy = self._busy or begin
                if not there:
                    self._waiter = loop.create_future()
            if begin:
                THREADS.submit(self._fill, loop)
            if isinstance(item, BaseException):
                raise item
            if there:
                return item
            assert self._waiter is not None  # noqa: S101
            await self._waiter

    def _fill(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read ahead until DEPTH blocks wait, the end, or a failure, which is passed on in its turn."""
        while True:
            item: bytes | BaseException | None
            try:
                item = next(self._blocks, None)
            except BaseException as error:
                item = error
            with self._turn:
                gone = self._over  # the reader went away meanwhile
                self._queue.append(item)
                self._over = gone or not isinstance(item, bytes)
                self._busy = not (self._over or len(self._queue) >= DEPTH)
                waiter, self._waiter = self._waiter, None
                more = self._busy
            if waiter is not None:
                with suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(_wake, waiter)
            if gone:
                self._close()
            if not more:
                return

    def _close(self) -> None:
        close = getattr(self._blocks, "close", None)
        if close is not None:
            close()


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
