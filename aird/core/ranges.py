"""Which bytes of a file a Range header asks for (RFC 9110, section 14). Pure."""

import re
from dataclasses import dataclass

_range = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@dataclass(frozen=True)
class Span:
    """From `start` to before `end`; `partial` when it was asked for."""

    start: int
    end: int
    partial: bool


def wanted(header: str | None, size: int) -> Span | None:
    """The part that is asked for; the whole file without a range, or for one that is not understood.

    None when the file has no such bytes.
    """
    found = _range.fullmatch(header.strip()) if header else None
    if found is None or found[1] + found[2] == "":
        return Span(0, size, partial=False)
    if not found[1]:
        last = int(found[2])
        return Span(max(0, size - last), size, partial=True) if last and size else None
    start, end = int(found[1]), int(found[2]) + 1 if found[2] else size
    if start >= size:
        return None
    if end <= start:
        return Span(0, size, partial=False)
    return Span(start, min(end, size), partial=True)
