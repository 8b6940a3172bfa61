"""Aliases, lineage, retirement and model settings over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from aird.audit import queries as audit_queries
from aird.auth.permissions import SYSTEM
from aird.catalog import aliases, queries, retirement
from aird.catalog.models import Kind, Relation, Visibility
from aird.catalog.routes import router
from aird.catalog.service import Parent
from aird.core.clock import now
from aird.testing import World
from tests.requests.web import Call, people_of

MAIL = "/models/support/mail"
STAGING = f"{MAIL}/aliases/staging"


@pytest.fixture
def person(world: World) -> Call:
    for _ in range(3):
        world.version("support/mail")
    return people_of(world, router)


def hide(world: World, name: str) -> None:
    with world.database.write() as session:
        queries.get_model(session, name).visibility = Visibility.PRIVATE


def put(person: Call, version: int, **more: Any) -> dict[str, Any]:
    answer = person("sam").put(STAGING, json={"version": version, "reason": "Better", **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_alias_is_set_listed_and_shown_on_the_version(person: Call) -> None:
    shown = put(person, 2)
    assert (shown["ref"], shown["moved_by"], shown["reason"], shown["protected"]) == (
        "support/mail@2", "sam", "Better", False,
    )  # fmt: skip
    noor = person("noor")
    assert noor.get(f"{MAIL}/aliases").json() == [shown] == [noor.get(STAGING).json()]
    assert noor.get(f"{MAIL}/versions/2").json()["aliases"] == ["staging"]
    assert noor.get(MAIL).json()["aliases"] == {"staging": 2}


def test_the_history_pages_and_answers_for_a_moment(person: Call) -> None:
    began = now()
    for version in (1, 2, 3):
        put(person, version)
    assert person("sam").delete(STAGING, params={"reason": "Done"}).status_code == 204
    noor, found, cursor = person("noor"), [], None
    while True:
        page = noor.get(f"{STAGING}/history", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        found += [(each["version"], each["previous"]) for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == [(None, "support/mail@3"), (3, "support/mail@2"), (2, "support/mail@1"), (1, None)]
    at = noor.get(f"{STAGING}/history").json()["items"][1]["at"]
    assert noor.get(f"{STAGING}/at", params={"moment": at}).json()["ref"] == "support/mail@3"
    for moment in (began - timedelta(days=1), now() + timedelta(days=1)):
        assert noor.get(f"{STAGING}/at", params={"moment": moment.isoformat()}).json()["code"] == "alias_not_found"


@pytest.mark.parametrize(
    ("who", "path", "body", "code"),
    [
        ("sam", "production", {"version": 1}, "alias_protected"),
        ("sam", "main", {"version": 1}, "name_refused"),
        ("sam", "staging", {"version": 9}, "version_not_found"),
        ("sam", "staging", {"version": 0}, "invalid_request"),
        ("sam", "staging", {"version": 1, "reason": " "}, "invalid_request"),
        ("rui", "staging", {"version": 1}, "not_permitted"),
        ("lin", "staging", {"version": 1}, "not_permitted"),
    ],
)
def test_an_alias_that_may_not_be_set_is_refused(
    person: Call, who: str, path: str, body: dict[str, Any], code: str
) -> None:
    answer = person(who).put(f"{MAIL}/aliases/{path}", json={"reason": "Better", **body})
    assert (answer.json()["code"], answer.status_code < 500) == (code, True)
    assert person("noor").get(f"{MAIL}/aliases").json() == []
    put(person, 1)


@pytest.mark.parametrize("cursor", ["x", "2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00+23:59", ""])
def test_a_made_up_cursor_of_the_history_is_refused(person: Call, cursor: str) -> None:
    put(person, 1)
    assert person("noor").get(f"{STAGING}/history", params={"cursor": cursor}).json()["code"] == "cursor_unknown"


def test_a_reference_by_alias_is_taken_wherever_one_is(world: World, person: Call) -> None:
    put(person, 2)
    found = person("noor").get(f"{MAIL}/versions/3/diff", params={"against": "support/mail@staging"}).json()
    assert (found["old"], found["new"]) == ("support/mail@2", "support/mail@3")
    answer = person("noor").get(f"{MAIL}/versions/3/diff", params={"against": "support/mail@nothing"})
    assert (answer.status_code, answer.json()["code"]) == (404, "alias_not_found")


def test_an_approved_alias_shows_its_approval(world: World, person: Call) -> None:
    approval = uuid4()
    with world.database.write() as session:
        version = queries.get_ref(session, "support/mail@2")
        aliases.move(
            session, world.actor("lin"), version.model, "production", version, reason="Ok", approval_id=approval
        )
    [move] = person("noor").get(f"{MAIL}/aliases/production/history").json()["items"]
    assert (move["approval_id"], move["moved_by"]) == (str(approval), "lin")
    assert person("noor").get(f"{MAIL}/aliases/production").json()["protected"]
    answer = person("sam").delete(f"{MAIL}/aliases/production", params={"reason": "No"})
    assert (answer.status_code, answer.json()["code"]) == (422, "alias_protected")


def test_a_version_is_retired_with_its_successor(world: World, person: Call) -> None:
    sam = person("sam")
    body = {"reason": "Old", "successor": "support/mail@3"}
    shown = sam.post(f"{MAIL}/versions/1/retire", json=body).json()
    assert (shown["state"], shown["successor"]) == ("retired", "support/mail@3")
    assert (
        sam.post(f"{MAIL}/versions/3/retire", json={"reason": "Old", "successor": "support/mail@2"}).status_code == 200
    )
    assert person("noor").get(f"{MAIL}/versions/1").json()["successor"] == "support/mail@2"
    with world.database.read() as session:
        first, second = (queries.get_ref(session, f"support/mail@{number}") for number in (1, 2))
        assert retirement.notice(session, first, SYSTEM) == ("retired; support/mail@1 is retired, use support/mail@2.")
        assert retirement.notice(session, second, SYSTEM) is None


@pytest.mark.parametrize("successor", ["support/mail@1", "support/mail@2", "support/mail@9", "support/none", "x"])
def test_a_successor_that_cannot_take_over_is_refused(person: Call, successor: str) -> None:
    sam = person("sam")
    sam.post(f"{MAIL}/versions/2/retire", json={"reason": "Old", "successor": "support/mail@1"})
    answer = sam.post(f"{MAIL}/versions/1/retire", json={"reason": "Old", "successor": successor})
    assert answer.status_code in (404, 422), answer.text
    assert sam.get(f"{MAIL}/versions/1").json()["state"] == "draft"
    assert sam.post(f"{MAIL}/versions/1/retire", json={"reason": "Old"}).status_code == 200


def test_a_private_successor_is_not_named(world: World, person: Call) -> None:
    world.version("hr/next")
    hide(world, "hr/next")
    body = {"reason": "Old", "successor": "hr/next@1"}
    assert person("sam").post(f"{MAIL}/versions/1/retire", json=body).json()["successor"] == "hr/next@1"
    assert person("lin").get(f"{MAIL}/versions/1").json()["successor"] is None
    with world.database.read() as session:
        version = queries.get_ref(session, "support/mail@1")
        assert retirement.notice(session, version, world.actor("lin")) == "retired; support/mail@1 is retired."


def test_a_model_is_changed_where_something_is_given(world: World, person: Call) -> None:
    sam = person("sam")
    shown = sam.patch(MAIL, json={"title": "Post", "tags": ["a", "b", "a"], "gating": "open"}).json()
    assert (shown["title"], shown["tags"], shown["gating"], shown["visibility"]) == (
        "Post",
        ["a", "b"],
        "open",
        "internal",
    )
    assert sam.patch(MAIL, json={}).json()["title"] == "Post"
    with world.database.read() as session:
        [entry] = audit_queries.entries(session, event="catalog.model.changed")
    assert (entry.details["before"]["title"], entry.details["after"]["gating"]) == ("Mail", "open")
    for who, body in (("rui", {"title": "X"}), ("sam", {"gating": "never"}), ("sam", {"owner": "sam"})):
        assert person(who).patch(MAIL, json=body).status_code in (403, 422)
    assert person("noor").get(MAIL).json()["title"] == "Post"


def test_a_moved_model_is_found_under_both_names(world: World, person: Call) -> None:
    sam = person("sam")
    assert sam.post(f"{MAIL}/move", json={"name": "finance/post"}).json()["department"] == "finance"
    old, new = sam.get(MAIL).json(), sam.get("/models/finance/post").json()
    assert old == new
    assert sam.get(f"{MAIL}/versions/2").json()["ref"] == "finance/post@2"
    assert [each["name"] for each in sam.get("/models", params={"search": "post"}).json()["items"]] == ["finance/post"]
    assert sam.post("/models", json={"name": "support/mail", "title": "New"}).json()["code"] == "model_exists"
    assert sam.post("/models/finance/post/move", json={"name": "support/mail"}).status_code == 200
    assert sam.get("/models/finance/post").json()["name"] == "support/mail"


def test_the_new_name_of_a_private_model_is_not_told_to_who_asks_by_the_old_one(world: World, person: Call) -> None:
    assert person("sam").post(f"{MAIL}/move", json={"name": "support/secret"}).status_code == 200
    assert person("omar").get(MAIL).json()["name"] == "support/secret"
    world.version("hr/open")
    hide(world, "support/secret")
    for path in ("", "/versions/1", "/aliases", "/versions/1/diff?against=support/secret@nothing"):
        answer = person("omar").get(MAIL + path)
        assert (answer.status_code, "secret" in answer.text) == (404, False)
    hidden = person("omar").get("/models/hr/open/versions/1/diff", params={"against": "support/secret@nothing"})
    assert hidden.json()["code"] == "model_not_found"


def test_a_model_is_moved_by_who_may_write_in_both_departments(world: World, person: Call) -> None:
    world.version("platform/tiny")
    for who, name in (("rui", "support/tiny"), ("lin", "platform/new"), ("sam", "support/mail"), ("sam", "moon/x")):
        answer = person(who).post("/models/platform/tiny/move", json={"name": name})
        assert answer.status_code in (403, 404, 409), (who, name, answer.text)
    assert person("rui").post("/models/platform/tiny/move", json={"name": "platform/small"}).status_code == 200


def test_a_model_without_versions_is_deleted_and_another_is_not(world: World, person: Call) -> None:
    sam = person("sam")
    sam.post("/models", json={"name": "support/empty", "title": "Empty"})
    assert person("rui").delete("/models/support/empty").status_code == 403
    assert sam.delete("/models/support/empty").status_code == 204
    assert sam.get("/models/support/empty").status_code == 404
    assert sam.delete(MAIL).json()["code"] == "model_not_empty"
    assert sam.get(MAIL).json()["versions"] == 3


def test_a_branch_is_listed_newest_first(person: Call) -> None:
    noor = person("noor")
    first = noor.get(f"{MAIL}/commits", params={"limit": 2}).json()
    second = noor.get(f"{MAIL}/commits", params={"limit": 2, "cursor": first["next"]}).json()
    found = [(each["title"], each["ref"], each["author"]) for page in (first, second) for each in page["items"]]
    assert found == [(f"Version {n}", f"support/mail@{n}", "sam") for n in (3, 2, 1)]
    assert second["next"] is None
    assert noor.get(f"{MAIL}/versions/3").json()["commit"] == first["items"][0]["sha"]
    assert noor.get(f"{MAIL}/commits", params={"branch": "none"}).json()["items"] == []
    assert noor.get(f"{MAIL}/commits", params={"cursor": "x"}).json()["code"] == "cursor_unknown"


def test_lineage_and_impact_are_shown(world: World, person: Call) -> None:
    base = world.version("platform/base", kind=Kind.BASE)
    mail = world.version("support/mail", kind=Kind.ADAPTER, base=base)
    world.version("hr/both", parents=[Parent(mail, Relation.TEACHER)])
    noor = person("noor")
    tree = noor.get(f"{MAIL}/versions/4/lineage").json()
    assert {each["ref"] for each in tree["nodes"]} == {"platform/base@1", "support/mail@4", "hr/both@1"}
    found = noor.get("/models/platform/base/versions/1/affected").json()
    assert [(each["ref"], each["relation"]) for each in found["versions"]] == [
        ("support/mail@4", "base"), ("hr/both@1", "teacher"),
    ]  # fmt: skip
    assert (found["total"], found["by_state"]) == (2, {"draft": 2})
    assert noor.get("/datasets-affected", params={"ref": "a/b@1"}).json()["total"] == 0
    assert noor.get("/datasets-affected").json()["code"] == "subject_needed"


@pytest.mark.parametrize("path", [
    "", "/versions", "/versions/1", "/versions/1/lineage", "/versions/1/affected", "/versions/1/card", "/aliases",
    "/aliases/staging", "/aliases/staging/history", "/commits", "/access-requests", "/grants",
    "/versions/1/files/config.json", "/versions/1/content/config.json", "/versions/1/files/x.safetensors/header",
    "/versions/1/diff?against=platform/base@1",
])  # fmt: skip
def test_a_private_model_does_not_exist_for_others(world: World, person: Call, path: str) -> None:
    put(person, 1)
    world.version("platform/base")
    hide(world, "support/mail")
    answer = person("omar").get(MAIL + path)
    assert (answer.status_code, answer.json()["code"]) == (404, "model_not_found")
    expected = 404 if "header" in path else 200
    assert person("sam").get(MAIL + path).status_code == expected, path
