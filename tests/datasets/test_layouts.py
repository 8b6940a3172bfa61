"""Rows in the layouts of others, and LLaMA-Factory's table that describes them."""

import json
from typing import Any

import pytest

from aird.datasets.dataset_info import DatasetInfoRefused, parse
from aird.datasets.items import ItemRefused
from aird.datasets.layouts import Layout, read_item

USER, ANSWER = {"role": "user", "content": "How?"}, {"role": "assistant", "content": "So."}
SYSTEM = {"role": "system", "content": "Be kind."}
CHAT = {"messages": [USER, ANSWER]}


@pytest.mark.parametrize(
    ("row", "item", "dropped"),
    [
        ({"prompt": "How?", "completion": "So."}, CHAT, ()),
        ({"prompt": [USER], "completion": [ANSWER]}, CHAT, ()),
        ({"prompt": [SYSTEM, USER], "completion": "So."}, {"messages": [SYSTEM, USER, ANSWER]}, ()),
        ({"prompt": "How?", "completion": "So.", "label": True}, CHAT, ()),
        ({"prompt": "How?"}, {"messages": [USER]}, ()),
        ({"prompt": [SYSTEM, USER]}, {"messages": [SYSTEM, USER]}, ()),
        ({"prompt": "How?", "chosen": "So.", "rejected": "No."}, CHAT, ("rejected",)),
        ({"prompt": [USER], "chosen": [ANSWER], "rejected": [ANSWER]}, CHAT, ("rejected",)),
        ({"chosen": [USER, ANSWER], "rejected": [USER, ANSWER]}, CHAT, ("rejected",)),
        ({"chosen": "How? So.", "rejected": "How? No."}, {"text": "How? So."}, ("rejected",)),
        ({"text": "How? So."}, {"text": "How? So."}, ()),
        ({"instruction": "How?", "output": "So.", "label": True}, CHAT, ()),
    ],
)
def test_every_type_of_trl_becomes_an_item(row: dict[str, Any], item: dict[str, Any], dropped: tuple[str, ...]) -> None:
    found = read_item(row)
    assert found is not None
    assert (found.item, found.dropped) == (item, dropped)


def test_what_was_judged_bad_is_left_out() -> None:
    assert read_item({"prompt": "How?", "completion": "No.", "label": False}) is None
    assert read_item({"instruction": "How?", "output": "No.", "label": False}) is None


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"completion": "So."}, "unknown_format"),
        ({"prompt": "How?", "completions": ["a"], "labels": [True]}, "stepwise"),
        ({"prompt": "How?", "completion": "So.", "label": "good"}, "bad_label"),
        ({"prompt": "How?", "chosen": "So."}, "unknown_format"),
        ({"prompt": [USER, ANSWER]}, "bad_messages"),
        ({"prompt": 7, "completion": "So."}, "bad_text"),
        ({"prompt": "How?", "completion": " "}, "empty_text"),
        ({"prompt": "How?", "completion": "So.", "score": 3}, "unknown_field"),
        ({"prompt": "How?", "instruction": "How?", "output": "So."}, "ambiguous"),
        ({"question": "How?"}, "unknown_format"),
    ],
)
def test_what_is_none_of_them_is_refused(row: dict[str, Any], why: str) -> None:
    with pytest.raises(ItemRefused) as refusal:
        read_item(row)
    assert refusal.value.reason == why


def test_columns_are_mapped_and_others_left_out_when_that_is_said() -> None:
    row = {"问题": "How?", "答案": "So.", "工号": 7}
    found = Layout({"prompt": "问题", "completion": "答案"}).read(row)
    assert found is not None
    assert (found.item, found.dropped) == (CHAT, ("工号",))
    with pytest.raises(ItemRefused):
        Layout().read({"prompt": "How?", "completion": "So.", "工号": 7})
    found = Layout(others=True).read({"prompt": "How?", "completion": "So.", "工号": 7})
    assert found is not None
    assert found.dropped == ("工号",)


ENTRIES: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({}, {"instruction": "How?", "input": "", "output": "So."}, CHAT),
    ({"columns": {"prompt": "q", "response": "a"}}, {"q": "How?", "a": "So.", "z": 1}, CHAT),
    ({"columns": {"prompt": "text"}}, {"text": "How? So."}, {"text": "How? So."}),
    (
        {"ranking": True, "columns": {"prompt": "q", "chosen": "c", "rejected": "r"}},
        {"q": "How?", "c": "So.", "r": "No."},
        CHAT,
    ),
    (
        {"columns": {"prompt": "q", "response": "a", "kto_tag": "ok"}},
        {"q": "How?", "a": "So.", "ok": True},
        CHAT,
    ),
    (
        {"formatting": "sharegpt"},
        {"conversations": [{"from": "human", "value": "How?"}, {"from": "gpt", "value": "So."}]},
        CHAT,
    ),
    (
        {
            "formatting": "sharegpt",
            "columns": {"messages": "m", "system": "s"},
            "tags": {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"},
        },
        {"m": [USER, ANSWER], "s": "Be kind."},
        {"messages": [SYSTEM, USER, ANSWER]},
    ),
    (
        {"formatting": "sharegpt", "ranking": True, "columns": {"messages": "conversations", "chosen": "chosen"}},
        {"conversations": [{"from": "human", "value": "How?"}], "chosen": {"from": "gpt", "value": "So."}},
        CHAT,
    ),
    ({"formatting": "openai"}, {"messages": [USER, ANSWER]}, CHAT),
]


@pytest.mark.parametrize(("entry", "row", "item"), ENTRIES)
def test_an_entry_of_llama_factory_describes_its_file(
    entry: dict[str, Any], row: dict[str, Any], item: dict[str, Any]
) -> None:
    table = {"mine": {"file_name": "a.json", **entry}, "elsewhere": {"hf_hub_url": "org/set"}, "no": {"file_name": "b"}}
    info = parse(json.dumps(table).encode(), ["a.json"])
    found = info.layouts["a.json"].read(row)
    assert found is not None
    assert found.item == item
    assert set(info.skipped) == {"elsewhere", "no"}


@pytest.mark.parametrize(
    "entry",
    [
        *({"file_name": name} for name in (
            "/etc/passwd", "../a.json", "x/../../a.json", "https://example.com/a.json", "file:///etc/passwd",
            "C:\\a.json", "\\\\host\\a.json", "~/a.json", "s3://bucket/a.json", 7, "a\x00.json",
        )),
        {"file_name": "a.json", "formatting": "surprise"},
        {"file_name": "a.json", "formatting": ["alpaca"]},
        {"file_name": "a.json", "surprise": 1},
        {"file_name": "a.json", "columns": {"surprise": "a"}},
        {"file_name": "a.json", "columns": {"prompt": 1}},
        {"file_name": "a.json", "columns": "a"},
        {"file_name": "a.json", "columns": {"images": "i"}},
        {"file_name": "a.json", "tags": {"surprise": "x"}},
        {"file_name": "b.json"},
        {"script_url": "set.py"},
    ],
)  # fmt: skip
def test_an_entry_that_leads_elsewhere_or_means_nothing_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(DatasetInfoRefused) as refusal:
        parse(json.dumps({"mine": entry}).encode(), ["a.json"])
    assert refusal.value.status == 422


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"a": 1}', b"\xff", b"[" * 100_000, b" " * (4 * 2**20 + 1)])
def test_a_table_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(DatasetInfoRefused):
        parse(raw, ["a.json"])
