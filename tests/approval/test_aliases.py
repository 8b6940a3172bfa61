"""A protected alias moves by another person's signature, and by nothing else."""

from typing import Any

import pytest

from aird.approval.errors import (
    AdminMayNotSign,
    ApprovalPending,
    ApprovalVoid,
    DigestChanged,
    GateFailed,
    NotACandidate,
    OwnRequest,
    PlaceNotNamed,
)
from aird.approval.models import Approval
from aird.approval.routes import router
from aird.audit import queries as audit_queries
from aird.catalog import aliases
from aird.catalog import queries as catalog_queries
from aird.catalog.errors import AliasProtected
from aird.catalog.models import Version
from aird.catalog.names import NameRefused
from tests.approval.conftest import Desk
from tests.requests.web import Call, people_of


@pytest.fixture
def person(desk: Desk) -> Call:
    return people_of(desk.world, router)


def ask(desk: Desk, version: Version, *, by: str = "lin", alias: str = "production") -> Approval:
    return desk.ask(version, None, by=by, alias=alias)


def points_at(desk: Desk, alias: str = "production", model: str = "support/desk") -> int | None:
    with desk.world.database.read() as session:
        found = aliases.of_model(session, catalog_queries.get_model(session, model))
        return next((each.version.number for each in found if each.alias.name == alias), None)


def test_a_signature_moves_the_alias_and_delivers_the_request(desk: Desk) -> None:
    approval = ask(desk, desk.candidate())
    assert (approval.endpoint, approval.request.state, points_at(desk)) == ("", "in_review", None)
    signed = desk.approve(approval)
    assert (signed.state, signed.version.state, signed.request.state) == ("approved", "approved", "delivered")
    assert points_at(desk) == 1


def test_the_history_and_the_audit_log_name_the_approval(desk: Desk) -> None:
    approval = desk.approve(ask(desk, desk.candidate()))
    with desk.world.database.read() as session:
        model = catalog_queries.get_model(session, "support/desk")
        (line,) = aliases.history(session, model, "production")
        entry = audit_queries.entries(session, event="approval.approval.approved")[0]
    assert (line.line.approval_id, line.line.actor_id) == (approval.id, desk.world.actor("rita").id)
    assert (entry.details["alias"], entry.details["endpoint"]) == ("production", None)


def test_without_a_signature_the_alias_stays(desk: Desk) -> None:
    version = desk.candidate()
    sam = desk.world.actor("sam")
    with desk.world.database.write() as session:
        found = catalog_queries.version_by_id(session, version.id)
        with pytest.raises(AliasProtected):
            aliases.move(session, sam, found.model, "production", found, reason="now")
    approval = ask(desk, version)
    desk.reject(approval)
    assert points_at(desk) is None
    desk.approve(ask(desk, version))
    assert points_at(desk) == 1


@pytest.mark.parametrize("who", ["lin", "sam"])
def test_who_asked_or_uploaded_it_does_not_sign(desk: Desk, who: str) -> None:
    approval = ask(desk, desk.candidate(by="sam"), by="lin")
    with pytest.raises(OwnRequest):
        desk.approve(approval, by=who)
    assert desk.approve(approval, by="rita").state == "approved"


def test_an_admin_signs_nothing(desk: Desk) -> None:
    approval = ask(desk, desk.candidate())
    with pytest.raises(AdminMayNotSign):
        desk.approve(approval, by="ada")


def test_other_bytes_and_failed_gates_move_nothing(desk: Desk) -> None:
    approval = ask(desk, desk.candidate(score=0.9))
    with pytest.raises(DigestChanged):
        desk.approve(approval, digest=f"sha256:{'0' * 64}")
    desk.gate(0.95)
    with pytest.raises(GateFailed):
        desk.approve(desk.renew(approval))
    assert points_at(desk) is None


def test_a_draft_is_not_asked_for(desk: Desk) -> None:
    with pytest.raises(NotACandidate):
        ask(desk, desk.world.version("support/desk"))


def test_a_move_that_came_between_leaves_the_older_question_void(desk: Desk) -> None:
    first, second = desk.candidate(), desk.candidate()
    older, newer = ask(desk, first), ask(desk, second)
    desk.approve(newer)
    assert desk.states([older, newer]) == ["void", "approved"]
    with pytest.raises(ApprovalVoid, match="production was moved"):
        desk.approve(older)
    assert points_at(desk) == 2
    desk.approve(ask(desk, first))
    assert points_at(desk) == 1


def test_the_list_of_what_waits_leaves_out_what_became_void(desk: Desk, person: Call) -> None:
    older, newer = ask(desk, desk.candidate()), ask(desk, desk.candidate())
    listed = person("rita").get("/approvals", params={"state": "pending", "alias": "production"}).json()["items"]
    assert {each["id"] for each in listed} == {str(older.id), str(newer.id)}
    desk.approve(newer)
    assert person("rita").get("/approvals", params={"state": "pending"}).json()["items"] == []
    void = person("rita").get("/approvals", params={"state": "void"}).json()["items"]
    assert [each["id"] for each in void] == [str(older.id)]


@pytest.mark.parametrize("way", ["suspend", "retire"])
def test_a_version_that_leaves_service_is_not_moved_to(desk: Desk, way: str) -> None:
    version = desk.candidate()
    approval = ask(desk, version)
    desk.move(version, way)
    with pytest.raises(ApprovalVoid):
        desk.approve(approval)
    assert points_at(desk) is None


def test_one_version_waits_once_for_an_alias_and_for_an_endpoint_beside_it(desk: Desk) -> None:
    version = desk.candidate()
    ask(desk, version)
    with pytest.raises(ApprovalPending):
        ask(desk, version)
    assert desk.ask(version, "support/desk").alias is None
    assert ask(desk, version, alias="staging").alias == "staging"


@pytest.mark.parametrize("alias", ["Production", "../x", "main", "7", "a b", ""])
def test_a_name_that_is_no_alias_is_refused(desk: Desk, alias: str) -> None:
    with pytest.raises((NameRefused, PlaceNotNamed)):
        ask(desk, desk.candidate(), alias=alias)


PLACES: list[dict[str, Any]] = [{}, {"endpoint": "support/desk", "alias": "production"}]


@pytest.mark.parametrize("place", PLACES, ids=["neither", "both"])
def test_an_approval_is_for_an_endpoint_or_for_an_alias(desk: Desk, person: Call, place: dict[str, Any]) -> None:
    body = {"version": desk.candidate().ref, "title": "Better", "need": "Fewer mistakes"}
    answer = person("lin").post("/approvals", json=body | place)
    assert (answer.status_code, answer.json()["code"]) == (422, "place_not_named")
    asked = person("lin").post("/approvals", json=body | {"alias": "production"}).json()
    assert (asked["alias"], asked["endpoint"], asked["alias_was"], asked["state"]) == (
        "production",
        None,
        None,
        "pending",
    )


def test_the_approver_sees_what_the_alias_points_at(desk: Desk, person: Call) -> None:
    desk.approve(ask(desk, desk.candidate()))
    asked = ask(desk, desk.candidate())
    assert person("rita").get(f"/approvals/{asked.id}").json()["alias_was"] == "support/desk@1"
