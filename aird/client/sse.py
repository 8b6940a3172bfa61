"""Server-sent events, as the HTML standard interprets an event stream (section 9.2.6). Pure.

The lines are cut here and not by httpx: its `iter_lines` also cuts at U+2028 and other separators that may
stand inside the data.
"""

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """One event of the stream; `id` is the last id seen, which the reader sends back to go on from there."""

    event: str
    data: str
    id: str


class Lines:
    """Cuts a byte stream into complete lines; LF, CRLF and CR end a line. An unfinished last line is dropped."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest, self._after_cr = "", False

    def feed(self, chunk: bytes) -> list[str]:
        """The lines that this chunk completes."""
        text = self._decoder.decode(chunk)
        if not text:
            return []
        if self._after_cr and text.startswith("\n"):
            text = text[1:]
        self._after_cr = text.endswith("\r")
        *whole, self._rest = (self._rest + text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return whole


class Parser:
    """Reads events; an event without data is passed over unless it has a name of its own."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._name, self._data, self._last_id = "", list[str](), ""

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that this chunk completes."""
        return [event for line in self._lines.feed(chunk) if (event := self._take(line))]

    def _take(self, line: str) -> Event | None:
        if line == "":
            name, data = self._name, self._data
            self._name, self._data = "", []
            return Event(name or "message", "\n".join(data), self._last_id) if data or name else None
        key, colon, value = line.partition(":")
        value = value.removeprefix(" ") if colon else ""
        if key == "event":
            self._name = value
        elif key == "data":
            self._data.append(value)
        elif key == "id" and "\0" not in value:
            self._last_id = value
        return None


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The complete lines of a byte stream."""
    cut = Lines()
    return (line for chunk in chunks for line in cut.feed(chunk))


def events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """The events of a byte stream."""
    parser = Parser()
    return (event for chunk in chunks for event in parser.feed(chunk))
