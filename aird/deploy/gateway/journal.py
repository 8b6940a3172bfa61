"""The gateway's journal: what it let through, what it covered, what it settled, in files that are only appended to.

A record is MAGIC, the length and the CRC-32 of its body, and the body, JSON. `open` stands before the runtime hears
of a request, `block` before the tokens that it covers are relayed, `close` before the end of the answer is. A journal
is a run of segments `<holder>.<number>.journal` beside `<holder>.lock`, which is locked while its process lives:
whoever can lock it knows that its writer is gone and may settle what that left behind. A record is in the machine's
memory when `append` returns, so it outlives the process; every 50 ms, or at once where the setting says so, it is on
the disk and outlives the machine.

Reading stops nowhere: bytes that are no record (a torn end, a flipped bit) are skipped up to the next MAGIC, and
counted.
"""

import fcntl
import os
import struct
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID, uuid4

import orjson

MAGIC = b"\xa1AJ1"
_HEAD = struct.Struct("<4sII")
SEGMENT_BYTES = 4 * 2**20
LARGEST = 2**16
"""No record is larger, in bytes."""

Body = dict[str, Any]


class JournalBroken(OSError):
    """The disk refused a record or lost one; nothing may be relied on until the process starts again."""


def frame(body: Body) -> bytes:
    """A record's bytes."""
    raw = orjson.dumps(body)
    return _HEAD.pack(MAGIC, len(raw), zlib.crc32(raw)) + raw


def read(data: bytes) -> tuple[list[Body], int]:
    """(records, bytes that were none)."""
    records: list[Body] = []
    at = skipped = 0
    while at < len(data):
        body, end = _record(data, at)
        if body is not None:
            records.append(body)
            at = end
            continue
        following = data.find(MAGIC, at + 1)
        following = len(data) if following < 0 else following
        skipped += following - at
        at = following
    return records, skipped


def _record(data: bytes, at: int) -> tuple[Body | None, int]:
    if at + _HEAD.size > len(data):
        return None, at
    magic, length, crc = _HEAD.unpack_from(data, at)
    end = at + _HEAD.size + length
    if magic != MAGIC or length > LARGEST or end > len(data):
        return None, at
    raw = data[at + _HEAD.size : end]
    if zlib.crc32(raw) != crc:
        return None, at
    found = orjson.loads(raw)
    return (found, end) if isinstance(found, dict) else (None, at)


@dataclass
class Segment:
    """One file, and how many requests that began in it are not in the ledger yet."""

    path: Path
    handle: BinaryIO
    size: int = 0
    pending: int = 0

    def __post_init__(self) -> None:
        self.file = self.handle.fileno()


@dataclass
class Journal:
    """One process's journal."""

    folder: Path
    segment_bytes: int = SEGMENT_BYTES
    holder: UUID = field(default_factory=uuid4)
    segments: list[Segment] = field(default_factory=list)
    _next: int = 0
    _broken: str = ""
    dirty: bool = False
    """Whether something was appended that is not on the disk yet."""
    _files: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        beginning = self.folder / f"{self.holder}.beginning"
        self._lock = _create(beginning)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        beginning.rename(self.folder / f"{self.holder}.lock")  # under this name it is never seen unlocked
        self._add_segment()

    def begin(self, body: Body) -> Segment:
        """Append an `open`; the segment has to be told when it is in the ledger. Raises JournalBroken."""
        segment = self.segments[-1]
        if segment.size >= self.segment_bytes:
            segment = self._add_segment()
        self.append(body)
        segment.pending += 1
        return segment

    def append(self, body: Body) -> None:
        """Append one record. Raises JournalBroken."""
        if self._broken:
            raise JournalBroken(self._broken)
        segment, raw = self.segments[-1], frame(body)
        try:
            written = os.write(segment.file, raw)
            if written != len(raw):
                raise OSError(f"{written} of {len(raw)} bytes were written")
        except OSError as error:
            # The next record must not stand behind half of this one.
            os.ftruncate(segment.file, segment.size)
            raise JournalBroken(str(error)) from error
        segment.size += len(raw)
        self.dirty = True

    def sync(self) -> None:
        """Bring what was appended to the disk. Raises JournalBroken, and from then on nothing is taken."""
        if not self.dirty:
            return
        self.dirty = False
        try:
            with self._files:
                for segment in self.segments[-2:]:
                    os.fdatasync(segment.handle.fileno())
        except OSError as error:  # what the disk did not take may be gone: asking again would hide that
            self._broken = str(error)
            raise JournalBroken(self._broken) from error

    def settled(self, segment: Segment) -> None:
        """One request of this segment is in the ledger; files that nothing needs any more go, the oldest first."""
        segment.pending -= 1
        while len(self.segments) > 1 and self.segments[0].pending == 0:
            with self._files:
                oldest = self.segments.pop(0)
                oldest.handle.close()
            oldest.path.unlink(missing_ok=True)

    def close(self, *, remove: bool) -> None:
        """Let go of it; with `remove` everything in it is in the ledger, and the files go."""
        with self._files:
            for segment in self.segments:
                segment.handle.close()
                if remove:
                    segment.path.unlink(missing_ok=True)
            self.segments = []
        if remove:
            (self.folder / f"{self.holder}.lock").unlink(missing_ok=True)
        self._lock.close()

    def _add_segment(self) -> Segment:
        path = self.folder / f"{self.holder}.{self._next:06d}.journal"
        self._next += 1
        self.segments.append(Segment(path, _create(path)))
        return self.segments[-1]


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab", buffering=0)


@dataclass(frozen=True)
class Left:
    """The journal of a process that is gone."""

    holder: UUID
    records: list[Body]
    skipped: int
    paths: tuple[Path, ...]

    def remove(self) -> None:
        """Everything of it is in the ledger: delete it, the oldest segment first and the lock last."""
        for path in self.paths:
            path.unlink(missing_ok=True)


def left_behind(folder: Path) -> Iterator[Left]:
    """The journals whose processes are gone, each locked while the caller looks at it."""
    for path in sorted(folder.glob("*.lock")):
        try:
            holder = UUID(path.stem)
            lock = path.open("r+b")
        except (ValueError, OSError):
            continue
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue  # its process lives
            segments = sorted(folder.glob(f"{holder}.*.journal"))
            records: list[Body] = []
            skipped = 0
            for segment in segments:
                found, lost = read(segment.read_bytes())
                records += found
                skipped += lost
            yield Left(holder, records, skipped, (*segments, path))
