import io
import json
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aird.datasets.intake import Reading, Summary, inspect
from aird.datasets.rows import MAX_LINE, DatasetRefused, json_lines

USER = {"role": "user", "content": "How?"}
ANSWER = {"role": "assistant", "content": "So."}
SYSTEM = {"role": "system", "content": "Be kind."}
CHAT = {"messages": [USER, ANSWER]}
PROMPT = {"messages": [USER]}
EXAM = {"id": "e1", "messages": [USER], "choices": ["a", "b"], "answer": 1}
TARGET = {"id": "e2", "messages": [USER], "target": "So."}
TEXT = {"text": "Once upon a time."}


def stream(*items: Any) -> io.BytesIO:
    return io.BytesIO(b"".join(i if isinstance(i, bytes) else json.dumps(i).encode() + b"\n" for i in items))


def read(*items: Any) -> tuple[list[dict[str, Any]], Summary]:
    reading = Reading(json_lines(stream(*items)))
    found = [json.loads(line) for line in reading]
    return found, reading.summary()


def refused(*items: Any) -> tuple[str, int]:
    with pytest.raises(DatasetRefused) as refusal:
        inspect(stream(*items))
    error = refusal.value
    assert (error.status, error.code) == (422, "dataset_refused")
    assert len(str(error)) < 500
    if error.params["line"]:
        assert str(error).startswith(f"Line {error.params['line']}: ")
    return error.params["reason"], error.params["line"]


@pytest.mark.parametrize(
    ("items", "format"),
    [
        ([CHAT, CHAT], "chat"),
        ([{"messages": [SYSTEM, USER, ANSWER, USER, ANSWER]}], "chat"),
        ([PROMPT], "prompt"),
        ([{"messages": [SYSTEM, USER, ANSWER, USER]}], "prompt"),
        ([EXAM, TARGET], "exam"),
        ([TEXT], "text"),
        ([CHAT, TEXT], "text"),
        ([TEXT, CHAT], "text"),
    ],
)
def test_each_format_is_recognised_and_kept(items: list[dict[str, Any]], format: str) -> None:
    found, summary = read(*items)
    assert found == items
    assert (summary.format, summary.items, list(summary.first)) == (format, len(items), items)
    assert summary.converted == summary.dropped == {}


def test_alpaca_items_become_chat_items() -> None:
    plain = {"instruction": "Add.", "input": "1 and 2", "output": "3", "text": "### Instruction ..."}
    long = {
        "instruction": "And now?",
        "input": "",
        "output": "4",
        "system": "Be kind.",
        "history": [["How?", "So."]],
    }
    found, summary = read(plain, long)
    assert found[0] == {"messages": [{"role": "user", "content": "Add.\n\n1 and 2"}, ANSWER | {"content": "3"}]}
    assert found[1] == {"messages": [SYSTEM, USER, ANSWER, USER | {"content": "And now?"}, ANSWER | {"content": "4"}]}
    assert (summary.converted, summary.dropped) == ({"alpaca": 2}, {"text": 1})


def test_sharegpt_conversations_become_chat_items() -> None:
    turns = [{"from": "human", "value": "How?"}, {"from": "gpt", "value": "So."}]
    found, summary = read({"id": "x", "conversations": turns}, {"system": "Be kind.", "conversations": turns})
    assert found == [CHAT, {"messages": [SYSTEM, USER, ANSWER]}]
    assert (summary.converted, summary.dropped) == ({"sharegpt": 2}, {"id": 1})


def test_the_canonical_form_is_the_same_for_the_same_items() -> None:
    spread = b'\xef\xbb\xbf\n  { "messages" : [ {"content":"H\\u00f6w?", "role":"user"} ] }\r\n\r\n'
    assert list(Reading(json_lines(io.BytesIO(spread)))) == [
        '{"messages":[{"role":"user","content":"Höw?"}]}\n'.encode()
    ]
    again = b"".join(Reading(json_lines(stream(CHAT, CHAT))))
    assert b"".join(Reading(json_lines(io.BytesIO(again)))) == again
    assert inspect(io.BytesIO(again)).bytes == len(again)


def test_the_last_line_needs_no_newline() -> None:
    assert inspect(io.BytesIO(json.dumps(TEXT).encode())).characters == 17


