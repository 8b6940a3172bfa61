"""Versions answer a request's own examples: real tiny models, one base for all of its adapters."""

from typing import Any

import pytest

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Visibility
from aird.evaluation import runner
from aird.planning.advice import gathering, marking, service, shortlist
from aird.requests import queries
from aird.runtimes import hf
from tests.planning.advice.conftest import EXAMPLES, NEED, Desk


def alone(desk: Desk, adapter: str | None) -> list[str | None]:
    """What a version answers when nothing else is loaded."""
    model = hf.load(desk.folders["base"], desk.folders[adapter] if adapter else None)
    exam = runner.prepare(marking.scorer_of(EXAMPLES), marking.settings_of(EXAMPLES), marking.items_of(EXAMPLES), [])
    return [each.answer for each in runner.sit(model, exam).outcomes]


def matched(desk: Desk, **more: Any) -> dict[str, Any]:
    assert desk.call("lin").post("/requests", json={**NEED, **more}).status_code == 201
    assert desk.call("lin").post("/requests/1/matches").status_code == 202
    assert desk.work(service.MATCH_KIND).error_message is None
    found: dict[str, Any] = desk.call("lin").get("/requests/1/matches").json()
    return found


def test_every_version_answers_the_examples_as_it_does_alone(desk: Desk) -> None:
    desk.staff()
    found = matched(desk)
    assert (found["state"], found["stale"], found["scorer"], found["left_out"]) == ("succeeded", False, "exact", [])
    answers = {each["ref"]: each["answers"] for each in found["items"]}
    assert set(answers) == {"support/mail@1", "finance/books@1", "platform/tiny@1"}
    said = [each["answer"] for each in answers["support/mail@1"]]
    assert said == alone(desk, "mail")


def test_the_words_of_another_departments_version_are_not_shown_to_a_lead(desk: Desk) -> None:
    staff = desk.staff()
    desk.call("lin").post("/requests", json=NEED)
    for version in staff.values():
        desk.tried(version, "xx.")
    shown = {}
    for who in ("lin", "sam"):
        items = desk.call(who).get("/requests/1/matches").json()["items"]
        shown[who] = {each["ref"]: each["answers"] is not None for each in items}
    assert shown["lin"] == {"support/mail@1": True, "finance/books@1": False, "platform/tiny@1": False}
    assert all(shown["sam"].values())


def test_the_right_answers_are_counted_with_their_interval_and_the_reasons_said(desk: Desk) -> None:
    staff = desk.staff()
    desk.call("lin").post("/requests", json={**NEED, "floor": 0.5})
    for name, right in (("mail", "xx."), ("books", "x..")):
        desk.tried(staff[name], right)
    best, other = desk.call("lin").get("/requests/1/matches").json()["items"]
    assert (best["ref"], best["score"]) == ("support/mail@1", pytest.approx(2 / 3))
    assert best["low"] < best["score"] < best["high"] <= 1
    assert [each["code"] for each in best["reasons"]] == ["answers", "above_floor", "own", "exam"]
    assert [each["code"] for each in other["reasons"]] == ["answers", "below_floor", "exam"]


def test_a_match_needs_three_examples(desk: Desk) -> None:
    desk.staff()
    lin = desk.call("lin")
    lin.post("/requests", json={**NEED, "examples": EXAMPLES[:2]})
    refused = lin.post("/requests/1/matches")
    assert (refused.status_code, refused.json()["code"]) == (422, "too_few_examples")
    assert lin.patch("/requests/1", json={"examples": EXAMPLES}).status_code == 200
    assert lin.post("/requests/1/matches").status_code == 202


def test_one_match_at_a_time(desk: Desk) -> None:
    desk.staff()
    lin = desk.call("lin")
    lin.post("/requests", json=NEED)
    answers = [lin.post("/requests/1/matches") for _ in range(2)]
    assert [each.status_code for each in answers] == [202, 409]
    assert answers[1].json()["code"] == "trials_under_way"


def test_without_any_version_nothing_is_tried(desk: Desk) -> None:
    lin = desk.call("lin")
    lin.post("/requests", json=NEED)
    assert lin.post("/requests/1/matches").json()["code"] == "nothing_to_try"


def test_trials_of_other_examples_count_no_more(desk: Desk) -> None:
    staff, lin = desk.staff(), desk.call("lin")
    lin.post("/requests", json=NEED)
    lin.post("/requests/1/matches")
    desk.tried(staff["mail"], "xx.")
    lin.patch("/requests/1", json={"examples": [*EXAMPLES, {"question": "?", "answer": "!"}]})
    found = lin.get("/requests/1/matches").json()
    assert (found["stale"], found["items"]) == (True, [])


@pytest.mark.parametrize(("who", "status"), [("omar", 404), ("noor", 404), ("lin", 202), ("sam", 202)])
def test_only_the_departments_people_and_the_staff_may_try_versions_for_its_draft(
    desk: Desk, who: str, status: int
) -> None:
    desk.staff()
    desk.call("lin").post("/requests", json=NEED)
    answer = desk.call(who).post("/requests/1/matches")
    assert answer.status_code in ({403, 404} if status == 404 else {status})


def test_what_the_asking_lead_does_not_see_is_not_tried(desk: Desk) -> None:
    staff = desk.staff()
    with desk.world.database.write() as session:
        catalog_queries.get_model(session, "finance/books").visibility = Visibility.PRIVATE
    desk.call("lin").post("/requests", json=NEED)
    with desk.world.database.read() as session:
        lin = desk.world.actor("lin")
        found = shortlist.candidates(session, lin, queries.get_request(session, lin, 1))
    assert [each.id for each in found] == [staff["mail"].id, staff["base"].id]


def test_a_version_of_the_same_words_comes_before_others(desk: Desk) -> None:
    staff = desk.staff()
    desk.call("lin").post("/requests", json={**NEED, "title": "Books", "need": "books of finance"})
    with desk.world.database.read() as session:
        sam = desk.world.actor("sam")
        found = shortlist.candidates(session, sam, queries.get_request(session, sam, 1))
        assert gathering.trials_of(session, sam, queries.get_request(session, sam, 1)) == []
    assert found[0].id == staff["books"].id
