"""Versions uploaded over HTTP: checked line by line, filed whole or not at all."""

import threading
from pathlib import Path

import pytest
from httpx2 import Response

from aird.datasets.models import DatasetKind
from aird.datasets.routes import router
from tests.datasets.conftest import CHATS, EXAM, Shelf, jsonl
from tests.requests.web import Call, people_of

PATH = "/datasets/support/mail/versions"


@pytest.fixture
def person(shelf: Shelf) -> Call:
    shelf.dataset()
    return people_of(shelf.world, router)


def upload(person: Call, files: dict[str, bytes], *, by: str = "sam", path: str = PATH, **fields: str) -> Response:
    parts = [("files", (name, data)) for name, data in files.items()]
    return person(by).post(path, files=parts, data=fields)


def scratch(shelf: Shelf) -> list[Path]:
    return list((shelf.world.settings.home / "uploads").glob("*"))


def blobs(shelf: Shelf) -> int:
    return len(list(shelf.world.store.backend.digests()))


def test_an_upload_becomes_a_version_with_all_its_splits(shelf: Shelf, person: Call) -> None:
    answer = upload(person, {"train.jsonl": jsonl(CHATS), "exam.jsonl": jsonl(EXAM)}, card="How it was made")
    assert answer.status_code == 201, answer.text
    version = answer.json()
    assert (version["ref"], version["splits"], version["items"]) == ("support/mail@1", {"exam": 4, "train": 5}, 9)
    assert (version["format"], version["formats"]) == ("chat", {"exam": "exam", "train": "chat"})
    assert (version["card"], version["created_by"]) == ("How it was made", "sam")
    assert version["preview"]["exam"] == EXAM[:3]
    assert scratch(shelf) == []


def test_foreign_layouts_are_filed_in_aird_s_own_form(person: Call) -> None:
    alpaca = b'{"instruction": "Sort", "input": "Mail 1", "output": "Queue 1."}\n'
    version = upload(person, {"train.jsonl": alpaca}).json()
    assert version["preview"]["train"][0]["messages"][1] == {"role": "assistant", "content": "Queue 1."}


def test_the_same_content_twice_is_a_conflict_that_names_the_version(shelf: Shelf, person: Call) -> None:
    first = upload(person, {"train.jsonl": jsonl(CHATS)})
    second = upload(person, {"train.jsonl": jsonl(CHATS)}, card="another card")
    assert [first.status_code, second.status_code] == [201, 409]
    assert (second.json()["code"], second.json()["params"]) == ("dataset_version_exists", {"ref": "support/mail@1"})
    assert scratch(shelf) == []


def test_of_several_uploads_at_once_exactly_one_wins(shelf: Shelf, person: Call) -> None:
    clients = [person("sam") for _ in range(4)]
    found: list[int] = []

    def work(number: int) -> None:
        files = [("files", ("train.jsonl", jsonl(CHATS)))]
        found.append(clients[number].post(PATH, files=files).status_code)

    threads = [threading.Thread(target=work, args=[n]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [201, 409, 409, 409]
    assert scratch(shelf) == []


REFUSED = [
    ({"train.jsonl": b""}, "dataset_refused"),
    ({"train.jsonl": b"not json\n"}, "dataset_refused"),
    ({"train.jsonl": b'{"messages": []}\n'}, "dataset_refused"),
    ({"train.jsonl": '{"text": "\u00fc"}\n'.encode("latin-1")}, "dataset_refused"),
    ({"train.jsonl": jsonl(CHATS), "exam.jsonl": b"{}\n"}, "dataset_refused"),
    ({"train.xlsx": b"PK"}, "file_name_refused"),
    ({"../train.jsonl": jsonl(CHATS)}, "file_name_refused"),
    ({"a/train.jsonl": jsonl(CHATS)}, "file_name_refused"),
    ({"a\\train.jsonl": jsonl(CHATS)}, "file_name_refused"),
    ({".train.jsonl": jsonl(CHATS)}, "file_name_refused"),
    ({"/tmp/train.jsonl": jsonl(CHATS)}, "file_name_refused"),
    ({"Train.jsonl": jsonl(CHATS)}, "split_name_refused"),
    ({"dataset_info.json": b"{}"}, "upload_refused"),
]


@pytest.mark.parametrize(("files", "code"), REFUSED)
def test_a_refused_upload_leaves_nothing_behind(shelf: Shelf, person: Call, files: dict[str, bytes], code: str) -> None:
    answer = upload(person, files, card="c")
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (scratch(shelf), blobs(shelf)) == ([], 0)
    assert person("sam").get("/datasets/support/mail").json()["versions"] == 0


def test_a_form_without_a_file_is_refused(person: Call) -> None:
    answer = person("sam").post(PATH, files={"card": (None, "words alone")})
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_refused")


def test_a_refusal_names_the_file_and_the_line(person: Call) -> None:
    answer = upload(person, {"train.jsonl": jsonl(CHATS[:2]) + b"oops\n"}).json()
    assert answer["params"] == {"reason": "not_json", "line": 3, "file": "train.jsonl"}
    assert answer["detail"].startswith("train.jsonl: Line 3: ")


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [("lin", PATH, 403), ("rui", PATH, 403), ("noor", PATH, 403), ("sam", "/datasets/support/none-such/versions", 404)],
)
def test_who_may_not_upload_is_refused_before_any_byte_is_kept(
    shelf: Shelf, person: Call, who: str, path: str, status: int
) -> None:
    assert upload(person, {"train.jsonl": jsonl(CHATS)}, by=who, path=path).status_code == status
    assert not (shelf.world.settings.home / "uploads").exists()


def test_feedback_is_not_uploaded(shelf: Shelf, person: Call) -> None:
    shelf.dataset("support/desk-feedback", DatasetKind.FEEDBACK)
    answer = upload(person, {"train.jsonl": jsonl(CHATS)}, path="/datasets/support/desk-feedback/versions")
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_refused")


def test_an_upload_may_be_larger_than_a_json_body_but_not_than_its_own_limit(shelf: Shelf, person: Call) -> None:
    shelf.world.settings.max_body_bytes, data = 2048, jsonl(CHATS * 40)
    assert len(data) > shelf.world.settings.max_body_bytes
    call = people_of(shelf.world, router)
    assert upload(call, {"train.jsonl": data}).status_code == 201
    shelf.world.settings.max_upload_bytes = len(data) - 1
    answer = upload(call, {"exam.jsonl": data})
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert scratch(shelf) == []


def test_a_full_disk_is_said_and_leaves_nothing_behind(shelf: Shelf, person: Call) -> None:
    shelf.world.settings.min_free_bytes = 2**60
    answer = upload(person, {"train.jsonl": jsonl(CHATS)})
    assert (answer.status_code, answer.json()["code"]) == (507, "store_full")
    assert (scratch(shelf), blobs(shelf)) == ([], 0)


def test_another_field_than_the_card_is_refused(shelf: Shelf, person: Call) -> None:
    for fields in (
        {"title": "x"}, {"card": "x" * 40_000}, {"shares": "{"}, {"shares": '{"train": "1"}'}, {"shares": "[1]"},
        {"splits": '{"train.jsonl": 1}'}, {"columns": '{"surprise": "a"}'}, {"others": "keep"}, {"encoding": "utf-16"},
    ):  # fmt: skip
        answer = upload(person, {"train.jsonl": jsonl(CHATS)}, **fields)
        assert (answer.status_code, answer.json()["code"]) == (400, "form_not_valid")
    assert scratch(shelf) == []