LINES: list[tuple[bytes, str]] = [
    *(
        (raw, "not_json")
        for raw in (b"{", b"{]", b'{"text": "a"} {"text": "b"}', b"text", b'{"text": NaN}', b"{'text': 1}")
    ),
    *(
        (raw, "not_json")
        for raw in (b'{"text": ' + b"9" * 5000 + b"}", b"[\n", b'{"text": "a\tb"}', b'{"text": Infinity}')
    ),
    *((raw, "not_an_object") for raw in (b"[]", b'"x"', b"7", b"null", b"true", b'[{"text": "a"}]')),
    (b'{"text": "caf\xe9"}', "not_utf8"),
    (b'\xff\xfe{\x00"\x00', "not_utf8"),
    (b'{"text": "a", "text": "b"}', "double_key"),
    (b'{"messages": [{"role": "user", "role": "system", "content": "x"}]}', "double_key"),
    (b'{"a":' * 20_000, "too_deep"),
    (b'{"text": "\\ud800"}', "bad_text"),
    (b'{"text": "a\\u0000b"}', "bad_text"),
    (b'{"text": "' + b"x" * MAX_LINE + b'"}', "line_too_long"),
    (b" " * 10_000_000, "line_too_long"),
    (b"x" * 10_000_000, "line_too_long"),
]


@pytest.mark.parametrize(("raw", "reason"), LINES, ids=range(len(LINES)))
def test_a_line_that_is_no_plain_json_object_is_refused_by_its_number(raw: bytes, reason: str) -> None:
    assert refused(TEXT, TEXT, raw + b"\n", TEXT) == (reason, 3)


def test_a_line_of_the_greatest_length_is_taken() -> None:
    text = {"text": "x" * (MAX_LINE - 12)}
    assert len(json.dumps(text)) == MAX_LINE
    assert inspect(stream(json.dumps(text).encode() + b"\r\n", TEXT)).items == 2


def test_a_file_of_one_array_gets_advice() -> None:
    with pytest.raises(DatasetRefused, match="one JSON array"):
        inspect(io.BytesIO(b'[\n{"text": "a"}\n]'))


@pytest.mark.parametrize("raw", [b"", b"\n\n  \n", b"\xef\xbb\xbf"])
def test_a_file_without_items_is_refused(raw: bytes) -> None:
    assert refused(raw) == ("empty", 0)


@pytest.mark.parametrize("raw", [b"PK\x03\x04", b"\x1f\x8b\x08", b"PAR1", b"SQLite format 3\x00", b"%PDF-1.7"])
def test_a_file_that_is_no_text_is_refused(raw: bytes) -> None:
    assert refused(raw + b"\n\n") == ("not_text", 1)


MIXED = [
    (CHAT, PROMPT),
    (CHAT, EXAM),
    (EXAM, PROMPT),
    (TEXT, PROMPT),
    (TEXT, EXAM),
    (EXAM, TEXT),
    (PROMPT, CHAT),
]


