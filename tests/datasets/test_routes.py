"""Data sets over HTTP."""

import pytest

from aird.datasets import service
from aird.datasets.routes import router
from tests.datasets.conftest import CHATS, Shelf
from tests.requests.web import Call, people_of


@pytest.fixture
def person(shelf: Shelf) -> Call:
    return people_of(shelf.world, router)


def test_a_data_set_is_opened_and_found(person: Call) -> None:
    made = person("sam").post("/datasets", json={"name": "hr/forms", "title": "Forms", "kind": "training", "card": "c"})
    assert made.status_code == 201
    assert person("noor").get("/datasets/hr/forms").json() == made.json()
    assert (made.json()["department"], made.json()["versions"], made.json()["latest"]) == ("hr", 0, None)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"name": "forms"}, 422, "invalid_request"),
        ({"name": "moon/forms"}, 404, "department_not_found"),
        ({"kind": "other"}, 422, "invalid_request"),
        ({"title": ""}, 422, "invalid_request"),
        ({"name": "support/mail"}, 409, "dataset_exists"),
    ],
)
def test_a_data_set_that_makes_no_sense_is_refused(
    shelf: Shelf, person: Call, change: dict[str, str], status: int, code: str
) -> None:
    shelf.dataset()
    body = {"name": "hr/forms", "title": "Forms", "kind": "training", **change}
    answer = person("sam").post("/datasets", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_list_is_by_name_and_goes_on_where_the_page_ended(shelf: Shelf, person: Call) -> None:
    for name in ("support/b", "hr/c", "support/a"):
        shelf.dataset(name)
    noor = person("noor")
    first = noor.get("/datasets", params={"limit": 2}).json()
    second = noor.get("/datasets", params={"limit": 2, "cursor": first["next"]}).json()
    assert [each["name"] for page in (first, second) for each in page["items"]] == ["hr/c", "support/a", "support/b"]
    assert [each["name"] for each in noor.get("/datasets?department=hr&kind=training").json()["items"]] == ["hr/c"]
    assert noor.get("/datasets?kind=exam").json()["items"] == []


def test_the_words_are_shown_to_those_who_work_there_alone(shelf: Shelf, person: Call) -> None:
    dataset = shelf.dataset()
    long = [{"messages": [{"role": "user", "content": "x" * 5000}, {"role": "assistant", "content": "y"}]}]
    with shelf.world.database.write() as session:
        service.add_version(session, shelf.world.actor("sam"), dataset, shelf.new(train=CHATS, dev=long))
    path = "/datasets/support/mail/versions/1"
    for who in ("lin", "sam"):
        preview = person(who).get(path).json()["preview"]
        assert preview["train"] == CHATS[:3]
        assert len(preview["dev"][0]["messages"][0]["content"]) == 2001
    for who in ("omar", "noor"):
        assert person(who).get(path).json()["preview"] == {}
    listed = person("lin").get("/datasets/support/mail/versions").json()["items"]
    assert [(each["ref"], each["preview"]) for each in listed] == [("support/mail@1", {})]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/datasets/support/other", "dataset_not_found"),
        ("/datasets/support/mail/versions/1", "dataset_version_not_found"),
        ("/datasets/support/other/versions", "dataset_not_found"),
        ("/datasets/support/other/items", "dataset_not_found"),
    ],
)
def test_unknown_things_are_not_found(shelf: Shelf, person: Call, path: str, code: str) -> None:
    shelf.dataset()
    answer = person("sam").get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, code)
