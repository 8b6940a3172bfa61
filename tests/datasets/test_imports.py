"""Files of every kind over HTTP: shown before they are filed, dealt out once and for ever."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from httpx2 import Response
from pyarrow import parquet

from aird.datasets.routes import router
from aird.datasets.routes_quality import router as quality
from tests.datasets.conftest import CHATS, EXAM, Shelf, jsonl
from tests.requests.web import Call, people_of

PATH = "/datasets/support/mail/versions"
MANY = [{"prompt": f"Question {n}?", "completion": "yes"} for n in range(200)]
ALPACA = [{"instruction": f"Sort mail {n}", "input": "", "output": "Queue"} for n in range(7)]


@pytest.fixture
def person(shelf: Shelf) -> Call:
    shelf.dataset()
    return people_of(shelf.world, router, quality)


def send(person: Call, path: str, files: dict[str, bytes], **fields: Any) -> Response:
    data = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    parts = [("files", (name, raw)) for name, raw in files.items()]
    return person("sam").post(path, files=parts, data=data)


def preview(person: Call, files: dict[str, bytes], **fields: Any) -> dict[str, Any]:
    answer = send(person, "/datasets/preview", files, **fields)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def filed(person: Call, files: dict[str, bytes], **fields: Any) -> dict[str, Any]:
    answer = send(person, PATH, files, **fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def packed(rows: list[dict[str, Any]], folder: Path) -> bytes:
    parquet.write_table(pa.Table.from_pylist(rows), folder / "x.parquet")
    return (folder / "x.parquet").read_bytes()


def test_every_kind_of_file_becomes_the_same_version(shelf: Shelf, person: Call, tmp_path: Path) -> None:
    rows = [{"prompt": "How?", "completion": "So."}, {"prompt": "Why?", "completion": "Thus."}]
    kinds = {
        "train.jsonl": jsonl(rows),
        "train.json": json.dumps(rows, indent=2).encode(),
        "train.csv": b"prompt,completion\nHow?,So.\nWhy?,Thus.\n",
        "train.tsv": b"\xef\xbb\xbfprompt\tcompletion\r\nHow?\tSo.\r\nWhy?\tThus.\r\n",
        "train.parquet": packed(rows, tmp_path),
    }
    digest = filed(person, {"train.jsonl": kinds.pop("train.jsonl")})["digest"]
    for name, raw in kinds.items():
        shown = preview(person, {name: raw})
        assert (shown["ready"], shown["splits"]) == (True, {"train": 2}), name
        again = send(person, PATH, {name: raw})
        assert (again.status_code, again.json()["code"]) == (409, "dataset_version_exists"), name
    assert person("sam").get(f"{PATH}/1").json()["digest"] == digest


def test_a_preview_shows_five_items_and_every_row_that_is_refused_and_keeps_nothing(shelf: Shelf, person: Call) -> None:
    raw = jsonl(ALPACA) + b"oops\n" + b'{"question": 1}\n' + jsonl(ALPACA[:1])
    shown = preview(person, {"train.jsonl": raw}, dataset="support/mail")
    [file] = shown["files"]
    assert (shown["ready"], file["items"], file["format"], file["layouts"]) == (False, 8, "chat", {"alpaca": 8})
    assert (len(file["converted"]), file["refused_rows"]) == (5, 2)
    assert [(row["line"], row["reason"]) for row in file["refused"]] == [(8, "not_json"), (9, "unknown_format")]
    assert set(file["columns"]) == {"instruction", "input", "output", "question"}
    assert list((shelf.world.settings.home / "uploads").glob("*")) == []
    assert list(shelf.world.store.backend.digests()) == []
    refused = send(person, PATH, {"train.jsonl": raw})
    assert (refused.status_code, refused.json()["params"]["line"]) == (422, 8)


def test_who_may_not_write_there_may_not_preview(person: Call) -> None:
    parts = [("files", ("train.jsonl", jsonl(CHATS)))]
    assert person("lin").post("/datasets/preview", files=parts).status_code == 403
    answer = person("rui").post("/datasets/preview", files=parts, data={"dataset": "support/mail"})
    assert answer.status_code == 403
    assert person("rui").post("/datasets/preview", files=parts).status_code == 200


def test_items_are_dealt_out_by_their_question_once_and_for_ever(shelf: Shelf, person: Call) -> None:
    shares = {"train": 0.8, "exam": 0.2}
    first = filed(person, {"all.jsonl": jsonl(MANY)}, shares=shares)
    assert set(first["splits"]) == {"train", "exam"}
    assert 20 <= first["splits"]["exam"] <= 60
    more = [*MANY, *({"prompt": f"Later {n}?", "completion": "no"} for n in range(50))]
    second = filed(person, {"anything.jsonl": jsonl(list(reversed(more)))})
    held = [questions(shelf, version["digest"], "exam") for version in (first, second)]
    assert held[0] < held[1]
    assert not held[1] & questions(shelf, second["digest"], "train")
    assert person("sam").get("/datasets/support/mail").json()["shares"] == shares
    for fields in ({"shares": {"train": 0.9, "exam": 0.1}}, {"splits": {"a.jsonl": "train"}}):
        answer = send(person, PATH, {"a.jsonl": jsonl(MANY[:9])}, **fields)
        assert (answer.status_code, answer.json()["code"]) == (409, "split_is_fixed")


def questions(shelf: Shelf, digest: str, split: str) -> set[str]:
    with shelf.world.store.open_file(digest, f"{split}.jsonl") as source:
        return {json.loads(line)["messages"][0]["content"] for line in source}


def test_what_was_held_out_does_not_become_training_data(person: Call) -> None:
    asked = [{**item, "messages": [{"role": "user", "content": f"Held out {n}?"}]} for n, item in enumerate(EXAM)]
    filed(person, {"train.jsonl": jsonl(CHATS), "exam.jsonl": jsonl(asked)})
    filed(person, {"train.jsonl": jsonl(CHATS[1:]), "exam.jsonl": jsonl(asked[1:])})  # fewer, and none has moved
    learnt = [{"prompt": "Another one", "completion": "x"}, {"prompt": "HELD OUT 2", "completion": "x"}]
    answer = send(person, PATH, {"train.jsonl": jsonl(learnt)})
    assert (answer.status_code, answer.json()["code"]) == (409, "split_is_fixed")
    assert answer.json()["params"] == {"ref": "support/mail@2", "line": 2, "was": "exam", "would_be": "train"}
    held = [{"prompt": "Mail 3", "completion": "x"}]
    answer = send(person, PATH, {"dev.jsonl": jsonl(held)})
    assert (answer.status_code, answer.json()["params"]["was"]) == (409, "train")
    filed(person, {"dev.jsonl": jsonl([{"prompt": "New and held out", "completion": "x"}])})


def test_shares_are_checked(person: Call) -> None:
    bad = ({"train": 1.0}, {"train": 0.5, "exam": 0.4}, {"train": 1.5, "exam": -0.5}, {"train": 0.9, "Exam": 0.1})
    for shares in bad:
        answer = send(person, PATH, {"all.jsonl": jsonl(MANY)}, shares=shares)
        assert answer.status_code == 422, shares
        assert send(person, "/datasets/preview", {"all.jsonl": jsonl(MANY)}, shares=shares).status_code == 422
    filed(person, {"train.jsonl": jsonl(CHATS)})
    answer = send(person, PATH, {"all.jsonl": jsonl(MANY)}, shares={"train": 0.9, "exam": 0.1})
    assert (answer.status_code, answer.json()["code"]) == (409, "split_is_fixed")


def test_a_table_of_llama_factory_comes_with_its_file(person: Call) -> None:
    info = {
        "mine": {"file_name": "数据.json", "columns": {"prompt": "q", "response": "a"}},
        "other": {"hf_hub_url": "x/y"},
    }
    files = {"数据.json": json.dumps([{"q": "How?", "a": "So.", "n": 1}]).encode()}
    files["dataset_info.json"] = json.dumps(info).encode()
    shown = preview(person, files, splits={"数据.json": "train"})
    assert (shown["ready"], shown["files"][0]["dropped"], list(shown["skipped"])) == (True, {"n": 1}, ["other"])
    assert filed(person, files, splits={"数据.json": "train"})["splits"] == {"train": 1}
    for name in ("/etc/passwd", "../x.json", "https://example.com/x.json"):
        files["dataset_info.json"] = json.dumps({"mine": {"file_name": name}}).encode()
        for path in (PATH, "/datasets/preview"):
            answer = send(person, path, files, splits={"数据.json": "train"})
            assert (answer.status_code, answer.json()["code"]) == (422, "dataset_info_refused")


def test_a_parquet_file_that_is_broken_or_a_bomb_is_refused_in_words(person: Call, tmp_path: Path) -> None:
    good = packed([{"text": "a" * 50}] * 40, tmp_path)
    word = pa.DictionaryArray.from_arrays(pa.array([0] * 300_000, pa.int32()), ["x" * 400_000])
    parquet.write_table(pa.table({"text": word}), tmp_path / "bomb.parquet")
    files = {
        "not_parquet": [b"PAR1", good[:-40], good[: len(good) // 2], b"text\na\n", good[:8] + b"\xff" * 40 + good[48:]],
        "too_large": [(tmp_path / "bomb.parquet").read_bytes()],
    }
    for reason, raws in files.items():
        for raw in raws:
            answer = send(person, PATH, {"train.parquet": raw})
            assert (answer.status_code, answer.json()["params"]["reason"]) == (422, reason), answer.text
            shown = preview(person, {"train.parquet": raw})
            assert (shown["ready"], shown["files"][0]["error"]["reason"]) == (False, reason)


def test_the_encoding_is_named_where_it_is_another(person: Call) -> None:
    raw = "prompt,completion\n怎么退款?,联系客服\n".encode("gb18030")
    assert preview(person, {"train.csv": raw})["files"][0]["error"]["reason"] == "not_utf8"
    shown = preview(person, {"train.csv": raw}, encoding="gb18030")
    assert shown["files"][0]["converted"][0]["messages"][0]["content"] == "怎么退款?"
