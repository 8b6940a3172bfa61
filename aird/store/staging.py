"""Files on their way into the store: written and hashed in a folder of temporary files, published afterwards.

A temporary file becomes a blob by a rename where the store is a folder on the same disk, by an upload where it is not.
"""

import ctypes
import errno
import hashlib
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from aird.store.errors import DigestMismatch, StoreFull
from aird.store.manifest import check_digest

BLOCK = 1024 * 1024  # bytes read, hashed and written at a time
ROOM_EVERY = 64 * BLOCK  # bytes between two looks at the free disk
WRITE_OUT_EVERY = 8 * BLOCK  # bytes that are brought to the disk at a time

_sync_file_range = getattr(ctypes.CDLL(None), "sync_file_range", None) if sys.platform == "linux" else None
if _sync_file_range is not None:
    _sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]


@dataclass(frozen=True)
class Staged:
    """A temporary file with the digest and the number of its bytes."""

    path: Path
    digest: str
    size: int


class Staging:
    """The folder of temporary files; `min_free_bytes` of its disk are left for others."""

    def __init__(self, folder: Path, *, min_free_bytes: int = 0) -> None:
        self.folder = folder
        self.min_free_bytes = min_free_bytes

    def new(self) -> Path:
        """The path of a temporary file that is not there yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / uuid4().hex

    def require_room(self, size: int) -> None:
        """Raise StoreFull unless `size` more bytes fit beside the reserve."""
        free = shutil.disk_usage(self.folder).free
        if free - size < self.min_free_bytes:
            raise StoreFull(
                f"The disk of {self.folder} has {free} bytes free and {self.min_free_bytes} are kept in reserve; "
                "nothing was stored. Free some room or lower AIRD_MIN_FREE_BYTES.",
                free=free,
                reserve=self.min_free_bytes,
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Say StoreFull where the operating system says that the disk is full."""
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull(f"The disk of {self.folder} is full; nothing was stored. Free some room.") from error
            raise

    def write(self, source: BinaryIO, path: Path) -> Staged:
        """Write the bytes of `source` to `path`, hashing them. Raises StoreFull; the caller removes the file."""
        hasher, size = hashlib.sha256(), 0
        with self.writing(), path.open("xb", buffering=0) as target:
            out = WriteOut(target)
            while chunk := source.read(BLOCK):
                if size % ROOM_EVERY == 0:
                    self.require_room(min(ROOM_EVERY, len(chunk)))
                target.write(chunk)
                hasher.update(chunk)
                size += len(chunk)
                out.upto(size)
        return Staged(path, f"sha256:{hasher.hexdigest()}", size)

    def sweep(self, *, older_than_seconds: float = 86_400.0) -> int:
        """Remove what a kill left of unfinished writes; gives how many files. Younger ones may still be written to."""
        if not self.folder.is_dir():
            return 0
        eldest, gone = time.time() - older_than_seconds, 0
        for path in self.folder.iterdir():
            try:
                if path.stat().st_mtime < eldest:
                    path.unlink()
                    gone += 1
            except FileNotFoundError:
                continue  # its writer has just published or removed it
        return gone


class WriteOut:
    """Has the kernel begin to bring a growing file to the disk, without waiting for it.

    The sync at its end, which does wait, then has little left to do: a second per gigabyte less. Linux only.
    """

    def __init__(self, file: FileIO, *, start: int = 0) -> None:
        self._file, self._begun = file, start

    def upto(self, end: int) -> None:
        """The file now has `end` bytes."""
        if _sync_file_range is not None and end - self._begun >= WRITE_OUT_EVERY:
            _sync_file_range(self._file.fileno(), self._begun, end - self._begun, 2)  # SYNC_FILE_RANGE_WRITE
            self._begun = end


def require_digest(found: str, announced: str | None) -> None:
    """Raise DigestMismatch when another digest was announced."""
    if announced is not None and found != check_digest(announced):
        raise DigestMismatch(
            f"The bytes have the digest {found}, announced was {announced}. Send them again.",
            found=found,
            announced=announced,
        )
