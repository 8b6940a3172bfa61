"""An uploaded JSONL file, line by line: what its items are, or which line is wrong and why.

One pass with one line in memory: `for line in Reading(stream)` gives every item in aird's own form, ready to
be written to the store, and afterwards `summary()` says what the file was. Items are, one JSON object a line:

- chat      {"messages": [..., {"role": "assistant", ...}]}
- prompt    {"messages": [..., {"role": "user", ...}]}
- exam      {"id", "messages", "choices", "answer"} or {"id", "messages", "target"}
- text      {"text": "..."}; among them chat items, as pre-training mixes them

and, turned into chat items, Alpaca (instruction, input, output) and ShareGPT (conversations of from and
value).
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, NoReturn

from aird.core.errors import Refused
from aird.datasets.items import ItemRefused, Kind, read_item

Format = Literal["chat", "prompt", "exam", "text"]
MAX_LINE = 1024 * 1024
MAX_ITEMS = 5_000_000
MAX_EXAM_ITEMS = 100_000
PREVIEW = 5

_binary = (
    (b"PK", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite", "a database"),
    (b"%PDF", "a PDF"),
)


class DatasetRefused(Refused):
    """This file cannot be taken in as a data set

    `params["reason"]` is a stable word for the cause, `params["line"]` the line, counted from 1 (0: the whole
    file).
    """

    def __init__(self, message: str, *, reason: str, line: int = 0) -> None:
        super().__init__(f"Line {line}: {message}" if line else message, reason=reason, line=line)


@dataclass(frozen=True)
class Summary:
    """What a file was; `converted` counts items by foreign layout, `dropped` fields that were left out."""

    format: Format
    items: int
    characters: int
    bytes: int
    first: tuple[dict[str, Any], ...]
    converted: dict[str, int]
    dropped: dict[str, int]


class Reading:
    """The items of a JSONL stream as canonical lines, each ending in a newline; raises DatasetRefused.

    To be iterated once, to the end; only then has the file been checked, and only then is there a summary.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._finished = False
        self._first_line: dict[Kind, int] = {}
        self._ids: set[str] = set()
        self._items = self._characters = self._bytes = 0
        self._first: list[dict[str, Any]] = []
        self._converted: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()

    def __iter__(self) -> Iterator[bytes]:
        for number, raw in _lines(self._stream):
            item = self._take(raw, number)
            line = json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            self._bytes += len(line)
            yield line
        if not self._items:
            raise DatasetRefused("The file has no items. Write one JSON object a line.", reason="empty")
        self._finished = True

    def summary(self) -> Summary:
        """What was read; ValueError before the end has been reached."""
        if not self._finished:
            raise ValueError("the file has not been read to its end")
        kinds = self._first_line.keys()
        return Summary(
            format="text" if "text" in kinds else next(iter(kinds)),
            items=self._items,
            characters=self._characters,
            bytes=self._bytes,
            first=tuple(self._first),
            converted=dict(self._converted),
            dropped=dict(self._dropped),
        )

    def _take(self, raw: bytes, number: int) -> dict[str, Any]:
        try:
            found = read_item(_object(raw, number))
        except ItemRefused as error:
            raise DatasetRefused(str(error), reason=error.reason, line=number) from None
        self._same_format(found.kind, number)
        self._items += 1
        if self._items > (MAX_EXAM_ITEMS if found.kind == "exam" else MAX_ITEMS):
            _refuse(number, "too_many_items", "there are more items than are taken in one file. Split the file.")
        if found.kind == "exam":
            self._new_id(found.item["id"], number)
        self._characters += found.characters
        self._dropped.update(found.dropped)
        if found.layout:
            self._converted[found.layout] += 1
        if len(self._first) < PREVIEW:
            self._first.append(found.item)
        return found.item

    def _same_format(self, kind: Kind, number: int) -> None:
        self._first_line.setdefault(kind, number)
        if len(self._first_line) > 1 and not self._first_line.keys() <= {"text", "chat"}:
            other = next(k for k in self._first_line if k != kind)
            _refuse(
                number,
                "mixed",
                f"this is {_name(kind)}, but line {self._first_line[other]} is {_name(other)}. One file"
                " holds one kind of"
                " item; put them into two files.",
            )

    def _new_id(self, identifier: str, number: int) -> None:
        if identifier in self._ids:
            _refuse(
                number,
                "double_id",
                f"the id '{identifier[:60]}' has been used before. Results are filed by id; make them different.",
            )
        self._ids.add(identifier)


def inspect(stream: BinaryIO) -> Summary:
    """Check a whole file and only say what it is; raises DatasetRefused."""
    reading = Reading(stream)
    for _ in reading:
        pass
    return reading.summary()


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """(number, line) of each line that is not blank, holding at most one line of the allowed length."""
    number = 0
    while raw := stream.readline(MAX_LINE + 2):
        number += 1
        if number == 1:
            raw = _start(raw)
        if len(raw.rstrip(b"\r\n")) > MAX_LINE:
            _refuse(number, "line_too_long", f"it is longer than {MAX_LINE} bytes. Shorten or split the item.")
        if raw.strip():
            yield number, raw


def _start(raw: bytes) -> bytes:
    for magic, kind in _binary:
        if raw.startswith(magic):
            _refuse(1, "not_text", f"the file is {kind}. Upload JSON lines as plain text.")
    return raw.removeprefix(b"\xef\xbb\xbf")


def _object(raw: bytes, number: int) -> dict[str, Any]:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(items)
        if len(content) != len(items):
            _refuse(number, "double_key", "the same field stands there twice. Keep one.")
        return content

    def constant(name: str) -> NoReturn:
        _refuse(number, "not_json", f"{name} is not JSON. Write a number or text.")

    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(number, "not_utf8", f"byte {error.start + 1} is not UTF-8. Save the file as UTF-8.")
    try:
        content = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        array = number == 1 and text.lstrip().startswith("[")
        advice = "The file is one JSON array; write one object a line instead." if array else "Write one object a line."
        _refuse(number, "not_json", f"it is not a whole JSON value ({error.msg}). {advice}")
    except RecursionError:
        _refuse(number, "too_deep", "it nests hundreds of levels deep. Write a plain item.")
    except ValueError:
        _refuse(number, "not_json", "it contains a number with thousands of digits. Correct it.")
    if not isinstance(content, dict):
        _refuse(number, "not_an_object", 'it is not a JSON object. Write an item such as {"messages": [...]}.')
    return content


def _name(kind: Kind) -> str:
    return {"chat": "a chat item", "prompt": "a prompt", "exam": "an exam item", "text": "a text item"}[kind]


def _refuse(line: int, reason: str, message: str) -> NoReturn:
    raise DatasetRefused(message, reason=reason, line=line)
