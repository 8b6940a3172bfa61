"""Blobs in a local folder: written to a temporary file, synced, renamed to their digest, and the folder synced.

A reader therefore never sees half a blob, and what was stored survives a crash of the machine.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from aird.store.backends.base import missing
from aird.store.manifest import check_digest
from aird.store.staging import BLOCK, Staging


class LocalBackend:
    """A folder of blobs; `min_free_bytes` of its disk are left for others."""

    def __init__(self, folder: Path, *, min_free_bytes: int = 0) -> None:
        self.folder = folder
        self.staging = Staging(folder / "tmp", min_free_bytes=min_free_bytes)

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.folder)

    def adopt(self, path: Path, digest: str, size: int) -> None:
        """Sync the file and rename it to its digest, which takes no room."""
        final = self._path(digest)
        with self.staging.writing():
            path.chmod(0o444)
            _sync(path)
            final.parent.mkdir(parents=True, exist_ok=True)
            path.replace(final)
            for folder in (final.parent, final.parent.parent):
                _sync(folder)

    def open(self, digest: str) -> BinaryIO:
        """The blob's file, opened for reading."""
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError as error:
            raise missing(digest) from error

    def blocks(self, digest: str, start: int, end: int) -> Iterator[bytes]:
        """Read the file from `start` on."""
        try:
            source = self._path(digest).open("rb", buffering=0)
        except FileNotFoundError as error:
            raise missing(digest) from error
        with source:
            source.seek(start)
            left = end - start
            while left > 0 and (block := source.read(min(BLOCK, left))):
                left -= len(block)
                yield block

    def link(self, digest: str, target: Path) -> bool:
        """A hard link, where both are on one disk."""
        try:
            os.link(self._path(digest), target)
        except FileNotFoundError as error:
            raise missing(digest) from error
        except OSError:
            return False
        return True

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


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
