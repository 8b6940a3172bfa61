"""Lists over HTTP: pages, filters, facets, and what is refused."""

from typing import Any

import pytest
from httpx2 import Response

from aird.catalog.models import Model, Visibility
from aird.catalog.routes import router
from aird.testing import World
from tests.requests.web import Call, people_of


@pytest.fixture
def person(world: World) -> Call:
    return people_of(world, router)


def refs(answer: Response) -> list[str]:
    return [each["ref"] for each in answer.json()["items"]]


def names(answer: Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["items"]]


def test_the_list_of_models_goes_on_where_the_page_ended(world: World, person: Call) -> None:
    for name in ("support/b", "hr/c", "support/a"):
        world.version(name)
    noor = person("noor")
    first = noor.get("/models", params={"limit": 2})
    second = noor.get("/models", params={"limit": 2, "cursor": first.json()["next"]})
    assert names(first) + names(second) == ["hr/c", "support/a", "support/b"]
    assert second.json()["next"] is None
    assert names(noor.get("/models?department=hr&search=C")) == ["hr/c"]
    assert names(noor.get("/models?sort=updated")) == ["support/b", "hr/c", "support/a"]
    assert names(noor.get("/models?sort=-updated")) == ["support/a", "hr/c", "support/b"]


def test_the_list_of_versions_goes_on_where_the_page_ended(world: World, person: Call) -> None:
    for name in ("support/a", "hr/c", "support/a", "support/a"):
        world.version(name)
    shown, cursor, noor = [], None, person("noor")
    for _ in range(2):
        page = noor.get("/versions", params={"limit": 2, "all": True, **({"cursor": cursor} if cursor else {})})
        shown, cursor = shown + refs(page), page.json()["next"]
    assert (shown, cursor) == (["hr/c@1", "support/a@3", "support/a@2", "support/a@1"], None)
    assert refs(noor.get("/versions")) == ["hr/c@1", "support/a@3"]
    assert refs(noor.get("/models/support/a/versions")) == ["support/a@3", "support/a@2", "support/a@1"]


@pytest.mark.parametrize("path", ["/models", "/versions"])
def test_a_cursor_belongs_to_the_list_that_gave_it(world: World, person: Call, path: str) -> None:
    for name in ("support/a", "support/b"):
        world.version(name)
    noor = person("noor")
    given = noor.get(path, params={"limit": 1}).json()["next"]
    assert names(noor.get(path, params={"cursor": given})) == ["support/b"]
    other = noor.get("/models?sort=updated&limit=1").json()["next"]
    for cursor in ("x", "support/a@1", "", other):
        answer = noor.get(path, params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_unknown")


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"skill": "support/exam:high"}, 400, "filter_unknown"),
        ({"base": "../etc"}, 422, "name_refused"),
        ({"kind": "whole"}, 422, "invalid_request"),
        ({"sort": "size"}, 422, "invalid_request"),
        ({"size_min": -1}, 422, "invalid_request"),
        ({"size_max": 2**63}, 422, "invalid_request"),
        ({"limit": 0}, 422, "invalid_request"),
        ({"tag": ["x"] * 17}, 422, "invalid_request"),
        ({"search": "a" * 201}, 422, "invalid_request"),
    ],
)
def test_what_a_list_cannot_be_narrowed_by_is_refused(
    world: World, person: Call, asked: dict[str, Any], status: int, code: str
) -> None:
    world.version("support/mail")
    answer = person("noor").get("/models", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "asked",
    [
        {"skill": "support/exam:0.5"},
        {"skill": ["support/exam", "support/exam:0.9"]},
        {"kind": "full", "state": "candidate"},
        {"size_min": 1000, "size_max": 1000, "skill": "support/exam"},
        {"size": "<1M", "tag": "post"},
        {"tag": "Post", "search": "mai SORT"},
        {"search": "post"},
    ],
)
def test_a_model_is_found_by_what_its_latest_version_is(world: World, person: Call, asked: dict[str, Any]) -> None:
    sam = person("sam")
    body = {"name": "support/mail", "title": "Mail", "description": "Sorts the mail", "tags": ["post"]}
    assert sam.post("/models", json=body).status_code == 201
    world.version("support/calls")
    world.score(world.version("support/mail"), "support/exam", 0.9)
    assert names(sam.get("/models", params=asked)) == ["support/mail"]
    assert names(sam.get("/versions", params=asked)) == ["support/mail"]


def test_facets_are_counted_over_the_same_list(world: World, person: Call) -> None:
    for name in ("support/a", "hr/c", "support/a"):
        world.version(name)
    noor = person("noor")
    shown = noor.get("/models/facets").json()
    assert shown["department"] == [{"value": "hr", "count": 1}, {"value": "support", "count": 1}]
    assert (shown["models"], shown["cut"], shown["tag"]) == (2, False, [])
    shown = noor.get("/models/facets?department=hr").json()
    assert (shown["models"], shown["size"]) == (1, [{"value": "<1M", "count": 1}])
    assert noor.get("/models/facets?search=nobody").json()["models"] == 0


def test_a_private_model_is_in_no_list_of_another_department(world: World, person: Call) -> None:
    version = world.version("support/secret")
    with world.database.write() as session:
        model = session.get_one(Model, version.model_id)
        model.visibility = Visibility.PRIVATE
    for who, seen in (("lin", ["support/secret"]), ("noor", ["support/secret"]), ("omar", [])):
        for path in ("/models", "/models?search=secret", "/models?sort=updated", "/versions", "/versions?all=true"):
            assert names(person(who).get(path)) == seen, (who, path)
        assert person(who).get("/models/facets").json()["models"] == len(seen)
        rows = person(who).get("/skills").json()["rows"]
        assert rows == []
