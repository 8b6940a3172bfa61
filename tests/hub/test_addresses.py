"""Addresses are decoded once, segment by segment; commits come apart while they arrive; ranges as RFC 9110 has them."""

import base64
import json

import pytest

from aird.core.ranges import Span, wanted
from aird.hub.addresses import SLASH, decoded, is_path, plain
from aird.hub.ndjson import CommitUnreadable, Line, Lines, Piece


def test_a_slash_inside_a_segment_stays_inside_it() -> None:
    assert decoded(b"/hf/api/models/a/b/tree/try%2Fwords") == f"/hf/api/models/a/b/tree/try{SLASH}words"
    assert plain(f"try{SLASH}words") == "try/words"


@pytest.mark.parametrize(
    "raw", [b"/a/%00", b"/a/%1f", b"/a/b%0d%0aX-Header: x", b"/a/%ff%fe", b"/a/%7f", b"/" + b"a" * 9000]
)
def test_an_address_that_is_none_is_refused(raw: bytes) -> None:
    assert decoded(raw) is None


@pytest.mark.parametrize(
    "written", ["..%2fx", "%252e%252e%252fx", "%2e%2e/x", "a%5cb", "a%2F..%2Fb", "%c3%a9.json", "a%20b", "/etc/passwd"]
)
def test_no_hostile_path_is_a_path_of_a_model(written: str) -> None:
    found = decoded(written.encode())
    assert found is not None
    assert not is_path(plain(found))


def test_ordinary_paths_are_paths() -> None:
    assert is_path("config.json")
    assert is_path(".eval_results/x.yaml")


def _run(raw: bytes, size: int) -> list[tuple[dict[str, object], bytes]]:
    """Lines with the content that came before each, fed in chunks of `size`."""
    lines, found, content = Lines(), list[tuple[dict[str, object], bytes]](), b""
    events = [event for at in range(0, len(raw), size) for event in lines.feed(raw[at : at + size])]
    for event in [*events, *lines.end()]:
        if isinstance(event, Piece):
            content += event.data
        else:
            found.append((event.value, content))
            content = b""
    return found


DATA = bytes(range(256)) * 5 + b"\xff\xff\xfe"


def _commit() -> bytes:
    tricky = 'a "content": "in words"'
    header = {"key": "header", "value": {"summary": tricky, "description": "\n"}}
    file = {"key": "file", "value": {"content": base64.b64encode(DATA).decode(), "path": "x", "encoding": "base64"}}
    empty = {"key": "file", "value": {"content": "", "path": "y", "encoding": "base64"}}
    return b"".join(json.dumps(each).encode() + b"\n" for each in (header, file, empty))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000, 10**6])
def test_a_commit_comes_apart_the_same_in_whatever_pieces_it_arrives(size: int) -> None:
    header, file, empty = _run(_commit(), size)
    assert header[0]["value"] == {"summary": 'a "content": "in words"', "description": "\n"}
    assert file == ({"key": "file", "value": {"content": "", "path": "x", "encoding": "base64"}}, DATA)
    assert empty[1] == b""


@pytest.mark.parametrize("size", [1, 5, 10**6])
def test_escaped_slashes_in_base64_are_slashes(size: int) -> None:
    raw = _commit().replace(b"/", b"\\/")
    assert _run(raw, size)[1][1] == DATA


def test_no_piece_is_larger_than_what_arrived() -> None:
    lines = Lines()
    pieces = [each for each in lines.feed(_commit()[:600]) if isinstance(each, Piece)]
    assert pieces
    assert all(len(each.data) < 600 for each in pieces)


@pytest.mark.parametrize(
    "raw",
    [
        b"[]\n",
        b"{\n",
        b"nonsense",
        b'{"key": "file", "value": {"content": "%%%%"}}\n',
        b'{"key": "file", "value": {"content": "AAA"}}\n',
        b'{"key": "file", "value": {"content": "AA==AAAA"}}\n',
        b'{"key": "file", "value": {"content": "AAAA',
        b'{"a": "' + b"x" * 300_000 + b'"}\n',
        b"[" * 100_000 + b"\n",
    ],
)
@pytest.mark.parametrize("size", [3, 10**6])
def test_what_is_no_commit_is_refused(raw: bytes, size: int) -> None:
    with pytest.raises(CommitUnreadable):
        _run(raw, size)


def test_lines_are_numbered_and_empty_ones_left_out() -> None:
    lines = Lines()
    found = [*lines.feed(b'\n{"a": 1}\n\n{"b": 2}'), *lines.end()]
    assert found == [Line(2, {"a": 1}), Line(4, {"b": 2})]


@pytest.mark.parametrize(
    ("header", "span"),
    [
        (None, Span(0, 100, partial=False)),
        ("bytes=0-9", Span(0, 10, partial=True)),
        ("bytes=90-", Span(90, 100, partial=True)),
        ("bytes=90-1000", Span(90, 100, partial=True)),
        ("bytes=-10", Span(90, 100, partial=True)),
        ("bytes=-1000", Span(0, 100, partial=True)),
        ("bytes=100-", None),
        ("bytes=-0", None),
        ("bytes=9-1", Span(0, 100, partial=False)),
        ("bytes=0-1,5-6", Span(0, 100, partial=False)),
        ("bytes=-", Span(0, 100, partial=False)),
        ("lines=1-2", Span(0, 100, partial=False)),
    ],
)
def test_the_part_that_is_asked_for(header: str | None, span: Span | None) -> None:
    assert wanted(header, 100) == span
