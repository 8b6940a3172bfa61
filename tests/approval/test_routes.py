"""Approvals over HTTP."""

import pytest

from aird.approval.routes import router
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Visibility
from aird.requests.routes import router as requests
from tests.approval.conftest import Desk
from tests.requests.web import Call, people_of

ASKED = {"endpoint": "support/desk", "title": "Better answers", "need": "Fewer mistakes"}


@pytest.fixture
def person(desk: Desk) -> Call:
    return people_of(desk.world, router, requests)


def ask(desk: Desk, person: Call, by: str = "lin") -> dict[str, object]:
    version = desk.candidate()
    answer = person(by).post("/approvals", json={**ASKED, "version": version.ref})
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_one_person_asks_and_another_signs(desk: Desk, person: Call) -> None:
    desk.gate(0.8)
    asked = ask(desk, person)
    assert (asked["state"], asked["version"], asked["request"]) == ("pending", "support/desk@1", 1)
    assert (asked["may_decide"], asked["may_not_because"]) == (False, "own_request")
    assert all(line["ok"] for line in asked["readiness"])  # type: ignore[attr-defined]
    signed = person("rita").post(f"/approvals/{asked['id']}/approve", json={"digest": asked["digest"], "reason": "ok"})
    assert (signed.status_code, signed.json()["state"], signed.json()["decided_by"]) == (200, "approved", "rita")
    assert signed.json()["gate"]["lines"][0]["found"] == 0.9
    assert person("lin").get("/requests/1").json()["timeline"][-1]["actor"] == "rita"


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [("lin", 403, "own_request"), ("sam", 403, "own_request"), ("omar", 403, "not_permitted")],
)
def test_who_may_not_sign_is_told_why(desk: Desk, person: Call, who: str, status: int, code: str) -> None:
    asked = ask(desk, person)
    listed = person(who).get("/approvals").json()["items"][0]
    assert (listed["may_decide"], listed["may_not_because"]) == (False, code)
    body = {"digest": asked["digest"], "reason": "ok"}
    answer = person(who).post(f"/approvals/{asked['id']}/approve", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_admin_is_told_that_admins_sign_nothing(desk: Desk, person: Call) -> None:
    asked = ask(desk, person)
    assert person("ada").get(f"/approvals/{asked['id']}").json()["may_not_because"] == "admin_may_not_sign"
    body = {"digest": asked["digest"], "reason": "ok"}
    assert person("ada").post(f"/approvals/{asked['id']}/approve", json=body).status_code == 403


def test_a_wrong_digest_is_a_conflict(desk: Desk, person: Call) -> None:
    asked = ask(desk, person)
    body = {"digest": f"sha256:{'a' * 64}", "reason": "ok"}
    answer = person("rita").post(f"/approvals/{asked['id']}/approve", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "digest_changed")


def test_a_failed_gate_shows_its_lines(desk: Desk, person: Call) -> None:
    desk.gate(0.99)
    asked = ask(desk, person)
    answer = person("rita").post(f"/approvals/{asked['id']}/approve", json={"digest": asked["digest"], "reason": "ok"})
    assert (answer.status_code, answer.json()["code"]) == (422, "gate_failed")
    assert answer.json()["params"]["lines"][0]["reason"] == "too_low"


def test_a_rejection_needs_a_reason(desk: Desk, person: Call) -> None:
    asked, rita = ask(desk, person), person("rita")
    assert rita.post(f"/approvals/{asked['id']}/reject", json={"reason": "  "}).status_code == 422
    assert rita.post(f"/approvals/{asked['id']}/reject", json={"reason": "too slow"}).json()["state"] == "rejected"


def test_a_signature_on_nothing_is_not_found(person: Call) -> None:
    body = {"digest": f"sha256:{'a' * 64}", "reason": "ok"}
    answer = person("rita").post("/approvals/00000000-0000-0000-0000-000000000000/approve", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "approval_not_found")


def test_asking_for_a_model_that_does_not_exist_files_nothing(person: Call) -> None:
    answer = person("lin").post("/approvals", json={**ASKED, "version": "support/missing@1"})
    assert (answer.status_code, answer.json()["code"]) == (404, "model_not_found")
    assert person("lin").get("/requests").json()["items"] == []


def test_the_list_goes_on_where_the_page_ended(desk: Desk, person: Call) -> None:
    version = desk.candidate()
    asked = [desk.ask(version, f"support/desk{n}") for n in range(3)]
    first = person("noor").get("/approvals", params={"limit": 2, "state": "pending"}).json()
    second = person("noor").get("/approvals", params={"limit": 2, "cursor": first["next"]}).json()
    shown = [each["id"] for page in (first, second) for each in page["items"]]
    assert shown == [str(each.id) for each in reversed(asked)]


def test_approvals_of_a_private_model_are_not_there_for_others(desk: Desk, person: Call) -> None:
    asked = ask(desk, person)
    with desk.world.database.write() as session:
        catalog_queries.get_model(session, "support/desk").visibility = Visibility.PRIVATE
    assert person("omar").get("/approvals").json()["items"] == []
    for path in ("", "/differences"):
        assert person("omar").get(f"/approvals/{asked['id']}{path}").status_code == 404
        assert person("rita").get(f"/approvals/{asked['id']}{path}").status_code == 200
    body = {**ASKED, "endpoint": "finance/desk", "version": "support/desk@1"}
    assert person("omar").post("/approvals", json=body).json()["code"] == "model_not_found"
