"""The playground over HTTP: who can be asked, what answers cost, votes, and an acceptance in their light."""

import pytest
from sqlalchemy import select

from aird.audit.models import AuditEntry
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Visibility
from aird.deploy.playground.routes import router
from aird.metering import service as metering
from aird.metering.models import Status
from aird.requests.routes import router as requests_router
from tests.deploy.playground.conftest import OTHER, Playground
from tests.requests.web import Call, people_of

DESK = "support/desk"


@pytest.fixture
def person(playground: Playground) -> Call:
    return people_of(playground.world, router, requests_router)


def vote(person: Call, answers: list[str], better: str | None, who: str = "lin", **more: object) -> dict[str, object]:
    """What came of a vote; it must be taken."""
    said = person(who).post("/playground/votes", json={"answers": answers, "better": better, **more})
    assert said.status_code == 201, said.text
    return dict(said.json())


def test_who_answers_is_offered_and_while_a_version_is_on_trial_both_are(person: Call, playground: Playground) -> None:
    offered = person("lin").get("/playground/choices").json()["items"]
    assert [(each["model"], each["role"]) for each in offered] == [(OTHER, "endpoint"), (DESK, "endpoint")]
    playground.desk.start()
    offered = person("lin").get("/playground/choices").json()["items"][1:]
    assert [each["role"] for each in offered] == ["endpoint", "baseline", "candidate"]
    assert [each["version"] for each in offered] == ["support/a@1", "support/a@1", "support/b@1"]
    assert offered[2]["model"] == f"{DESK}@{playground.desk.new.artifact.removeprefix('sha256:')[:12]}"


def test_nobody_is_offered_another_departments_endpoints_and_an_auditor_none(person: Call) -> None:
    assert person("omar").get("/playground/choices").json()["items"] == []
    assert person("noor").get("/playground/choices").status_code == 403
    assert len(person("sam").get("/playground/choices").json()["items"]) == 2


def test_an_answer_costs_what_the_bill_says(person: Call, playground: Playground) -> None:
    answer = playground.answer(playground.other)
    found = person("lin").get(f"/playground/answers/{answer}").json()
    assert (found["cost_micro"], found["currency"], found["version"]) == (1000 + 4 * 500, "CNY", "support/c@1")
    assert (found["milliseconds"], found["ttft_milliseconds"]) == (1200, 80)
    with playground.world.database.write() as session:
        metering.set_price(session, playground.world.actor("ada"), "tokens.prompt", 9_000_000)
    assert person("lin").get(f"/playground/answers/{answer}").json()["cost_micro"] == 3000


def test_an_answer_of_another_department_is_not_found(person: Call, playground: Playground) -> None:
    answer = playground.answer(playground.other)
    assert person("omar").get(f"/playground/answers/{answer}").json()["code"] == "answer_not_found"
    assert person("sam").get(f"/playground/answers/{answer}").status_code == 200


def test_a_vote_gives_the_names_and_how_both_stand(person: Call, playground: Playground) -> None:
    old, other = playground.answer(playground.desk.old), playground.answer(playground.other)
    found = vote(person, [old, other], other, blind=True)
    assert [each["version"] for each in found["answers"]] == ["support/a@1", "support/c@1"]
    [standing] = found["standings"]
    assert (standing["version"], standing["won"], standing["lost"]) == ("support/a@1", 0, 1)
    turned = vote(person, [playground.answer(playground.other), playground.answer(playground.desk.old)], None)
    [standing] = turned["standings"]
    assert (standing["version"], standing["won"], standing["lost"], standing["same"]) == ("support/c@1", 1, 0, 1)


def test_a_vote_said_again_replaces_the_one_before(person: Call, playground: Playground) -> None:
    old, other = playground.answer(playground.desk.old), playground.answer(playground.other)
    vote(person, [old, other], other)
    [standing] = vote(person, [other, old], old)["standings"]
    assert (standing["won"], standing["lost"]) == (0, 1)


def test_of_three_answers_the_best_one_beats_the_two_others(person: Call, playground: Playground) -> None:
    made = [playground.answer(each) for each in (playground.desk.old, playground.desk.new, playground.other)]
    found = vote(person, made, made[0])["standings"]
    assert [(each["version"], each["against"], each["won"], each["lost"]) for each in found] == [
        ("support/a@1", "support/b@1", 1, 0),
        ("support/a@1", "support/c@1", 1, 0),
        ("support/b@1", "support/c@1", 0, 0),
    ]


