"""The lines of a commit, taken apart while they arrive: a file of 200 MB inside one is never held as a whole. Pure.

Clients send one JSON object per line. Files are base64 in the string `content`, which may be as large as the file; it
is decoded and handed on piece by piece, and the rest of the line is kept until the line's end.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aird.core.errors import BadInput

FRAME_BYTES = 256 * 1024
"""The most bytes of a line beside its content."""

MOST_LINES = 10_000
"""The most lines of one commit: what they say is kept until its end."""

_frame_end = re.compile(rb'["\n]')
_opening = re.compile(rb'"content"\s*:\s*"\Z')


class CommitUnreadable(BadInput):
    """The commit is not one JSON object per line"""


@dataclass(frozen=True)
class Piece:
    """Decoded bytes of the content of the line that is under way."""

    data: bytes


@dataclass(frozen=True)
class Line:
    """A whole line; its `content`, if it had one, came before as pieces."""

    number: int
    value: dict[str, Any]


class Lines:
    """`feed` it what arrives, `end` it at the end; both give pieces and lines in their order."""

    def __init__(self) -> None:
        self._frame = bytearray()
        self._content = False
        self._carry = b""
        self._padded = False
        self._number = 0

    def feed(self, chunk: bytes) -> Iterator[Piece | Line]:
        """Raises CommitUnreadable."""
        at = 0
        while at < len(chunk):
            if self._content:
                end = chunk.find(b'"', at)
                stop = len(chunk) if end < 0 else end
                if data := self._decode(chunk[at:stop], last=end >= 0):
                    yield Piece(data)
                if end < 0:
                    return
                self._content, at = False, end
                self._frame.append(chunk[at])
                at += 1
                continue
            end = self._next(chunk, at)
            self._frame += chunk[at:end]
            at = end
            if len(self._frame) > FRAME_BYTES:
                raise CommitUnreadable(f"Line {self._number + 1} has more than {FRAME_BYTES} bytes beside its content.")
            if self._frame.endswith(b"\n"):
                yield from self._line()
            elif _opening.search(self._frame, max(0, len(self._frame) - 64)):
                self._content, self._carry, self._padded = True, b"", False

    def _next(self, chunk: bytes, at: int) -> int:
        """Where the frame is to be looked at again: behind the next quote or line end."""
        found = _frame_end.search(chunk, at)
        return found.end() if found else len(chunk)

    def end(self) -> Iterator[Piece | Line]:
        """Raises CommitUnreadable when the last line is not whole."""
        if self._content:
            raise CommitUnreadable(f"The commit breaks off inside the content of line {self._number + 1}.")
        yield from self._line()

    def _line(self) -> Iterator[Line]:
        raw, self._frame = bytes(self._frame).strip(), bytearray()
        self._number += 1
        if self._number > MOST_LINES:
            raise CommitUnreadable(f"A commit may have {MOST_LINES} lines. Send it in several.")
        if not raw:
            return
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise CommitUnreadable(f"Line {self._number} of the commit is not a JSON object.")
        yield Line(self._number, value)

    def _decode(self, text: bytes, *, last: bool) -> bytes:
        data = (self._carry + text).replace(b"\\/", b"/")
        if data.endswith(b"\\") and not last:  # half of an escaped slash
            whole = (len(data) - 1) // 4 * 4
        else:
            whole = len(data) if last else len(data) // 4 * 4
        self._carry = data[whole:]
        if self._padded and data[:whole]:
            raise CommitUnreadable(f"The content of line {self._number + 1} goes on behind its padding.")
        self._padded = self._padded or data[:whole].endswith(b"=")
        try:
            return base64.b64decode(data[:whole], validate=True)
        except binascii.Error as error:
            raise CommitUnreadable(f"The content of line {self._number + 1} is not base64.") from error
