"""A journal beside a file that grows: after a kill the file is cut to what is known to be whole, and goes on there.

Every line tells up to which byte the file was written, how many tensors that are, the checksum of the bytes since the
line before, and a note of the writer's own. A line is believed when the bytes in the file have that checksum; the first
that is torn or does not agree ends what is kept. A journal of other work, by its key, is started anew.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line that was believed: bytes of the file, tensors in it, the note."""

    end: int
    tensors: int
    note: Any


class Journal:
    """The journal at `path` of the work that `key` names. Use `resume` once, then `mark` after each piece of work."""

    def __init__(self, path: Path, key: str) -> None:
        self._path, self._key = path, key
        self.notes: list[Any] = []
        """The notes of what an earlier run has done, in its order."""

    def resume(self, target: Path, head: bytes) -> tuple[BinaryIO, int]:
        """The open file, which begins with `head`, at the end of what is whole; and how many tensors that is."""
        first = json.dumps({"key": self._key, "head": hashlib.sha256(head).hexdigest()}).encode() + b"\n"
        lines = self._path.read_bytes().splitlines(keepends=True) if self._path.is_file() else []
        known = bool(lines) and lines[0] == first and target.is_file()
        file: BinaryIO = target.open("r+b" if known else "w+b")
        try:
            marks = _believed(file, head, lines[1:]) if known else []
            if not marks:
                file.seek(0)
                file.write(head)
            file.truncate(marks[-1].end if marks else len(head))
            file.seek(0, os.SEEK_END)
            file.flush()
            self._path.write_bytes(b"".join([first, *lines[1 : 1 + len(marks)]]))
        except BaseException:
            file.close()
            raise
        self.notes = [mark.note for mark in marks]
        return file, marks[-1].tensors if marks else 0

    def mark(self, end: int, tensors: int, checksum: str, note: Any) -> None:
        """Note that the file is whole up to byte `end`. The bytes must have left this process."""
        line = json.dumps({"end": end, "tensors": tensors, "sum": checksum, "note": note})
        with self._path.open("ab") as journal:
            journal.write(line.encode() + b"\n")


def _believed(file: BinaryIO, head: bytes, lines: list[bytes]) -> list[_Mark]:
    if file.read(len(head)) != head:
        return []
    marks: list[_Mark] = []
    at = len(head)
    for line in lines:
        try:
            told = json.loads(line)
            mark = _Mark(told["end"], told["tensors"], told["note"])
            whole = line.endswith(b"\n") and _checksum(file, mark.end - at) == told["sum"]
        except (ValueError, KeyError, TypeError):
            break
        if not whole:
            break
        marks.append(mark)
        at = mark.end
    return marks


def _checksum(file: BinaryIO, count: int) -> str:
    """The checksum of the next `count` bytes; of fewer when the file ends before."""
    found = checksum()
    while count > 0:
        block = file.read(min(count, BLOCK))
        if not block:
            break
        found.update(block)
        count -= len(block)
    return found.hexdigest()


def checksum() -> hashlib.blake2b:
    """What sums up the bytes between two marks."""
    return hashlib.blake2b(digest_size=20)
