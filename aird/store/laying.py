"""Blobs laid out as plain files for the intake to look at, without copying weights."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aird.store.backends import base
from aird.store.backends.base import Backend
from aird.store.manifest import SAFE_PATH, Entry

WEIGHTS = ".safetensors"


@dataclass(frozen=True)
class Laid:
    """A file as it was laid out: which blob it is, and by what one sees that it was not changed."""

    entry: Entry
    inode: int
    changed: int

    def unchanged(self, path: Path) -> bool:
        """Whether `path` still is that file with those bytes."""
        found = path.stat()
        return (found.st_ino, found.st_mtime_ns, found.st_size) == (self.inode, self.changed, self.entry.size)


def lay_out(backend: Backend, files: Mapping[str, str], folder: Path) -> dict[str, Laid]:
    """Write blobs (path -> digest) below `folder`. Raises ArtifactNotFound, BlobDamaged, StoreFull.

    On an error nothing stays of the folder.
    """
    try:
        return {path: _lay(backend, path, digest, folder) for path, digest in files.items()}
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _lay(backend: Backend, path: str, digest: str, folder: Path) -> Laid:
    if not SAFE_PATH.fullmatch(path):
        raise ValueError(f"{path!r} is not a plain relative path")
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if not (path.endswith(WEIGHTS) and backend.link(digest, target)):
        base.fetch(backend, digest, target)
    found = target.stat()
    return Laid(Entry(path, digest, found.st_size), found.st_ino, found.st_mtime_ns)
