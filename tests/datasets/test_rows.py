"""Every kind of file, read row by row; what is broken is said with its line, whatever it holds."""

import io
import json
from typing import Any

import pytest

from aird.datasets.rows import MAX_LINE, DatasetRefused, json_array, table

ROWS = [{"text": "a"}, {"text": 'Müller, "so"\n, \'; \t|'}, {"text": "x" * 70_000}]


def array(raw: bytes) -> list[Any]:
    return [content for _, content in json_array(io.BytesIO(raw))]


def csv(raw: bytes, **more: Any) -> list[Any]:
    return [content for _, content in table(io.BytesIO(raw), **more)]


def reason(found: Any) -> tuple[str, int]:
    assert isinstance(found, DatasetRefused)
    assert len(found.message) < 500
    return found.params["reason"], found.params["line"]


@pytest.mark.parametrize("indent", [None, 0, 2])
def test_a_json_array_is_read_however_it_is_written(indent: int | None) -> None:
    assert array(json.dumps(ROWS, indent=indent).encode()) == ROWS
    assert array(b"\xef\xbb\xbf \n" + json.dumps(ROWS, indent=indent, ensure_ascii=False).encode() + b"\n ") == ROWS
    assert array(b"[]") == []


def test_a_json_file_of_lines_is_read_as_lines() -> None:
    assert array(b"\xef\xbb\xbf" + b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)) == ROWS


def test_an_item_that_is_none_is_refused_and_the_next_one_read() -> None:
    long = b'{"text": "' + b"x" * MAX_LINE + b'"}'
    found = array(b'[\n{"text": "a"},\n7,\n{"a": 1, "a": 2},\n' + long + b',\n{"text": "b"}]')
    assert (found[0], found[4]) == ({"text": "a"}, {"text": "b"})
    whys = [("not_an_object", 3), ("double_key", 4), ("line_too_long", 5)]
    assert [reason(each) for each in found[1:4]] == whys


@pytest.mark.parametrize(
    ("raw", "why", "line"),
    [
        (b'[{"text": "a"}', "not_json", 1),
        (b'[{"text": "a"},', "not_json", 1),
        (b'[{"text": "a"},]', "not_json", 1),
        (b'[{"text": "a"}\n{"text": "b"}]', "not_json", 2),
        (b'[{"text": "a"}]\n[]', "not_json", 2),
        (b'[\n\n{"text": "a', "not_json", 3),
        (b'[{"text": "' + b"x" * (3 * MAX_LINE), "line_too_long", 1),
        (b'[{"a":' + b'{"a":' * 100_000, "too_deep", 1),
        (b'[{"text": "\xff"}]', "not_utf8", 1),
        (b"\xff\xfe[\x00", "not_utf8", 1),
        (b"PK\x03\x04", "not_text", 1),
        (b"\x1f\x8b\x08", "not_text", 1),
    ],
)
def test_a_broken_array_is_refused_with_its_line(raw: bytes, why: str, line: int) -> None:
    with pytest.raises(DatasetRefused) as refusal:
        array(raw)
    assert reason(refusal.value) == (why, line)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_by_its_header_whatever_its_delimiter(delimiter: str) -> None:
    raw = f'prompt{delimiter}completion\n"How, so; why"{delimiter}"Two\nlines, and ""quotes"""\n\n'
    wanted = [{"prompt": "How, so; why", "completion": 'Two\nlines, and "quotes"'}]
    assert csv(b"\xef\xbb\xbf" + raw.encode()) == wanted
    assert csv(raw.replace("\n", "\r\n").encode()) == [{**wanted[0], "completion": 'Two\r\nlines, and "quotes"'}]


def test_cells_may_hold_what_a_json_file_would() -> None:
    raw = b'id,messages,choices,answer\nq1,"[{""role"": ""user"", ""content"": ""?""}]","[""a"", ""b""]",1\n'
    [row] = csv(raw)
    assert row == {"id": "q1", "messages": [{"role": "user", "content": "?"}], "choices": ["a", "b"], "answer": 1}
    assert csv(b"prompt,completion,label\na,b,TRUE\nc,d,0\n")[1]["label"] is False


def test_a_row_with_too_many_cells_is_refused_and_the_next_one_read() -> None:
    found = csv(b"prompt,completion\na,b,c\nd,e\nf\n")
    assert found[1] == {"prompt": "d", "completion": "e"}
    assert [reason(found[0]), reason(found[2])] == [("bad_csv", 2), ("bad_csv", 4)]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"text,text\na,b\n", "bad_header"),
        (b"text,\na,b\n", "bad_header"),
        (",".join(f"c{n}" for n in range(300)).encode() + b"\n", "bad_header"),
        (b'text\n"never closed\n' + b"x" * 2000 + b"\n", "bad_csv"),
        (b'text\n"a"b\n', "bad_csv"),
        (b'text\n"' + b"y\n" * MAX_LINE, "bad_csv"),
        (b"text\n" + b"x" * (MAX_LINE + 9), "line_too_long"),
        (b"text\ncaf\xe9\n", "not_utf8"),
        (b"text\nfine\n\xd6\xd0\xce\xc4\n", "not_utf8"),
        (b"\xff\xfet\x00", "not_utf8"),
        (b"PAR1....", "not_text"),
    ],
)
def test_a_broken_table_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(DatasetRefused) as refusal:
        csv(raw)
    assert reason(refusal.value)[0] == why


def test_another_encoding_is_read_when_it_is_named() -> None:
    assert csv("text\n中文\n".encode("gb18030"), encoding="gb18030") == [{"text": "中文"}]
    assert csv(b"text\ncaf\xe9\n", encoding="windows-1252") == [{"text": "café"}]
    with pytest.raises(DatasetRefused):
        csv(b"text\n\xff\xff\n", encoding="gb18030")
