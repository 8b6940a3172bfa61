"""The rows of a file, one at a time: JSON lines, a JSON array, CSV and TSV; of a Parquet file see `parquet`.

A reader gives (line, content) for every row, with a DatasetRefused as content where the row alone is broken and the
next one can still be read; what spoils the rest of the file is raised. At most one row of MAX_LINE bytes is held.
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any, Literal, NoReturn, Protocol

from aird.core.errors import Refused

MAX_LINE = 1024 * 1024
MOST_COLUMNS = 200
WINDOW = 64 * 1024
Encoding = Literal["utf-8", "gb18030", "windows-1252"]
Row = tuple[int, "dict[str, Any] | DatasetRefused"]

_binary = (
    (b"PK", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PAR1", "a Parquet file; call it .parquet"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite", "a database"),
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"\xff\xfe", "in UTF-16"),
    (b"\xfe\xff", "in UTF-16"),
)
# Columns of a table whose cells may be JSON.
_structured = frozenset(
    {"messages", "conversations", "choices", "history", "prompt", "completion", "chosen", "rejected"}
)
_dark = re.compile(r"[^ \t\r\n]")
_truth = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


class Stream(Protocol):
    """What is read of a file."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes, none at the end."""
        ...

    def readline(self, size: int, /) -> bytes:
        """A line, or its first bytes when it is longer."""
        ...


class DatasetRefused(Refused):
    """This file cannot be taken in as a data set

    `params["reason"]` is a stable word for the cause, `params["line"]` the line, counted from 1 (0: the whole
    file).
    """

    def __init__(self, message: str, *, reason: str, line: int = 0) -> None:
        super().__init__(f"Line {line}: {message}" if line else message, reason=reason, line=line)
        self.plain = message


def json_lines(stream: Stream, encoding: Encoding = "utf-8") -> Iterator[Row]:
    """One JSON object a line; blank lines are passed over."""
    for number, raw in _lines(stream):
        if raw.strip():
            try:
                yield number, _object(_decoded(raw, number, encoding), number)
            except DatasetRefused as error:
                if error.params["reason"] == "not_utf8":
                    raise
                yield number, error


def json_array(stream: Stream, encoding: Encoding = "utf-8") -> Iterator[Row]:
    """One JSON array of objects, read piece by piece; a file of JSON lines is taken as such."""
    start = stream.read(WINDOW)
    plain = _start(start)
    if plain.lstrip().startswith(b"["):
        yield from _Array(_Again(plain, stream), encoding)
    else:
        yield from json_lines(_Again(plain, stream), encoding)


def table(stream: Stream, encoding: Encoding = "utf-8") -> Iterator[Row]:
    """CSV or TSV with a header: every row is an object of its filled cells."""
    line = 0

    def texts() -> Iterator[str]:
        nonlocal line
        for line, raw in _lines(stream):
            yield _decoded(raw, line, encoding)

    source = texts()
    header = next((text for text in source if text.strip()), "")
    delimiter = max(",;\t|", key=lambda each: len(next(csv.reader([header], delimiter=each), [])))
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
    _check_header(names, max(line, 1))
    csv.field_size_limit(MAX_LINE)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        first = line + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise DatasetRefused(
                f"the row that begins here cannot be read ({error}). Put cells with quotes or line breaks into "
                'double quotes, and double the quotes within ("").',
                reason="bad_csv",
                line=first,
            ) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield first, _row(names, cells, first)


def _check_header(names: list[str], line: int) -> None:
    if not any(names):
        _refuse(0, "empty", "the file has no items. The first line names the columns.")
    if len(names) > MOST_COLUMNS:
        _refuse(line, "bad_header", f"it names {len(names)} columns; at most {MOST_COLUMNS} are read.")
    if "" in names or len(set(names)) != len(names):
        _refuse(line, "bad_header", "every column needs a name of its own; one is empty or stands there twice.")


def _row(names: list[str], cells: list[str], line: int) -> "dict[str, Any] | DatasetRefused":
    if len(cells) != len(names):
        return DatasetRefused(
            f"it has {len(cells)} cells, but the header names {len(names)}. Quote cells that hold the delimiter.",
            reason="bad_csv",
            line=line,
        )
    found: dict[str, Any] = {name: cell for name, cell in zip(names, cells, strict=True) if cell.strip()}
    try:
        for name in _structured & found.keys():
            if found[name].lstrip().startswith(("[{", "[ {", '["', "[[")):
                found[name] = _value(found[name], line)
    except DatasetRefused as error:
        return error
    if found.get("answer", "").strip().isascii() and found.get("answer", "").strip().isdigit() and "choices" in found:
        found["answer"] = int(found["answer"][:9])
    if "label" in found:
        found["label"] = _truth.get(found["label"].strip().lower(), found["label"])
    return found


class _Again:
    """A stream whose beginning was read already."""

    def __init__(self, start: bytes, rest: Stream) -> None:
        self._start, self._rest = io.BytesIO(start), rest

    def readline(self, size: int, /) -> bytes:
        line = self._start.readline(size)
        return line if line.endswith(b"\n") or len(line) == size else line + self._rest.readline(size - len(line))

    def read(self, size: int, /) -> bytes:
        return self._start.read(size) or self._rest.read(size)


