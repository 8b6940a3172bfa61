"""What an artifact consists of: file paths with sizes and digests. Pure.

The digest of an artifact is the sha256 of its manifest's canonical JSON, so it names every byte of every file.
"""

import hashlib
import json
import re
from dataclasses import dataclass

from aird.store.errors import DigestMismatch

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
SAFE_PATH = re.compile(r"(?!.*(^|/)\.{1,2}(/|$))[A-Za-z0-9_.][A-Za-z0-9._-]*(/[A-Za-z0-9_.][A-Za-z0-9._-]*){0,7}")


@dataclass(frozen=True, order=True)
class Entry:
    """One file: relative path, digest of its bytes, size in bytes."""

    path: str
    digest: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """The files of an artifact, sorted by path."""

    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, entries: list[Entry]) -> "Manifest":
        """Sorted and checked: no path twice, no path that leaves its folder."""
        paths = [entry.path for entry in entries]
        wrong = [path for path in paths if not SAFE_PATH.fullmatch(path)]
        if wrong or len(set(paths)) != len(paths):
            raise ValueError(f"not a manifest: {wrong or 'a path stands twice'}")
        return cls(tuple(sorted(entries)))

    @classmethod
    def parse(cls, raw: bytes) -> "Manifest":
        """Read what `to_json` wrote."""
        files = json.loads(raw)["files"]
        return cls.of([Entry(each["path"], each["digest"], each["size"]) for each in files])

    def to_json(self) -> bytes:
        """Canonical JSON: the same files give the same bytes everywhere."""
        files = [{"digest": each.digest, "path": each.path, "size": each.size} for each in self.entries]
        return json.dumps({"files": files, "format": 1}, sort_keys=True, separators=(",", ":")).encode()

    @property
    def digest(self) -> str:
        """The digest of the artifact."""
        return sha256(self.to_json())

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries)


def sha256(data: bytes) -> str:
    """`sha256:` and the hex digest of these bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def check_digest(digest: str) -> str:
    """The digest itself, or DigestMismatch when it is not one: no other string ever becomes part of a path."""
    if not DIGEST.fullmatch(digest):
        raise DigestMismatch(f"{digest[:80]!r} is not a digest; a digest reads sha256: and 64 hex digits.")
    return digest
