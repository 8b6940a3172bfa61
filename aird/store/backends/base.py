"""What a place for bytes has to offer; backends know digests, not models."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol


class Batch(Protocol):
    """Blobs on their way into the store."""

    def put(self, source: BinaryIO, digest: str | None = None) -> tuple[str, int]:
        """Take the bytes of `source`; gives (digest, bytes). Raises DigestMismatch if `digest` differs, StoreFull."""
        ...


class Backend(Protocol):
    """Blobs by digest. A blob is there as a whole or not at all, and never changes."""

    def batch(self) -> AbstractContextManager[Batch]:
        """What is put in it appears at its end; nothing of it, when it ends with an error such as StoreFull."""
        ...

    def put(self, source: BinaryIO, digest: str | None = None) -> tuple[str, int]:
        """A batch of one."""
        ...

    def open(self, digest: str) -> BinaryIO:
        """The blob's bytes from the start, seekable. Raises ArtifactNotFound."""
        ...

    def fetch(self, digest: str, target: Path) -> None:
        """Write the blob to `target`, a plain file of its own. Raises ArtifactNotFound, DigestMismatch."""
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