class _Array:
    """The elements of a JSON array, decoded from a window of text that is refilled as it goes."""

    def __init__(self, stream: Stream, encoding: Encoding) -> None:
        self._stream, self._encoding = stream, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._text, self._at, self._line, self._more = "", 0, 1, True

    def __iter__(self) -> Iterator[Row]:
        self._next()  # the opening bracket
        self._move(1)
        first = True
        while (here := self._next()) != "]":
            if not first:
                if here != ",":
                    _refuse(self._line, "not_json", "after an item comes ',' or the ']' that ends the array.")
                self._move(1)
                self._next()
            first = False
            yield self._element()
        self._move(1)
        if self._next():
            _refuse(self._line, "not_json", "something follows the end of the array. Remove it.")

    def _next(self) -> str:
        """Move to the next character that is no white space; "" at the end."""
        while True:
            found = _dark.search(self._text, self._at)
            self._move((found.start() if found else len(self._text)) - self._at)
            if found:
                return found.group()
            if not self._fill():
                return ""

    def _move(self, count: int) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def _fill(self) -> bool:
        if not self._more:
            return False
        chunk = self._stream.read(WINDOW)
        self._more = bool(chunk)
        try:
            text = self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            _not_encoded(self._line + self._text.count("\n", self._at), self._encoding)
        self._text, self._at = self._text[self._at :] + text, 0
        return self._more

    def _element(self) -> Row:
        line, wanted = self._line, 1
        while True:
            while len(self._text) - self._at < wanted and self._fill():
                pass
            try:
                content, end = _decoder(line).raw_decode(self._text, self._at)
                found: dict[str, Any] | DatasetRefused = _checked(content, line)
            except DatasetRefused as error:
                found, end = error, self._beyond(error)
            except RecursionError:
                _refuse(line, "too_deep", "it nests hundreds of levels deep. Write a plain item.")
            except ValueError as error:
                held = len(self._text) - self._at
                if not self._more or held > MAX_LINE:
                    _broken(error, line, too_long=held > MAX_LINE)
                wanted = 2 * held + 1  # so that a long item is not tried again for every piece that comes
                continue
            if end - self._at > MAX_LINE:
                found = DatasetRefused(
                    f"the item is longer than {MAX_LINE} characters. Shorten or split it.",
                    reason="line_too_long",
                    line=line,
                )
            self._move(end - self._at)
            return line, found

    def _beyond(self, error: DatasetRefused) -> int:
        """Where an element ends whose content is refused; raises where the element itself is broken."""
        try:
            return json.JSONDecoder().raw_decode(self._text, self._at)[1]
        except (ValueError, RecursionError):
            raise error from None


def _broken(error: ValueError, line: int, *, too_long: bool) -> NoReturn:
    if too_long:
        _refuse(line, "line_too_long", f"the item is longer than {MAX_LINE} characters, or it has no end.")
    _refuse(line, "not_json", f"it is not a whole JSON value ({str(error)[:120]}). Close every item and the array.")


def _lines(stream: Stream) -> Iterator[tuple[int, bytes]]:
    """(number, line) of each line, holding at most one line of the allowed length."""
    number = 0
    while raw := stream.readline(MAX_LINE + 2):
        number += 1
        if number == 1:
            raw = _start(raw)
        if len(raw.rstrip(b"\r\n")) > MAX_LINE:
            _refuse(number, "line_too_long", f"it is longer than {MAX_LINE} bytes. Shorten or split the item.")
        yield number, raw


def _start(raw: bytes) -> bytes:
    for magic, kind in _binary:
        if raw.startswith(magic):
            reason = "not_utf8" if "UTF-16" in kind else "not_text"
            _refuse(1, reason, f"the file is {kind}. Upload plain text in UTF-8.")
    return raw.removeprefix(b"\xef\xbb\xbf")


def _decoded(raw: bytes, number: int, encoding: Encoding) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        _not_encoded(number, encoding, f"byte {error.start + 1}")


def _not_encoded(number: int, encoding: Encoding, what: str = "it") -> NoReturn:
    advice = "Save the file as UTF-8, or say its encoding (gb18030, windows-1252)."
    _refuse(number, "not_utf8", f"{what} is not {encoding.upper()}. {advice}")


def _decoder(number: int) -> json.JSONDecoder:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(items)
        if len(content) != len(items):
            _refuse(number, "double_key", "the same field stands there twice. Keep one.")
        return content

    def constant(name: str) -> NoReturn:
        _refuse(number, "not_json", f"{name} is not JSON. Write a number or text.")

    return json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant)


def _value(text: str, number: int) -> Any:
    try:
        return _decoder(number).decode(text)
    except json.JSONDecodeError as error:
        array = number == 1 and text.lstrip().startswith("[")
        advice = "Call a file that is one JSON array .json." if array else "Write one object a line."
        _refuse(number, "not_json", f"it is not a whole JSON value ({error.msg}). {advice}")
    except RecursionError:
        _refuse(number, "too_deep", "it nests hundreds of levels deep. Write a plain item.")
    except ValueError:
        _refuse(number, "not_json", "it contains a number with thousands of digits. Correct it.")


def _object(text: str, number: int) -> dict[str, Any]:
    return _checked(_value(text, number), number)


def _checked(content: Any, number: int) -> dict[str, Any]:
    if not isinstance(content, dict):
        _refuse(number, "not_an_object", 'it is not a JSON object. Write an item such as {"messages": [...]}.')
    return content


def _refuse(line: int, reason: str, message: str) -> NoReturn:
    raise DatasetRefused(message, reason=reason, line=line)
