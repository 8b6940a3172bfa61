"""From the offer to a delivery: chosen, sent, ordered, made, signed, accepted; and who may not do what."""

from typing import Any
from uuid import UUID

import pytest

from aird.auth.permissions import SYSTEM
from aird.jobs import outcomes
from aird.jobs import queries as job_queries
from aird.planning.advice import service
from aird.requests import queries
from aird.requests import service as requests
from tests.planning.advice.conftest import NEED, Desk


@pytest.fixture
def asked(desk: Desk) -> Desk:
    """A draft with data to learn from, whose examples were tried: books answers two of three, mail one."""
    staff = desk.staff()
    desk.data()
    desk.call("lin").post("/requests", json={**NEED, "floor": 0.5})
    desk.tried(staff["books"], "xx.")
    desk.tried(staff["mail"], "..x")
    desk.tried(staff["base"], "...")
    return desk


def offer(desk: Desk, who: str = "lin") -> dict[str, Any]:
    answer = desk.call(who).get("/requests/1/offer")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def post(desk: Desk, who: str, act: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = desk.call(who).post(f"/requests/1/{act}", json=body or {})
    assert answer.status_code < 300, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_offer_of_a_tried_need_has_every_way_that_there_is_a_base_for(asked: Desk) -> None:
    found = offer(asked)
    ways = {each["key"]: each for each in found["options"]}
    assert set(ways) == {"reuse", "merge", "train"}
    assert ways["reuse"]["versions"] == ["finance/books@1"]
    assert sorted(ways["merge"]["versions"]) == ["finance/books@1", "support/mail@1"]
    assert ways["merge"]["expected"]["span"]["high"] <= 1
    assert (ways["reuse"]["expected"]["basis"], ways["train"]["expected"]["basis"]) == ("tried", "unknown")
    assert (found["recommended"], found["reason"]["code"]) == ("reuse", "smallest")
    assert ways["reuse"]["running"]["tokens_micro"] == 30 * 1000 * (40 + 10 * 4)


def test_a_training_is_priced_by_the_rules_of_such_work(asked: Desk) -> None:
    work = next(each for each in offer(asked)["options"] if each["key"] == "train")["work"]
    assert work["seconds"]["mid"] > 0
    assert work["micro"] > 0


def test_what_was_chosen_is_kept_as_it_was_offered(asked: Desk) -> None:
    before = offer(asked)
    chosen = post(asked, "lin", "choose", {"option": "merge"})
    assert (chosen["state"], chosen["option"]) == ("draft", "merge")
    with asked.world.database.write() as session:
        queries.get_request(session, SYSTEM, 1).floor = 0.99
    kept = offer(asked)
    assert (kept["chosen"], kept["options"], kept["floor"]) == ("merge", before["options"], 0.5)
    sent = post(asked, "lin", "send")
    assert (sent["state"], sent["waits_for"]) == ("building", "order")
    assert [each["state"] for each in sent["timeline"]] == ["draft", "open", "building"]


def test_an_option_that_is_not_offered_is_not_chosen(asked: Desk) -> None:
    refused = asked.call("lin").post("/requests/1/choose", json={"option": "magic"})
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_offered")


def test_a_choice_can_be_taken_back_until_something_is_signed(asked: Desk) -> None:
    post(asked, "lin", "choose", {"option": "train"})
    post(asked, "lin", "send")
    assert post(asked, "lin", "reopen")["state"] == "open"
    assert offer(asked)["chosen"] is None
    assert post(asked, "lin", "choose", {"option": "reuse"})["state"] == "building"


def test_a_lead_cannot_order_work_that_the_staff_orders_with_one_call(asked: Desk) -> None:
    post(asked, "lin", "choose", {"option": "train"})
    post(asked, "lin", "send")
    assert asked.call("lin").post("/requests/1/order", json={}).json()["code"] == "not_permitted"
    ordered = post(asked, "sam", "order")
    assert ordered["request"]["work_job"] == ordered["job"]
    assert ordered["request"]["waits_for"] == "work"
    with asked.world.database.read() as session:
        job = job_queries.get_job(session, SYSTEM, UUID(ordered["job"]))
        assert (job.kind, job.spec["datasets"][0]["ref"]) == ("training.sft", "support/mails@1")
    again = asked.call("sam").post("/requests/1/order", json={})
    assert (again.status_code, again.json()["code"]) == (409, "trials_under_way")


def test_work_that_failed_stands_on_the_timeline_and_can_be_ordered_again(asked: Desk) -> None:
    post(asked, "lin", "choose", {"option": "train"})
    post(asked, "lin", "send")
    job_id = post(asked, "sam", "order")["job"]
    with asked.world.database.write() as session:
        outcomes.cancel(session, job_queries.get_job(session, SYSTEM, UUID(job_id)), SYSTEM, "No disk left.")
    asked.work(service.FOLLOW_KIND)
    found = asked.call("lin").get("/requests/1").json()
    assert (found["waits_for"], found["timeline"][-1]["note"]) == ("order", "The work was cancelled: No disk left.")
    assert post(asked, "sam", "order")["job"] != job_id


def test_a_version_that_is_there_goes_straight_before_a_signature(asked: Desk) -> None:
    post(asked, "lin", "choose", {"option": "reuse"})
    post(asked, "lin", "send")
    assert asked.call("lin").post("/requests/1/order", json={}).json()["code"] == "endpoint_needed"
    ordered = post(asked, "lin", "order", {"endpoint": "support/desk"})
    assert ordered["approval"] is not None
    assert (ordered["request"]["state"], ordered["request"]["version"]) == ("in_review", "finance/books@1")


def test_what_was_delivered_is_accepted_or_given_back(asked: Desk) -> None:
    post(asked, "lin", "choose", {"option": "reuse"})
    post(asked, "lin", "send")
    post(asked, "lin", "order", {"endpoint": "support/desk"})
    with asked.world.database.write() as session:
        request = queries.get_request(session, SYSTEM, 1)
        requests.move(session, SYSTEM, request, requests.RequestState.APPROVED)
        requests.delivered(session, SYSTEM, version="finance/books@1", endpoint="support/other")
        assert request.state == "approved", "another endpoint is another delivery"
        requests.delivered(session, SYSTEM, version="finance/books@1", endpoint="support/desk")
    back = post(asked, "lin", "give-back", {"reason": "It answers in English only"})
    assert (back["state"], back["waits_for"]) == ("building", "order")
    with asked.world.database.write() as session:
        request = queries.get_request(session, SYSTEM, 1)
        for state in ("in_review", "approved", "delivered"):
            requests.move(session, SYSTEM, request, requests.RequestState(state))
    refused = asked.call("omar").post("/requests/1/accept", json={})
    assert refused.status_code == 403
    assert post(asked, "lin", "accept", {"note": "Good"})["state"] == "accepted"
