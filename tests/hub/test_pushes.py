"""What a push becomes, what it never moves, and whose bytes it may name."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from aird.catalog import aliases, commits, queries
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind, Visibility
from aird.testing import World
from tests.hub.caller import Caller, file, lfs, sha256

BASE, ADAPTER = "finance/base", "finance/adapter"


@pytest.fixture
def hub(world: World) -> Caller:
    return Caller(world)


@pytest.fixture
def base(hub: Caller, models: Mapping[str, Path]) -> Caller:
    """The Hub with finance/base pushed."""
    hub.create(BASE)
    answer = hub.push(BASE, models["base"])
    assert answer.status_code == 200, answer.text
    return hub


def _latest(hub: Caller, name: str) -> int:
    with hub.world.database.read() as session:
        return queries.get_model(session, name).latest_number


def test_a_whole_model_becomes_a_draft_with_its_card(base: Caller) -> None:
    card = b"---\nlicense: mit\nlanguage: zh\n---\n# Words\n"
    assert base.commit(BASE, file("README.md", card)).status_code == 200
    with base.world.database.read() as session:
        version = queries.get_version(session, BASE)
        assert (version.number, version.kind, version.state) == (2, Kind.BASE, VersionState.DRAFT)
        assert (version.license, version.card["language"]) == ("mit", "zh")
        assert version.facts == queries.get_version(session, BASE, 1).facts


def test_files_that_are_not_whole_yet_are_a_commit_without_a_version(hub: Caller, models: Mapping[str, Path]) -> None:
    hub.create(BASE)
    names = sorted((path.name for path in models["base"].iterdir()), key=lambda name: name == "tokenizer.json")
    for name in names:
        assert hub.commit(BASE, file(name, (models["base"] / name).read_bytes())).status_code == 200
        assert _latest(hub, BASE) == (1 if name == names[-1] else 0)


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("run.py", b"import os", "program code"),
        ("pytorch_model.bin", b"\x80\x02", "safetensors"),
        ("model.zip", b"PK\x03\x04", "archives"),
        ("../config.json", b"{}", "plain file name"),
        ("/etc/passwd", b"x", "plain file name"),
        ("a/b.json", b"{}", "flat folder"),
        (".eval_results/run.sh", b"x", "scores"),
        ("config.json", b'{"auto_map": {}}', "auto_map"),
        ("README.md", b"---\nlicense: [\n---\n", "card"),
        ("caf\xe9.json", b"{}", "plain file name"),
    ],
)
def test_what_may_not_come_in_is_refused_with_the_reason_and_changes_nothing(
    base: Caller, path: str, data: bytes, reason: str
) -> None:
    before = base("GET", f"/api/models/{BASE}").json()["sha"]
    answer = base.commit(BASE, file(path, data))
    assert answer.status_code == 422, answer.text
    assert reason in answer.json()["error"]
    assert answer.headers["x-error-message"].isascii()
    assert base("GET", f"/api/models/{BASE}").json()["sha"] == before


def test_what_could_not_come_in_is_refused_before_it_is_sent(base: Caller) -> None:
    path = f"/api/models/{BASE}/preupload/main"
    refused = base("POST", path, json={"files": [{"path": "run.py", "size": 9, "sample": ""}]})
    assert (refused.status_code, "code" in refused.json()["error"]) == (422, True)
    taken = base("POST", path, json={"files": [{"path": ".gitattributes", "size": 9}, {"path": "LICENSE", "size": 9}]})
    assert [each["shouldIgnore"] for each in taken.json()["files"]] == [True, False]


def test_an_adapter_finds_its_base_by_its_own_words_or_by_its_card(base: Caller, models: Mapping[str, Path]) -> None:
    base.create(ADAPTER)
    nameless = base.push(ADAPTER, models["one"])
    assert (nameless.status_code, nameless.headers["x-error-code"]) == (422, "BaseNeeded")
    card = f"---\nbase_model: {BASE}\n---\n".encode()
    assert base.push(ADAPTER, models["one"], file("README.md", card)).status_code == 200
    with base.world.database.read() as session:
        version = queries.get_version(session, ADAPTER)
        assert (version.kind, queries.base_of(session, version).ref) == (Kind.ADAPTER, f"{BASE}@1")
    served = base("GET", f"/{ADAPTER}/resolve/main/adapter_config.json").content
    base.create("finance/copy")
    again = [file(path.name, path.read_bytes()) for path in models["one"].iterdir() if path.suffix != ".json"]
    assert base.commit("finance/copy", *again, file("adapter_config.json", served)).status_code == 200


def test_an_adapter_does_not_name_a_base_that_not_all_may_see(base: Caller, models: Mapping[str, Path]) -> None:
    card = file("README.md", f"---\nbase_model: {BASE}\n---\n".encode())
    for name in (ADAPTER, "support/helper"):
        base.create(name)
        assert base.push(name, models["one"], card).status_code == 200

    def named(name: str) -> list[object]:
        config = base("GET", f"/{name}/resolve/main/adapter_config.json").json()
        return [config["base_model_name_or_path"], config["revision"]]

    assert named("support/helper") == named(ADAPTER)
    assert named(ADAPTER)[1] == "v1"
    with base.world.database.write() as session:
        for name in (BASE, ADAPTER):
            queries.get_model(session, name).visibility = Visibility.PRIVATE
    assert (named(ADAPTER)[1], named("support/helper")) == ("v1", [None, None])


def test_a_base_that_may_not_be_used_is_no_base(base: Caller, models: Mapping[str, Path]) -> None:
    base.create("platform/mine")
    card = file("README.md", f"---\nbase_model: {BASE}\n---\n".encode())
    gated = base.push("platform/mine", models["one"], card, by="rui")
    assert (gated.status_code, gated.headers["x-error-code"]) == (403, "GatedRepo")
    base("PUT", f"/api/models/{BASE}/settings", json={"gated": False})
    assert base.push("platform/mine", models["one"], card, by="rui").status_code == 200


def test_a_push_moves_its_branch_and_no_alias(base: Caller) -> None:
    world = base.world
    with world.database.write() as session:
        version = queries.get_version(session, BASE)
        aliases.move(session, world.actor("sam"), version.model, "staging", version, reason="trial")
    assert base.commit(BASE, file("LICENSE", b"Ours.")).status_code == 200
    first = base("GET", f"/api/models/{BASE}/revision/v1").json()["sha"]
    assert base("GET", f"/api/models/{BASE}/revision/staging").json()["sha"] == first
    for alias in ("staging", "production"):
        refused = base.commit(BASE, file("LICENSE", b"Theirs."), revision=alias)
        assert (refused.status_code, "no push moves an alias" in refused.json()["error"]) == (422, True)
        taken = base("POST", f"/api/models/{BASE}/branch/{alias}", json={})
        assert taken.status_code == 409


def test_of_two_pushes_from_one_state_one_wins(base: Caller) -> None:
    head = base("GET", f"/api/models/{BASE}").json()["sha"]
    won = base.commit(BASE, file("LICENSE", b"Ours."), parent=head)
    lost = base.commit(BASE, file("LICENSE", b"Theirs."), parent=head)
    assert (won.status_code, lost.status_code) == (200, 412)
    assert base("GET", f"/{BASE}/resolve/main/LICENSE").content == b"Ours."
    assert base.commit(BASE, file("LICENSE", b"Theirs."), parent=won.json()["commitOid"]).status_code == 200


def test_who_may_not_write_pushes_nothing(base: Caller) -> None:
    step = file("LICENSE", b"x")
    assert [base.commit(BASE, step, by=each).status_code for each in ("rui", "omar", "noor", "ada")] == [403] * 4
    assert base("POST", f"/api/models/{BASE}/commit/main", None, content=b"").status_code == 401


def test_large_files_come_by_an_address_of_their_own(base: Caller) -> None:
    data = b"# Notice\n" * 20
    found = base.batch(BASE, data)
    address = base.at(found["actions"]["upload"]["href"])
    assert base.commit(BASE, lfs("NOTICE", data)).status_code == 404
    assert base("PUT", address, None, content=data[:-1]).status_code == 409
    assert base("PUT", address, None, content=data[:-1] + b"?").status_code == 409
    assert base("PUT", f"{address}x", None, content=data).status_code == 404
    verify = base.at(found["actions"]["verify"]["href"])
    asked = {"oid": sha256(data), "size": len(data)}
    assert base("POST", verify, json=asked).status_code == 404
    assert base("PUT", address, None, content=data).status_code == 200
    assert base("POST", verify, json=asked).status_code == 200
    assert base.commit(BASE, lfs("NOTICE", data)).status_code == 200
    assert base("GET", f"/{BASE}/resolve/main/NOTICE").content == data


def test_a_very_large_file_comes_in_parts(base: Caller) -> None:
    base.world.settings.hub_part_bytes = 64
    data = bytes(range(150))
    upload = base.batch(BASE, data)["actions"]["upload"]
    header = upload["header"]
    assert sorted(header) == ["1", "2", "3", "chunk_size"]
    parts = []
    for number in (3, 1, 2):
        piece = data[(number - 1) * 64 : number * 64]
        answer = base("PUT", base.at(header[str(number)]), None, content=piece)
        parts.append({"partNumber": number, "etag": answer.headers["etag"]})
    done = base("POST", base.at(upload["href"]), None, json={"oid": sha256(data), "parts": parts})
    assert done.status_code == 200, done.text
    assert base.world.store.has(f"sha256:{sha256(data)}")
    assert not list(base.world.store.partial_folder.glob("hub-*"))
    again = base("POST", base.at(upload["href"]), None, json={"oid": sha256(data), "parts": parts})
    assert again.status_code == 200


def test_a_missing_part_is_said(base: Caller) -> None:
    base.world.settings.hub_part_bytes = 64
    data = bytes(150)
    upload = base.batch(BASE, data)["actions"]["upload"]
    base("PUT", base.at(upload["header"]["1"]), None, content=data[:64])
    assert base("PUT", base.at(upload["href"]) + "/4", None, content=b"x").status_code == 404
    answer = base("POST", base.at(upload["href"]), None, json={"oid": sha256(data), "parts": []})
    assert (answer.status_code, "Part 2" in answer.json()["error"]) == (400, True)


def test_knowing_a_digest_gives_no_bytes(base: Caller, models: Mapping[str, Path]) -> None:
    weights = (models["base"] / "model.safetensors").read_bytes()
    base.create("platform/thief")
    there, nowhere = base.batch("platform/thief", weights, "rui"), base.batch("platform/thief", bytes(100), "rui")
    assert there["actions"].keys() == nowhere["actions"].keys() == {"upload", "verify"}
    for data in (weights, bytes(100)):
        refused = base.commit("platform/thief", lfs("model.safetensors", data), by="rui")
        assert (refused.status_code, refused.headers["x-error-code"]) == (404, "BlobNotUploaded")
    assert "actions" not in base.batch("platform/thief", weights), "sam may read them and sends nothing again"
    assert base("PUT", base.at(there["actions"]["upload"]["href"]), None, content=weights).status_code == 200
    assert "actions" not in base.batch("platform/thief", weights, "rui"), "who has sent every byte has them"


def test_steps_that_are_none_are_refused(base: Caller) -> None:
    for steps in (
        [("nonsense", {"path": "x"})],
        [("file", {"path": "x"})],
        [("lfsFile", {"path": "x", "oid": "../../x"})],
        [("deletedFile", {})],
        [("header", {"summary": 5})],
    ):
        assert base.commit(BASE, *steps).status_code == 400, steps
    gone = base.commit(BASE, ("deletedFile", {"path": "nothing"}))
    assert (gone.status_code, gone.headers["x-error-code"]) == (404, "EntryNotFound")
    assert base.commit(BASE, ("deletedFolder", {"path": "nothing/"})).status_code == 404
    assert base.commit(BASE, ("copyFile", {"path": "x", "srcPath": "nothing"})).status_code == 404
    assert base.commit(BASE, ("copyFile", {"path": "LICENSE", "srcPath": "chat_template.jinja"})).status_code == 200


def test_scores_beside_a_model_are_read_and_kept(base: Caller) -> None:
    scores = b"- dataset: {id: house/exam, task_id: choice}\n  value: 0.9\n"
    assert base.commit(BASE, file(".eval_results/exam.yaml", scores)).status_code == 200
    info = base("GET", f"/api/models/{BASE}").json()
    assert info["evalResults"][0]["value"] == 0.9
    tree = base("GET", f"/api/models/{BASE}/tree/main").json()
    assert tree[0] == {"type": "directory", "path": ".eval_results", "size": 0, "oid": tree[0]["oid"]}
    assert base.commit(BASE, ("deletedFolder", {"path": ".eval_results/"})).status_code == 200


def test_a_branch_has_its_own_states_and_versions(base: Caller) -> None:
    assert base("POST", f"/api/models/{BASE}/branch/try%2Fwords", json={"startingPoint": "main"}).status_code == 200
    assert base.commit(BASE, file("LICENSE", b"Ours."), revision="try%2Fwords").status_code == 200
    assert base("HEAD", f"/{BASE}/resolve/try%2Fwords/LICENSE").status_code == 200
    assert base("HEAD", f"/{BASE}/resolve/main/LICENSE").status_code == 404
    assert _latest(base, BASE) == 2
    with base.world.database.read() as session:
        model = queries.get_model(session, BASE)
        assert commits.head(session, model, "try/words") is not None
    assert base("DELETE", f"/api/models/{BASE}/branch/try%2Fwords").status_code == 200
    assert base("DELETE", f"/api/models/{BASE}/branch/main").status_code == 422
    for name in ("refs%2Fpr%2F1", "v3", "12", "a..b", "abcdef1", "-x"):
        assert base("POST", f"/api/models/{BASE}/branch/{name}", json={}).status_code in (422, 501), name


def test_a_private_model_is_none_for_others(base: Caller) -> None:
    base("PUT", f"/api/models/{BASE}/settings", json={"private": True})
    with base.world.database.read() as session:
        assert queries.get_model(session, BASE).visibility is Visibility.PRIVATE
    for path in ("", "/tree/main", "/refs", "/auth-check", "/commits/main", "/revision/v1"):
        hidden, absent = (base("GET", f"/api/models/{each}{path}", "rui") for each in (BASE, "finance/bose"))
        assert hidden.status_code == absent.status_code == 404
        assert hidden.json() == {"error": absent.json()["error"].replace("bose", "base")}
    assert base("GET", "/api/models", "rui").json() == []
    assert [each["id"] for each in base("GET", "/api/models", "omar").json()] == [BASE]


def test_kinds_of_refs_are_told_apart(base: Caller) -> None:
    assert base("POST", f"/api/models/{BASE}/tag/main", json={"tag": "good", "message": "m"}).status_code == 200
    refs = base("GET", f"/api/models/{BASE}/refs").json()
    assert {each["name"] for each in refs["tags"]} == {"good", "v1"}
    assert [each["ref"] for each in refs["branches"]] == ["refs/heads/main"]
    with base.world.database.read() as session:
        model = queries.get_model(session, BASE)
        assert commits.head(session, model) is not None
