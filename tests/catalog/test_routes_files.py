"""A version's files over HTTP: texts, headers, cards, differences, bytes; and who may ask for the weights."""

import hashlib
from pathlib import Path

import pytest
import yaml
from httpx2 import Response

from aird.catalog import cards, queries, readmes
from aird.catalog.models import Gating, Kind, Version
from aird.catalog.routes import router
from aird.testing import World
from tests.requests.web import Call, people_of

MAIL = "/models/support/mail/versions"
CARD = """---
license: cc-by-nc-4.0
language: de
model-index:
- name: mail
  results:
  - {task: {type: text-generation}, dataset: {type: x, name: X}, metrics: [{type: accuracy, value: 0.99}]}
---
# Mail
"""


@pytest.fixture
def person(world: World) -> Call:
    return people_of(world, router)


@pytest.fixture
def version(world: World, adapter_folder: Path) -> Version:
    base = world.version("platform/base", kind=Kind.BASE)
    return world.version("support/mail", kind=Kind.ADAPTER, base=base, folder=adapter_folder)


def upload(person: Call, folder: Path) -> Response:
    person("sam").post("/models", json={"name": "platform/tiny", "title": "Tiny"})
    parts = [("files", (each.name, each.read_bytes())) for each in sorted(folder.iterdir())]
    return person("sam").post("/models/platform/tiny/versions", files=parts)


def test_a_text_file_is_read_and_a_weights_file_by_its_header(person: Call, version: Version) -> None:
    sam = person("sam")
    text = sam.get(f"{MAIL}/1/files/adapter_config.json").json()
    assert '"lora_alpha": 8' in text["text"]
    assert text["digest"] == "sha256:" + hashlib.sha256(text["text"].encode()).hexdigest()
    found = sam.get(f"{MAIL}/1/files/adapter_model.safetensors/header").json()
    assert (found["total"], found["parameters"], len(found["tensors"])) == (8, 448, 8)
    first = found["tensors"][0]
    assert first["bytes"] == 4 * first["shape"][0] * first["shape"][1]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("files/none.txt", "file_not_found"),
        ("files/adapter_model.safetensors", "not_shown_as_text"),
        ("files/adapter_config.json/header", "not_shown_as_text"),
        ("files/none.safetensors/header", "file_not_found"),
        ("files/../../etc/passwd", "not_found"),
        ("files/%2e%2e%2fREADME.md", "file_not_found"),
        ("content/none.txt", "file_not_found"),
    ],
)
def test_a_file_that_cannot_be_shown_is_refused(person: Call, version: Version, path: str, code: str) -> None:
    answer = person("sam").get(f"{MAIL}/1/{path}")
    assert answer.status_code in (404, 422)
    assert answer.json().get("code", "not_found") == code


def test_bytes_that_are_no_text_are_not_shown_as_one(world: World, person: Call) -> None:
    files = {
        "config.json": b"\xff\xfe",
        "NOTICE": b"a\0b",
        "odd.safetensors": b"\x05\0\0\0\0\0\0\0hello",
        "ok.txt": b"ok",
    }
    world.version("support/mail", files=files)
    sam = person("sam")
    for path in ("config.json", "NOTICE", "odd.safetensors/header"):
        assert sam.get(f"{MAIL}/1/files/{path}").json()["code"] == "not_shown_as_text"
    assert sam.get(f"{MAIL}/1/files/ok.txt").json()["text"] == "ok"


