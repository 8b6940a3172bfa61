"""An uploaded file, row by row: what its items are, or which line is wrong and why.

One pass with one row in memory: `for line in Reading(rows)` gives every item in aird's own form, ready to
be written to the store, and afterwards `summary()` says what the file was. Items are, one JSON object a line:

- chat      {"messages": [..., {"role": "assistant", ...}]}
- prompt    {"messages": [..., {"role": "user", ...}]}
- exam      {"id", "messages", "choices", "answer"} or {"id", "messages", "target"}
- text      {"text": "..."}; among them chat items, as pre-training mixes them

and, turned into these, the layouts of `foreign`: Alpaca, ShareGPT, TRL.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from aird.datasets.items import Item, ItemRefused, Kind
from aird.datasets.layouts import AS_IT_IS, Layout
from aird.datasets.rows import DatasetRefused, Row, Stream, json_lines

Format = Literal["chat", "prompt", "exam", "text"]
MAX_ITEMS = 5_000_000
MAX_EXAM_ITEMS = 100_000
PREVIEW = 5
SHOWN_REFUSED = 20


@dataclass(frozen=True)
class Summary:
    """What a file was; `converted` counts items by foreign layout, `dropped` fields that were left out, `left_out` rows
    that say themselves that they are not to be learnt. `refused` holds the first of `refused_rows`."""

    format: Format
    items: int
    characters: int
    bytes: int
    first: tuple[dict[str, Any], ...]
    converted: dict[str, int]
    dropped: dict[str, int]
    left_out: int = 0
    refused_rows: int = 0
    refused: tuple[DatasetRefused, ...] = ()


class Reading:
    """The items of a file's rows as canonical lines, each ending in a newline; raises DatasetRefused.

    To be iterated once, to the end; only then has the file been checked, and only then is there a summary. A `lenient`
    reading goes on after a row that is refused, and keeps the first of them.
    """

    def __init__(self, rows: Iterable[Row], layout: Layout = AS_IT_IS, *, lenient: bool = False) -> None:
        self._rows, self._layout, self._lenient = rows, layout, lenient
        self._finished = False
        self._first_line: dict[Kind, int] = {}
        self._ids: set[str] = set()
        self._items = self._characters = self._bytes = 0
        self._first: list[dict[str, Any]] = []
        self._converted: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._left_out = self._refused_rows = 0
        self._refused: list[DatasetRefused] = []

    def __iter__(self) -> Iterator[bytes]:
        for _, line in self.pairs():
            yield line

    def pairs(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        """(item, its canonical line) of every item."""
        for _, item in self.items():
            line = json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            self._bytes += len(line)
            yield item, line

    def items(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """(line, item) of every item."""
        for number, content in self._rows:
            try:
                if isinstance(content, DatasetRefused):
                    raise content
                item = self._take(content, number)
            except DatasetRefused as error:
                if not self._lenient:
                    raise
                self._refused_rows += 1
                if len(self._refused) < SHOWN_REFUSED:
                    self._refused.append(error)
                continue
            if item is None:
                self._left_out += 1
            else:
                yield number, item
        if not self._items and not self._refused:
            raise DatasetRefused("The file has no items. Write one JSON object a line.", reason="empty")
        self._finished = True

    def summary(self, *, whole: bool = True) -> Summary:
        """What was read; ValueError before the end has been reached, unless a part will do."""
        if whole and not self._finished:
            raise ValueError("the file has not been read to its end")
        kinds = self._first_line.keys()
        return Summary(
            format="text" if "text" in kinds else next(iter(kinds), "chat"),
            items=self._items,
            characters=self._characters,
            bytes=self._bytes,
            first=tuple(self._first),
            converted=dict(self._converted),
            dropped=dict(self._dropped),
            left_out=self._left_out,
            refused_rows=self._refused_rows,
            refused=tuple(self._refused),
        )

    def _take(self, content: dict[str, Any], number: int) -> dict[str, Any] | None:
        try:
            found: Item | None = self._layout.read(content)
        except ItemRefused as error:
            raise DatasetRefused(str(error), reason=error.reason, line=number) from None
        if found is None:
            return None
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
            self._first_line.pop(kind)
            other = next(iter(self._first_line))
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


def inspect(stream: Stream) -> Summary:
    """Check a whole file of JSON lines and only say what it is; raises DatasetRefused."""
    reading = Reading(json_lines(stream))
    for _ in reading:
        pass
    return reading.summary()


def _name(kind: Kind) -> str:
    return {"chat": "a chat item", "prompt": "a prompt", "exam": "an exam item", "text": "a text item"}[kind]


def _refuse(line: int, reason: str, message: str) -> NoReturn:
    raise DatasetRefused(message, reason=reason, line=line)
