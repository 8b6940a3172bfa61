"""Requests over HTTP."""

import pytest

from aird.requests.routes import router
from aird.testing import World
from tests.requests.web import Call, people_of

NEED = {"department": "support", "title": "Queues", "need": "Sort the mail"}


@pytest.fixture
def person(world: World) -> Call:
    return people_of(world, router)


def test_a_lead_files_and_withdraws_a_request(person: Call) -> None:
    lin = person("lin")
    filed = lin.post("/requests", json={**NEED, "users": 12, "deadline": "2027-01-31"})
    assert filed.status_code == 201
    assert (filed.json()["number"], filed.json()["deadline"]) == (1, "2027-01-31")
    withdrawn = lin.post("/requests/1/withdraw", json={"reason": "late"})
    assert withdrawn.json()["state"] == "withdrawn"
    assert lin.get("/requests/1").json() == withdrawn.json()


def test_withdrawing_twice_is_a_conflict(person: Call) -> None:
    lin = person("lin")
    lin.post("/requests", json=NEED)
    answers = [lin.post("/requests/1/withdraw", json={"reason": "late"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[1].json()["code"] == "request_move_not_allowed"


def test_an_auditor_reads_requests_but_files_none(person: Call) -> None:
    person("lin").post("/requests", json=NEED)
    noor = person("noor")
    assert noor.get("/requests").json()["items"][0]["title"] == "Queues"
    assert noor.post("/requests", json=NEED).status_code == 403


@pytest.mark.parametrize(
    "change", [{"title": " "}, {"need": ""}, {"users": 0}, {"deadline": "soon"}, {"examples": [{}]}, {"more": 1}]
)
def test_a_request_that_makes_no_sense_is_refused(person: Call, change: dict[str, object]) -> None:
    answer = person("lin").post("/requests", json={**NEED, **change})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_unknown_things_are_not_found(person: Call) -> None:
    lin = person("lin")
    assert lin.get("/requests/7").json()["code"] == "request_not_found"
    assert lin.post("/requests", json={**NEED, "department": "moon"}).json()["code"] == "department_not_found"


def test_the_list_goes_on_where_the_page_ended(person: Call) -> None:
    sam = person("sam")
    for department in ("support", "finance", "support"):
        sam.post("/requests", json={**NEED, "department": department})
    first = sam.get("/requests", params={"limit": 2}).json()
    second = sam.get("/requests", params={"limit": 2, "cursor": first["next"]}).json()
    assert [[each["number"] for each in page["items"]] for page in (first, second)] == [[3, 2], [1]]
    assert second["next"] is None
    of_finance = sam.get("/requests", params={"department": "finance", "state": "open"}).json()["items"]
    assert [each["number"] for each in of_finance] == [2]
