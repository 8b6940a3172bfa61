"""Drafts, who sees what of a request, and the conversation."""

from typing import Any

import pytest

from aird.planning.advice.routes import router as advice
from aird.requests.routes import router
from aird.testing import World
from tests.requests.web import Call, people_of

EXAMPLES = [{"question": "Where is it?", "answer": "In queue 14"}]
NEED: dict[str, Any] = {
    "department": "support", "title": "Queues", "need": "Sort the mail", "examples": EXAMPLES, "draft": True,
}  # fmt: skip


@pytest.fixture
def person(world: World) -> Call:
    return people_of(world, router, advice)


def test_a_draft_is_seen_by_its_department_and_the_staff_alone(person: Call) -> None:
    person("lin").post("/requests", json=NEED)
    seen = {who: person(who).get("/requests/1").status_code for who in ("lin", "sam", "omar", "noor")}
    assert seen == {"lin": 200, "sam": 200, "omar": 404, "noor": 404}
    listed = {who: len(person(who).get("/requests").json()["items"]) for who in ("lin", "omar")}
    assert listed == {"lin": 1, "omar": 0}


def test_a_draft_is_written_on_and_sent_and_then_stays_as_it_is(person: Call) -> None:
    lin = person("lin")
    lin.post("/requests", json=NEED)
    changed = lin.patch("/requests/1", json={"title": "Mail", "volume_per_day": 40, "deadline": "2027-01-31"})
    assert (changed.json()["title"], changed.json()["volume_per_day"]) == ("Mail", 40)
    assert changed.json()["examples"] == EXAMPLES, "what was left out stays"
    assert lin.post("/requests/1/send").json()["state"] == "open"
    refused = lin.patch("/requests/1", json={"title": "Other"})
    assert (refused.status_code, refused.json()["code"]) == (409, "request_sent")
    assert lin.post("/requests/1/send").json()["code"] == "request_move_not_allowed"


@pytest.mark.parametrize("change", [{"title": None}, {"floor": 1.5}, {"examples": None}, {"state": "accepted"}])
def test_a_draft_does_not_lose_what_must_be_there(person: Call, change: dict[str, object]) -> None:
    lin = person("lin")
    lin.post("/requests", json=NEED)
    assert lin.patch("/requests/1", json=change).status_code == 422
    assert lin.patch("/requests/1", json={"users": None}).status_code == 200


@pytest.mark.parametrize(("data_class", "hidden"), [("internal", False), ("confidential", True), ("personal", True)])
def test_confidential_examples_are_hidden_from_other_departments(person: Call, data_class: str, hidden: bool) -> None:
    person("lin").post("/requests", json={**NEED, "draft": False, "data_class": data_class})
    theirs, own = person("omar").get("/requests/1").json(), person("lin").get("/requests/1").json()
    assert (theirs["examples_hidden"], theirs["examples"] == []) == (hidden, hidden)
    assert (own["examples_hidden"], own["examples"]) == (False, EXAMPLES)


def test_what_is_said_stands_on_the_timeline_between_the_states(person: Call) -> None:
    lin = person("lin")
    lin.post("/requests", json={**NEED, "draft": False})
    person("sam").post("/requests/1/messages", json={"text": "How many mails a day?"})
    lin.post("/requests/1/withdraw", json={"reason": "late"})
    timeline = lin.get("/requests/1").json()["timeline"]
    assert [(each["kind"], each["actor"], each["note"]) for each in timeline] == [
        ("state", "lin", ""), ("message", "sam", "How many mails a day?"), ("state", "lin", "late"),
    ]  # fmt: skip
    assert person("noor").post("/requests/1/messages", json={"text": "?"}).status_code == 403


def test_a_request_says_who_acts_next_and_since_when(person: Call) -> None:
    lin = person("lin")
    draft = lin.post("/requests", json=NEED).json()
    sent = lin.post("/requests/1/send").json()
    ended = lin.post("/requests/1/withdraw", json={"reason": "late"}).json()
    assert [each["waits_for"] for each in (draft, sent, ended)] == ["sending", "choice", ""]
    assert draft["since"] <= sent["since"] == sent["timeline"][-1]["at"]
