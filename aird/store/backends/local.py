"""Blobs in a local folder: written to a temporary file, synced, renamed to their digest, and the folder synced.

A reader therefore never sees half a blob, and what `put` returned survives a crash of the machine.
"""

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from aird.store.backends.base import Batch
from aird.store.errors import ArtifactNotFound, DigestMismatch, StoreFull
from aird.store.manifest import check_digest

CHUNK = 1024 * 1024


class LocalBackend:
    """A folder of blobs; `min_free_bytes` of its disk are left for others."""

    def __init__(self, folder: Path, *, min_free_bytes: int = 0) -> None:
        self.folder = folder
        self.min_free_bytes = min_free_bytes
        self._temporary = folder / "tmp"

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Hash while writing to temporary files; at the end publish them all by rename, which takes no room."""
        staged: dict[Path, str] = {}
        try:
            self._temporary.mkdir(parents=True, exist_ok=True)
            yield _LocalBatch(self, staged)
            for temporary, digest in staged.items():
                self._publish(temporary, self._path(digest))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull(f"The disk of {self.folder} is full; nothing was stored. Free some room.") from error
            raise
        finally:
            for temporary in staged:
                temporary.unlink(missing_ok=True)

    def sweep(self, *, older_than_seconds: float = 86_400.0) -> int:
        """Remove what a kill left of unfinished writes; gives how many files. Younger ones may still be written to."""
        if not self._temporary.is_dir():
            return 0
        eldest = time.time() - older_than_seconds
        old = [path for path in self._temporary.iterdir() if path.stat().st_mtime < eldest]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def put(self, source: BinaryIO, digest: str | None = None) -> tuple[str, int]:
        """A batch of one."""
        with self.batch() as batch:
            return batch.put(source, digest)

    def stage(self, source: BinaryIO, staged: dict[Path, str]) -> tuple[str, int]:
        """Write a temporary file and note it in `staged` with its digest; gives (digest, bytes)."""
        temporary = self._temporary / uuid4().hex
        staged[temporary] = ""
        staged[temporary], size = self._write(source, temporary)
        return staged[temporary], size

    def _write(self, source: BinaryIO, temporary: Path) -> tuple[str, int]:
        hasher, size = hashlib.sha256(), 0
        with temporary.open("xb") as target:
            while chunk := source.read(CHUNK):
                self._require_room(len(chunk))
                target.write(chunk)
                hasher.update(chunk)
                size += len(chunk)
            target.flush()
            os.fsync(target.fileno())
        temporary.chmod(0o444)
        return f"sha256:{hasher.hexdigest()}", size

    def _require_room(self, size: int) -> None:
        free = shutil.disk_usage(self.folder).free
        if free - size < self.min_free_bytes:
            raise StoreFull(
                f"The disk of {self.folder} has {free} bytes free and {self.min_free_bytes} are kept in reserve; "
                "nothing was stored. Free some room or lower AIRD_MIN_FREE_BYTES.",
                free=free,
                reserve=self.min_free_bytes,
            )

    def _publish(self, temporary: Path, final: Path) -> None:
        if final.exists():
            return
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary.rename(final)
        for folder in (final.parent, final.parent.parent):
            _sync_folder(folder)

    def open(self, digest: str) -> BinaryIO:
        """The blob's file, opened for reading."""
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError as error:
            raise _missing(digest) from error

    def fetch(self, digest: str, target: Path) -> None:
        """Copy the blob and check its digest on the way, so that a flipped bit never reaches a model."""
        hasher = hashlib.sha256()
        try:
            with self.open(digest) as source, target.open("xb") as out:
                while chunk := source.read(CHUNK):
                    hasher.update(chunk)
                    out.write(chunk)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull(f"The disk of {target.parent} is full. Free some room.") from error
            raise
        found = f"sha256:{hasher.hexdigest()}"
        if found != digest:
            target.unlink()
            raise DigestMismatch(
                f"The stored bytes of {digest} have changed: their digest is {found}. Restore the blob from a backup.",
                found=found,
                announced=digest,
            )

    def size(self, digest: str) -> int | None:
        """The size of the blob's file."""
        try:
            return self._path(digest).stat().st_size
        except FileNotFoundError:
            return None

    def delete(self, digest: str) -> None:
        """Remove the blob's file."""
        self._path(digest).unlink(missing_ok=True)

    def digests(self) -> Iterator[str]:
        """Every blob file's digest."""
        for path in sorted((self.folder / "sha256").glob("*/*")):
            yield f"sha256:{path.name}"

    def _path(self, digest: str) -> Path:
        name = check_digest(digest).removeprefix("sha256:")
        return self.folder / "sha256" / name[:2] / name


@dataclass(frozen=True)
class _LocalBatch:
    """The temporary files of one batch, with their digests."""

    backend: LocalBackend
    staged: dict[Path, str]

    def put(self, source: BinaryIO, digest: str | None = None) -> tuple[str, int]:
        if digest is not None:
            check_digest(digest)
        found, size = self.backend.stage(source, self.staged)
        if digest is not None and found != digest:
            raise DigestMismatch(
                f"The bytes have the digest {found}, announced was {digest}. Send them again.",
                found=found,
                announced=digest,
            )
        return found, size


def _missing(digest: str) -> ArtifactNotFound:
    return ArtifactNotFound(f"The store holds no bytes with the digest {digest}.", digest=digest)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
