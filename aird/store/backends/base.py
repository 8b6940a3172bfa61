"""What a place for bytes has to offer; backends know digests, not models."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from aird.store.errors import ArtifactNotFound, BlobDamaged, StoreFull
from aird.store.manifest import check_digest
from aird.store.staging import Staging, require_digest


class Backend(Protocol):
    """Blobs by digest. A blob is there as a whole or not at all, and never changes."""

    staging: Staging
    """Where files are written before they are adopted."""

    @property
    def place(self) -> str:
        """Where the blobs lie, to show."""
        ...

    def adopt(self, path: Path, digest: str, size: int) -> None:
        """Take a file of the staging folder, whose bytes have this digest, as the blob; the file is gone afterwards.

        Replaces a blob that is there. Raises StoreFull, StoreUnavailable.
        """
        ...

    def open(self, digest: str) -> BinaryIO:
        """The blob's bytes from the start, seekable, not verified. Raises ArtifactNotFound."""
        ...

    def blocks(self, digest: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` to before `end`, in blocks, not verified. Raises ArtifactNotFound."""
        ...

    def link(self, digest: str, target: Path) -> bool:
        """Let `target` be a second name of the blob's file; False where that cannot be."""
        ...

    def size(self, digest: str) -> int | None:
        """Bytes of the blob, None when it is not there."""
        ...

    def delete(self, digest: str) -> None:
        """Remove the blob; nothing happens when it is not there."""
        ...

    def digests(self) -> Iterator[str]:
        """Every blob that is there."""
        ...


def put(backend: Backend, source: BinaryIO, digest: str | None = None) -> tuple[str, int]:
    """Store the bytes of `source`, announced as `digest`; gives (digest, bytes). Raises DigestMismatch, StoreFull."""
    if digest is not None:
        check_digest(digest)
    path = backend.staging.new()
    try:
        staged = backend.staging.write(source, path)
        require_digest(staged.digest, digest)
        if backend.size(staged.digest) != staged.size:
            backend.adopt(path, staged.digest, staged.size)
    finally:
        path.unlink(missing_ok=True)
    return staged.digest, staged.size


def fetch(backend: Backend, digest: str, target: Path) -> None:
    """Write the blob to `target`, a plain file of its own, checking every byte on the way.

    Raises ArtifactNotFound, BlobDamaged, StoreFull.
    """
    size, hasher = backend.size(digest), hashlib.sha256()
    if size is None:
        raise missing(digest)
    try:
        with Staging(target.parent).writing(), target.open("xb", buffering=0) as out:
            for block in backend.blocks(digest, 0, size):
                hasher.update(block)
                out.write(block)
        require_sound(hasher.hexdigest(), digest)
    except (BlobDamaged, StoreFull):
        target.unlink(missing_ok=True)
        raise


def require_sound(found: str, digest: str) -> None:
    """Raise BlobDamaged unless the hex digits `found` are those of the digest."""
    if f"sha256:{found}" != digest:
        raise BlobDamaged(
            f"The stored bytes of {digest} have changed: their digest is sha256:{found}. "
            "Upload the file again or restore it from a backup.",
            found=f"sha256:{found}",
            digest=digest,
        )


def missing(digest: str) -> ArtifactNotFound:
    """The error of a blob that is not there."""
    return ArtifactNotFound(f"The store holds no bytes with the digest {digest}.", digest=digest)