def test_nobody_votes_on_what_was_answered_to_somebody_else(person: Call, playground: Playground) -> None:
    mine, theirs = playground.answer(playground.desk.old), playground.answer(playground.other, "sam")
    said = person("lin").post("/playground/votes", json={"answers": [mine, theirs]})
    assert (said.status_code, said.json()["code"]) == (404, "answer_not_yours")
    assert person("noor").post("/playground/votes", json={"answers": [mine, theirs]}).status_code == 403


def test_answers_that_cannot_be_compared_are_refused(person: Call, playground: Playground) -> None:
    old = playground.answer(playground.desk.old)
    broken = playground.answer(playground.other, status=Status.ERROR)
    again = playground.answer(playground.desk.old)
    for answers, better in (([old, old], None), ([old, again], old), ([old, broken], old), ([old, again], broken)):
        said = person("lin").post("/playground/votes", json={"answers": answers, "better": better})
        assert (said.status_code, said.json()["code"]) == (422, "nothing_to_prefer"), answers


def test_votes_about_a_delivery_stand_beside_its_acceptance(person: Call, playground: Playground) -> None:
    number = playground.delivered()
    assert person("lin").get(f"/requests/{number}/votes").json()["verdict"] == "none"
    for _ in range(3):
        old, other = playground.answer(playground.desk.old), playground.answer(playground.other)
        vote(person, [old, other], old, blind=True, request=number)
    found = person("noor").get(f"/requests/{number}/votes").json()
    assert (found["version"], found["won"], found["lost"], found["people"], found["blind"]) == (
        "support/a@1", 3, 0, 1, 3,
    )  # fmt: skip
    assert (found["verdict"], found["against"][0]["against"]) == ("open", "support/c@1")
    taken = person("lin").post(f"/requests/{number}/accept", json={}).json()
    assert (taken["state"], taken["timeline"][-1]["data"]["tried"]["won"]) == ("accepted", 3)
    with playground.world.database.read() as session:
        query = select(AuditEntry.details).where(AuditEntry.event == "requests.request.accepted")
        assert session.scalars(query).one()["tried"]["won"] == 3


def test_what_those_who_tried_it_did_not_like_is_accepted_only_with_a_reason(
    person: Call, playground: Playground
) -> None:
    number = playground.delivered()
    for _ in range(9):
        old, other = playground.answer(playground.desk.old), playground.answer(playground.other)
        vote(person, [old, other], other, request=number)
    refused = person("lin").post(f"/requests/{number}/accept", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "acceptance_unexplained")
    assert playground.state(number) == "delivered"
    taken = person("lin").post(f"/requests/{number}/accept", json={"note": "Half the price"}).json()
    assert (taken["state"], taken["timeline"][-1]["note"]) == ("accepted", "Half the price")


def test_a_vote_for_a_request_is_about_what_it_was_given(person: Call, playground: Playground) -> None:
    number = playground.delivered()
    new, other = playground.answer(playground.desk.new), playground.answer(playground.other)
    said = person("lin").post("/playground/votes", json={"answers": [new, other], "better": new, "request": number})
    assert (said.status_code, said.json()["code"]) == (422, "vote_not_about_request")
    assert person("lin").post(f"/requests/{number}/accept", json={}).status_code == 200
    old = playground.answer(playground.desk.old)
    late = person("lin").post("/playground/votes", json={"answers": [old, other], "request": number})
    assert late.json()["code"] == "vote_not_about_request"
    vote(person, [old, other], old)


def test_a_version_that_somebody_may_not_see_goes_by_its_bytes(person: Call, playground: Playground) -> None:
    answer = playground.answer(playground.other)
    with playground.world.database.write() as session:
        model = catalog_queries.get_model(session, "support/c")
        model.visibility, model.department_id = Visibility.PRIVATE, playground.world.department_id("hr")
    assert person("lin").get(f"/playground/answers/{answer}").json()["version"] == playground.other.artifact[:19]
    assert person("sam").get(f"/playground/answers/{answer}").json()["version"] == "support/c@1"
