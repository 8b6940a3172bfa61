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


def lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The complete lines of a byte stream; LF, CRLF and CR end a line. An unfinished last line is dropped."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    rest, after_cr = "", False
    for chunk in chunks:
        text = decoder.decode(chunk)
        if not text:
            continue
        if after_cr and text.startswith("\n"):
            text = text[1:]
        after_cr = text.endswith("\r") if text else False
        *whole, rest = (rest + text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        yield from whole


def events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """The events of a byte stream; an event without data is passed over unless it has a name of its own."""
    name, data, last_id = "", list[str](), ""
    for line in lines(chunks):
        if line == "":
            if data or name:
                yield Event(name or "message", "\n".join(data), last_id)
            name, data = "", []
            continue
        key, colon, value = line.partition(":")
        value = value.removeprefix(" ") if colon else ""
        if key == "event":
            name = value
        elif key == "data":
            data.append(value)
        elif key == "id" and "\0" not in value:
            last_id = value