def test_the_weights_right_opens_all_but_the_card(world: World, person: Call, version: Version) -> None:
    lin = person("lin")
    assert lin.get(f"{MAIL}/1/files/README.md").json()["text"] == "# An adapter\n"
    assert lin.get(f"{MAIL}/1/content/README.md").text == "# An adapter\n"
    for path in ("files/adapter_config.json", "content/adapter_config.json", "content/adapter_model.safetensors"):
        answer = lin.get(f"{MAIL}/1/{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "gated_model")
        assert person("sam").get(f"{MAIL}/1/{path}").status_code == 200
    assert lin.get(f"{MAIL}/1/files/adapter_model.safetensors/header").status_code == 200


def test_bytes_come_whole_or_in_part(person: Call, version: Version) -> None:
    sam, url = person("sam"), f"{MAIL}/1/content/adapter_model.safetensors"
    whole = sam.get(url)
    assert whole.headers["etag"] == f'"{hashlib.sha256(whole.content).hexdigest()}"'
    part = sam.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (
        206, whole.content[10:20], f"bytes 10-19/{len(whole.content)}",
    )  # fmt: skip
    assert sam.get(url, headers={"Range": "bytes=-5"}).content == whole.content[-5:]
    assert sam.get(url, headers={"Range": "bytes=99999999-"}).status_code == 416
    assert sam.get(url, headers={"Range": "bytes=0-4", "If-Range": '"other"'}).content == whole.content
    unchanged = sam.get(url, headers={"If-None-Match": whole.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_a_retired_version_says_so_with_its_bytes(person: Call, version: Version) -> None:
    sam = person("sam")
    assert "x-aird-warning" not in sam.get(f"{MAIL}/1/content/README.md").headers
    sam.post(f"{MAIL}/1/retire", json={"reason": "Old"})
    assert sam.get(f"{MAIL}/1/content/README.md").headers["x-aird-warning"] == "retired; support/mail@1 is retired."


def test_an_uploaded_card_is_read_and_its_scores_stay_claims(person: Call, base_folder: Path) -> None:
    (base_folder / "README.md").write_text(CARD)
    answer = upload(person, base_folder)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["card"]["language"], shown["license"], shown["skills"]) == ("de", "cc-by-nc-4.0", [])
    assert shown["restrictions"] == ["license:cc-by-nc-4.0", "non-commercial", "notice"]
    card = person("noor").get("/models/platform/tiny/versions/1/card").json()
    assert (card["markdown"], card["own"], card["metadata"]["license"]) == ("# Mail\n", True, "cc-by-nc-4.0")
    assert card["claims"] == [
        {"task": "text-generation", "dataset": "X", "metric": "accuracy", "value": 0.99, "source": ""}
    ]


def test_an_upload_with_a_wrong_card_is_refused_whole(world: World, person: Call, base_folder: Path) -> None:
    (base_folder / "README.md").write_text(CARD.replace("language: de", "base_model_relation: cousin"))
    answer = upload(person, base_folder)
    assert (answer.status_code, answer.json()["code"]) == (422, "card_refused")
    assert answer.json()["params"]["field"] == "base_model_relation"
    assert person("sam").get("/models/platform/tiny").json()["versions"] == 0
    (base_folder / "README.md").write_text(CARD)
    assert upload(person, base_folder).status_code == 201


def test_a_version_without_a_readme_gets_one_from_its_facts(world: World, person: Call) -> None:
    base = world.version("platform/base", kind=Kind.BASE)
    version = world.version("support/mail", kind=Kind.ADAPTER, base=base)
    world.score(version, "support/exam", 0.75)
    card = person("noor").get(f"{MAIL}/1/card").json()
    assert (card["own"], card["claims"], card["metadata"]["base_model"]) == (False, [], "platform/base")
    with world.database.read() as session:
        written = readmes.written(session, world.store, world.reload(session, version))
    assert written is not None
    again = cards.read(written)
    assert (again.metadata, again.body) == (card["metadata"], card["markdown"])
    assert [each.value for each in cards.claims(again.metadata)] == [0.75]


def test_eval_results_beside_the_card_are_claims_too() -> None:
    entry = {"dataset": {"id": "cais/hle", "task_id": "default"}, "value": 20.9}
    found = readmes.read_files({"README.md": CARD.encode(), ".eval_results/hle.yaml": yaml.dump([entry]).encode()})
    assert found[cards.EVAL_RESULTS] == [entry]
    assert [each.value for each in cards.claims(found)] == [0.99, 20.9]
    assert readmes.read_files({"config.json": b"{}"}) == {}
    assert [path for path in ("README.md", ".eval_results/a.yaml", "a.yaml") if readmes.is_card(path)] == [
        "README.md", ".eval_results/a.yaml",
    ]  # fmt: skip


def test_two_versions_are_set_against_each_other(
    world: World, person: Call, version: Version, adapter_folder: Path
) -> None:
    (adapter_folder / "README.md").write_text("# Another\n")
    config = adapter_folder / "adapter_config.json"
    config.write_text(config.read_text().replace('"lora_alpha": 8', '"lora_alpha": 16'))
    base = base_of(world)
    other = world.version("support/mail", kind=Kind.ADAPTER, base=base, folder=adapter_folder, facts={"alpha": 16})
    for each, score in ((version, 0.5), (other, 0.8)):
        world.score(each, "support/exam", score)
    found = person("sam").get(f"{MAIL}/2/diff", params={"against": "support/mail@1"}).json()
    changes = {each["path"]: each["change"] for each in found["files"]}
    assert changes == {"README.md": "changed", "adapter_config.json": "changed", "adapter_model.safetensors": "same"}
    texts = {each["path"]: each["unified_diff"] for each in found["texts"]}
    assert "+# Another" in texts["README.md"]
    assert '"lora_alpha": 16' in texts["adapter_config.json"]
    assert [(each["key"], each["new"]) for each in found["facts"] if each["key"] == "alpha"] == [("alpha", 16)]
    [skill] = found["skills"]
    assert (skill["old"], skill["new"]) == (0.5, 0.8)
    assert skill["low"] < 0.3 < skill["high"]
    seen = person("lin").get(f"{MAIL}/2/diff", params={"against": "support/mail@1"}).json()
    assert [each["path"] for each in seen["texts"]] == ["README.md"]


def base_of(world: World) -> Version:
    with world.database.read() as session:
        return queries.get_ref(session, "platform/base@1")


def test_access_is_asked_for_decided_and_granted(world: World, person: Call, version: Version) -> None:
    asks, model = "/models/support/mail/access-requests", "/models/support/mail"
    rui, lin, sam = person("rui"), person("lin"), person("sam")
    config = f"{MAIL}/1/files/adapter_config.json"
    assert rui.get(config).status_code == 403
    made = rui.post(asks, json={"fields": {"Why": "To merge"}})
    assert (made.status_code, made.json()["state"], made.json()["person"]) == (201, "pending", "rui")
    assert rui.get(asks).json() == [made.json()] == lin.get(asks).json()
    assert person("omar").get(asks).json() == []
    decide = f"{asks}/{made.json()['id']}"
    assert rui.post(decide, json={"state": "accepted"}).status_code == 403
    accepted = lin.post(decide, json={"state": "accepted"}).json()
    assert (accepted["state"], accepted["decided_by"]) == ("accepted", "lin")
    assert rui.get(config).status_code == 200
    assert lin.post(decide, json={"state": "rejected", "reason": "No more"}).json()["reason"] == "No more"
    assert rui.get(config).status_code == 403
    assert rui.put(f"{model}/grants/platform").status_code == 403
    assert lin.put(f"{model}/grants/platform").json()["department"] == "platform"
    assert [each["granted_by"] for each in sam.get(f"{model}/grants").json()] == ["lin"]
    assert rui.get(config).status_code == 200
    assert lin.delete(f"{model}/grants/platform").status_code == 204
    assert rui.get(config).status_code == 403


def test_an_open_model_needs_no_asking(world: World, person: Call, version: Version) -> None:
    rui = person("rui")
    assert rui.get(f"{MAIL}/1/content/adapter_config.json").status_code == 403
    assert person("sam").patch("/models/support/mail", json={"gating": Gating.OPEN}).status_code == 200
    assert rui.get(f"{MAIL}/1/content/adapter_config.json").status_code == 200