@pytest.mark.parametrize(("first", "second"), MIXED)
def test_two_kinds_of_item_in_one_file_are_refused(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert refused(first, second) == ("mixed", 2)


def talk(*messages: Any) -> dict[str, Any]:
    return {"messages": list(messages)}


def turns(*values: Any) -> dict[str, Any]:
    return {"conversations": list(values)}


ITEMS: list[tuple[dict[str, Any], str]] = [
    *((item, "unknown_format") for item in ({}, {"question": "a", "reply": "b"}, {"question": "a"}, {"output": "b"})),
    ({"instruction": "a"}, "unknown_format"),
    *(
        (item, "ambiguous")
        for item in (CHAT | TEXT, CHAT | {"conversations": []}, {"instruction": "a", "conversations": []})
    ),
    *((item, "unknown_field") for item in (CHAT | {"intent": "x"}, TEXT | {"label": 1}, EXAM | {"weight": 1})),
    *((item, "unknown_field") for item in (CHAT | {"tools": []}, {"instruction": "a", "output": "b", "score": 5})),
    *(({"messages": m}, "bad_messages") for m in (None, [], {}, "hi", 7, [1], ["hi"], [None], [USER] * 1001)),
    *(
        (talk(m), "bad_messages")
        for m in ({"role": "user"}, {"content": "x"}, USER | {"name": "x"}, USER | {"tool_calls": []})
    ),
    *((talk({"role": r, "content": "x"}), "bad_role") for r in ("tool", "function", "User", "", None, 7, ["user"], {})),
    *((talk({"role": "user", "content": c}), "bad_text") for c in (None, 7, ["x"], {"text": "x"}, True)),
    *((talk({"role": "user", "content": c}), "empty_text") for c in ("", " \n")),
    (talk(USER, {"role": "assistant", "content": ""}), "empty_text"),
    *((m, "bad_messages") for m in (talk(SYSTEM), talk(ANSWER), talk(USER, USER), talk(USER, ANSWER, ANSWER))),
    *((m, "bad_messages") for m in (talk(SYSTEM, SYSTEM, USER), talk(USER, SYSTEM), talk(SYSTEM, ANSWER, USER))),
    *(({"text": t}, "bad_text") for t in (None, 7, ["x"], {})),
    ({"text": "  "}, "empty_text"),
    *((EXAM | {"id": i}, "bad_text") for i in (None, 7, ["x"])),
    (EXAM | {"id": ""}, "empty_text"),
    (EXAM | {"id": "x" * 201}, "bad_id"),
    *((EXAM | {"answer": a}, "bad_exam") for a in (2, -1, None, "1", 1.0, True, [1], 10**30)),
    *((EXAM | {"choices": c}, "bad_exam") for c in ([], ["a"], "ab", {}, ["a", "a"], [f"{n}" for n in range(65)])),
    (EXAM | {"choices": ["a", 7]}, "bad_text"),
    (EXAM | {"choices": ["a", ""]}, "empty_text"),
    (EXAM | {"target": "a"}, "bad_exam"),
    (TARGET | {"answer": 0}, "bad_exam"),
    (TARGET | {"target": None}, "bad_text"),
    (TARGET | {"target": ""}, "empty_text"),
    *((item | {"messages": [USER, ANSWER]}, "bad_messages") for item in (EXAM, TARGET)),
    *(({"instruction": i, "output": "b"}, "bad_text") for i in (None, 7, ["x"])),
    ({"instruction": "", "output": "b"}, "empty_text"),
    ({"instruction": "a", "output": ""}, "empty_text"),
    ({"instruction": "a", "output": 7}, "bad_text"),
    ({"instruction": "a", "input": 7, "output": "b"}, "bad_text"),
    *(
        ({"instruction": "a", "output": "b", "history": h}, "bad_messages")
        for h in ("x", [1], [["a"]], [["a", "b", "c"]])
    ),
    *(({"conversations": c}, "bad_messages") for c in (None, {}, "x", [], [1], [{"from": "human"}])),
    (turns({"from": "human", "value": "a"}), "bad_messages"),
    (turns({"from": "human", "value": "a", "weight": 1}), "bad_messages"),
    (turns({"from": "gpt", "value": "a"}), "bad_messages"),
    *((turns({"from": f, "value": "a"}), "bad_role") for f in ("observation", "tool", None, 7, ["human"])),
    (turns({"from": "human", "value": None}, {"from": "gpt", "value": "b"}), "bad_text"),
]


@pytest.mark.parametrize(("item", "reason"), ITEMS, ids=lambda v: str(v)[:60])
def test_an_item_that_fits_no_format_is_refused(item: dict[str, Any], reason: str) -> None:
    assert refused(item) == (reason, 1)


def test_where_an_item_came_from_is_left_out() -> None:
    found, summary = read(CHAT | {"id": 7, "source": "web", "metadata": {"a": 1}}, CHAT)
    assert found == [CHAT, CHAT]
    assert summary.dropped == {"id": 1, "source": 1, "metadata": 1}


def test_two_exam_items_of_one_id_are_refused() -> None:
    assert inspect(stream(EXAM, TARGET)).items == 2
    assert refused(EXAM, TARGET, EXAM) == ("double_id", 3)


def test_there_is_no_summary_before_the_end() -> None:
    reading = Reading(json_lines(stream(CHAT, CHAT)))
    next(iter(reading))
    with pytest.raises(ValueError, match="not been read"):
        reading.summary()


class Endless(io.RawIOBase):
    """Many items that never lie in memory together."""

    def __init__(self, line: bytes, times: int) -> None:
        self.line, self.left = line, times

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.left == 0:
            return 0
        self.left -= 1
        buffer[: len(self.line)] = self.line
        return len(self.line)


def test_a_large_file_is_never_held_in_memory() -> None:
    line = json.dumps({"text": "x" * 8000}).encode() + b"\n"
    tracemalloc.start()
    summary = inspect(io.BufferedReader(Endless(line, 2000), buffer_size=len(line)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (summary.items, summary.bytes > 16_000_000) == (2000, True)
    assert peak < 2_000_000


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content", "a"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from([CHAT, EXAM, TARGET, TEXT, turns(), {"instruction": "a", "output": "b"}]), st.data())
@settings(max_examples=400)
def test_any_json_in_any_field_ends_in_a_summary_or_a_refusal(item: dict[str, Any], data: st.DataObject) -> None:
    field = data.draw(st.sampled_from([*item, "messages", "system", "history", "input", "target"]))
    with suppress(DatasetRefused):
        assert inspect(stream(item | {field: data.draw(values)})).items == 1


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_summary_or_a_refusal(raw: bytes) -> None:
    with suppress(DatasetRefused):
        inspect(io.BytesIO(raw))
