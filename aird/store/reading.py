"""Read blobs so that a flipped bit never arrives as a finished download.

The bytes are hashed on their way out, on another thread than the one that sends them, and the last block is withheld
until the digest fits. A part of a blob that reaches its end (the rest of a broken download) waits the same way for the
whole blob to be hashed beside it; a part in the middle is given as it is.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from aird.store.backends.base import Backend, require_sound

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
        check.result()
    yield held


def verify(backend: Backend, digest: str, size: int) -> None:
    """Hash the whole blob. Raises BlobDamaged, ArtifactNotFound, StoreUnavailable."""
    hasher = hashlib.sha256()
    for block in backend.blocks(digest, 0, size):
        hasher.update(block)
    require_sound(hasher.hexdigest(), digest)


class Download:
    """Bytes for an asynchronous response. While one block is sent, the next is read and hashed.

    `size` is that of the whole file; `start` and `end` (exclusive) say which part of it comes.
    """

    def __init__(self, size: int, start: int, end: int, blocks: Iterator[bytes], first: bytes) -> None:
        self.size, self.start, self.end = size, start, end
        self._blocks, self._first = blocks, first

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
        block: bytes | None = self._first
        coming: Future[bytes | None] | None = None
        try:
            while block is not None:
                coming = THREADS.submit(next, self._blocks, None)
                if block:
                    yield block
                block, coming = await asyncio.wrap_future(coming), None
        finally:
            if coming is not None:  # the reader went away: its file is closed once the read under way has ended
                coming.add_done_callback(lambda _: self._close())

    def _close(self) -> None:
        close = getattr(self._blocks, "close", None)
        if close is not None:
            close()
