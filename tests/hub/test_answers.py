"""What the Hub answers: files in part and unchanged, hostile addresses, what it has not, who may call what."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from aird.auth.permissions import SYSTEM
from aird.catalog import queries, service
from aird.hub import elsewhere
from aird.hub.app import create_hub
from aird.hub.push_routes import NO_XET_PATH
from aird.testing import World
from tests.hub.caller import Caller, file

BASE = "finance/base"
CARD = b"---\nlicense: mit\n---\n# Words\n"


@pytest.fixture
def hub(world: World, models: Mapping[str, Path]) -> Caller:
    """The Hub with finance/base pushed, with a README."""
    caller = Caller(world)
    caller.create(BASE)
    answer = caller.push(BASE, models["base"], file("README.md", CARD))
    assert answer.status_code == 200, answer.text
    return caller


def test_a_file_comes_whole_in_part_or_not_again(hub: Caller, models: Mapping[str, Path]) -> None:
    data = (models["base"] / "model.safetensors").read_bytes()
    path = f"/{BASE}/resolve/main/model.safetensors"
    head = hub("HEAD", path)
    etag = f'"{hashlib.sha256(data).hexdigest()}"'
    assert (head.status_code, head.content) == (200, b"")
    assert (head.headers["etag"], head.headers["x-linked-etag"]) == (etag, etag)
    assert head.headers["content-length"] == head.headers["x-linked-size"] == str(len(data))
    assert head.headers["x-repo-commit"] == hub("GET", f"/api/models/{BASE}").json()["sha"]
    assert "location" not in head.headers
    assert hub("GET", path).content == data
    part = hub("GET", path, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, data[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(data)}"
    rest = hub("GET", path, headers={"Range": "bytes=1000-", "If-Range": etag})
    assert (rest.status_code, rest.content) == (206, data[1000:])
    other = hub("GET", path, headers={"Range": "bytes=1000-", "If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, data)
    beyond = hub("GET", path, headers={"Range": f"bytes={len(data)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(data)}")
    assert hub("GET", path, headers={"If-None-Match": etag}).status_code == 304
    assert hub("GET", f"/{BASE}/raw/main/model.safetensors").content.startswith(b"version https://git-lfs")


def test_small_files_are_known_by_what_git_calls_them(hub: Caller) -> None:
    git = hashlib.sha1(b"blob %d\0" % len(CARD) + CARD).hexdigest()
    assert hub("HEAD", f"/{BASE}/resolve/main/README.md").headers["etag"] == f'"{git}"'
    shown = hub("POST", f"/api/models/{BASE}/paths-info/main", data={"paths": ["README.md"]}).json()
    assert shown == [{"type": "file", "path": "README.md", "size": len(CARD), "oid": git}]


def test_what_is_handed_out_is_never_shown_as_a_page(hub: Caller) -> None:
    headers = hub("GET", f"/{BASE}/resolve/main/README.md").headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"].startswith("attachment")


PATHS = (
    "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/x", "%252e%252e%252fetc", "..%255c..%255cx",
    "/etc/passwd", "%2Fetc%2Fpasswd", "a%00b", "%ff%fe", "caf%C3%A9.json", "%E6%96%87%E4%BB%B6", "a%0d%0aX: y",
    "config.json%20", "config.json/", ".", "C:%5Cx", "file:%2F%2F%2Fetc%2Fpasswd", "a" * 3000,
)  # fmt: skip
NAMES = ("%2e%2e", "..", "Finance%2FX/y", "finance/%00", "finance/base%2Fx", "finance/BASE", "a--b/c")


def test_a_hostile_path_is_no_file(hub: Caller) -> None:
    for path in PATHS:
        for address in (f"/{BASE}/resolve/main/{path}", f"/{BASE}/raw/main/{path}"):
            answer = hub("GET", address)
            assert answer.status_code in (400, 404), address
            assert b"root:" not in answer.content
        assert hub("GET", f"/api/models/{BASE}/tree/main/{path}").status_code in (200, 400, 404)
    for name in NAMES:
        assert hub("GET", f"/api/models/{name}").status_code in (400, 404), name


def test_a_file_that_is_not_there_says_so_with_the_commit(hub: Caller) -> None:
    sha = hub("GET", f"/api/models/{BASE}").json()["sha"]
    for method in ("HEAD", "GET"):
        answer = hub(method, f"/{BASE}/resolve/main/nothing.json")
        assert answer.status_code == 404
        assert (answer.headers["x-error-code"], answer.headers["x-repo-commit"]) == ("EntryNotFound", sha)
    tree = hub("GET", f"/api/models/{BASE}/tree/main/additional_chat_templates")
    assert (tree.status_code, tree.headers["x-error-code"]) == (404, "EntryNotFound")
    assert hub("GET", f"/api/models/{BASE}/tree/nothing").headers["x-error-code"] == "RevisionNotFound"
    assert hub("GET", "/api/models/finance/nothing").headers["x-error-code"] == "RepoNotFound"


def test_revisions_are_found_by_every_name_they_have(hub: Caller) -> None:
    first = hub("GET", f"/api/models/{BASE}").json()["sha"]
    hub.commit(BASE, file("LICENSE", b"Ours."))
    newest = hub("GET", f"/api/models/{BASE}").json()["sha"]
    for revision in ("v1", "1", first, first[:7]):
        assert hub("GET", f"/api/models/{BASE}/revision/{revision}").json()["sha"] == first
    for revision in ("main", "v2", newest):
        assert hub("GET", f"/api/models/{BASE}/revision/{revision}").json()["sha"] == newest
    assert hub("GET", f"/api/models/{BASE}.V1/revision/anything").json()["sha"] == first
    for revision in ("v3", "0", first[:6], "f" * 40, "%27%20OR%201=1", "%25"):
        assert hub("GET", f"/api/models/{BASE}/revision/{revision}").status_code == 404
    assert hub("GET", f"/api/models/{BASE}.V9").status_code == 404
    assert hub.commit(f"{BASE}.V1", file("LICENSE", b"x")).status_code == 400


def test_weights_are_for_those_who_may_use_them_and_words_for_all(hub: Caller) -> None:
    for by, status in (("sam", 200), ("rui", 403), ("omar", 403), ("noor", 403), (None, 401)):
        assert hub("HEAD", f"/{BASE}/resolve/main/config.json", by).status_code == status
        assert hub("HEAD", f"/{BASE}/resolve/main/README.md", by).status_code == (401 if by is None else 200)
    assert hub("GET", f"/{BASE}/resolve/main/config.json", "rui").headers["x-error-code"] == "GatedRepo"
    assert hub("GET", f"/{BASE}/resolve/main/nothing.json", "rui").headers["x-error-code"] == "GatedRepo"


def test_who_pulls_a_retired_version_is_told(hub: Caller) -> None:
    world = hub.world
    assert "x-hf-warning" not in hub("GET", f"/api/models/{BASE}").headers
    with world.database.write() as session:
        service.retire(session, SYSTEM, queries.get_version(session, BASE), reason="old")
    for path in (f"/api/models/{BASE}", f"/{BASE}/resolve/main/README.md", f"/api/models/{BASE}/tree/main"):
        warning = hub("GET", path).headers["x-hf-warning"]
        assert "retired" in warning and ";" in warning  # noqa: PT018


def test_a_version_without_a_readme_gets_one_and_says_its_size(hub: Caller) -> None:
    hub.commit(BASE, ("deletedFile", {"path": "README.md"}))
    info = hub("GET", f"/api/models/{BASE}?blobs=true").json()
    size = next(each["size"] for each in info["siblings"] if each["rfilename"] == "README.md")
    answer = hub("GET", f"/{BASE}/resolve/main/README.md")
    assert len(answer.content) == size == int(hub("HEAD", f"/{BASE}/resolve/main/README.md").headers["content-length"])
    assert answer.content.startswith(b"---\n")


def test_every_answer_has_the_id_of_its_request(hub: Caller) -> None:
    assert hub("GET", "/api/whoami-v2", headers={"X-Request-Id": "mine-1"}).headers["x-request-id"] == "mine-1"
    assert len(hub("GET", "/api/nothing").headers["x-request-id"]) == 32
    assert hub("GET", "/api/nothing", headers={"X-Request-Id": "a b\x7f"}).headers["x-request-id"] != "a b\x7f"


ABSENT = (
    ("GET", "/api/models/finance/base/discussions"), ("POST", "/api/models/finance/base/discussions"),
    ("GET", "/api/datasets"), ("GET", "/api/datasets/a/b"), ("GET", "/api/spaces/a/b"), ("GET", "/api/collections"),
    ("GET", "/api/settings/webhooks"), ("GET", "/api/kernels/a/b"), ("GET", "/api/jobs/sam"),
    ("GET", "/api/users/sam/overview"), ("POST", "/api/models/finance/base/duplicate"),
    ("GET", "/api/models/finance/base/lfs-files"), ("POST", "/oauth/device"), ("GET", "/api/daily_papers"),
    ("POST", "/api/models/finance/base/like"), ("GET", NO_XET_PATH),
)  # fmt: skip


def test_what_is_not_offered_says_so(hub: Caller) -> None:
    for method, path in ABSENT:
        answer = hub(method, path)
        assert (answer.status_code, answer.headers["x-error-code"]) == (501, "NotImplemented"), path
        message = answer.headers["x-error-message"]
        assert "not offered" in message or "no Xet" in message, path


def test_pull_requests_and_other_kinds_of_repositories_are_not_offered(hub: Caller) -> None:
    answer = hub("POST", f"/api/models/{BASE}/commit/main?create_pr=1", content=b"")
    assert (answer.status_code, answer.headers["x-error-code"]) == (501, "NotImplemented")
    for kind in ("dataset", "space"):
        assert (
            hub("POST", "/api/repos/create", json={"name": "x", "organization": "hr", "type": kind}).status_code == 501
        )
    assert hub("GET", f"/api/models/{BASE}/nothing").status_code == 404


def test_a_client_that_wants_xet_is_led_to_the_line_to_set(hub: Caller) -> None:
    answer = hub("GET", f"/api/models/{BASE}/xet-write-token/main")
    assert answer.status_code == 307
    assert "HF_HUB_DISABLE_XET=1" in answer.headers["location"]
    assert "HF_HUB_DISABLE_XET=1" in hub("GET", hub.at(answer.headers["location"])).headers["x-error-message"]


def test_every_route_names_the_right_it_needs_or_says_that_it_needs_none(world: World) -> None:
    app = create_hub(world.settings, world.database, world.store)
    free = set()
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, APIRoute):
            continue
        needs = {getattr(each.call, "permission", None) for each in _dependants(route.dependant)} - {None}
        assert needs or getattr(route.endpoint, "public", False), route.path
        if not needs:
            free.add(route.path)
    refusals = {path for paths in elsewhere.REASONS.values() for path in paths}
    assert free - refusals == {
        "/api/agent-harnesses", "/api/telemetry/{topic:path}", "/api/models-tags-by-type", "/api/lfs/{secret}",
        "/api/lfs/{secret}/{number}", "/models/{department}/{name}", "/models/{department}/{name}/{rest:path}",
        NO_XET_PATH, "/{rest:path}",
    }  # fmt: skip


def _dependants(dependant: Dependant) -> list[Dependant]:
    return [dependant, *(below for each in dependant.dependencies for below in _dependants(each))]
