"""Asking, signing and refusing, on a real database."""

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from aird.approval import queries, service
from aird.approval.errors import (
    AdminMayNotSign,
    ApprovalPending,
    ApprovalVoid,
    DigestChanged,
    GateFailed,
    NotACandidate,
    NotPending,
    OwnRequest,
    RequestElsewhere,
)
from aird.approval.models import Approval
from aird.audit import queries as audit_queries
from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Role
from aird.catalog import queries as catalog_queries
from aird.core.errors import NotPermitted
from aird.requests import queries as request_queries
from aird.requests import service as requests
from tests.approval.conftest import Desk


def test_asking_files_a_request_in_review_with_the_gates_findings(desk: Desk) -> None:
    desk.gate(0.8)
    approval = desk.ask(desk.candidate())
    assert (approval.state, approval.request.number, approval.request.state) == ("pending", 1, "in_review")
    assert approval.gate["passed"] is True
    assert approval.digest == approval.version.artifact


def test_a_draft_cannot_be_asked_for(desk: Desk) -> None:
    with pytest.raises(NotACandidate):
        desk.ask(desk.world.version("support/desk"))


@pytest.mark.parametrize("way", ["suspend", "retire"])
def test_a_version_out_of_service_cannot_be_asked_for(desk: Desk, way: str) -> None:
    version = desk.candidate()
    desk.move(version, way)
    with pytest.raises(NotACandidate):
        desk.ask(version)


def test_asking_needs_the_right_in_the_endpoints_department(desk: Desk) -> None:
    version = desk.candidate()
    with pytest.raises(NotPermitted):
        desk.ask(version, by="omar")
    assert desk.ask(version, "finance/books", by="omar").endpoint == "finance/books"


def test_the_same_version_waits_only_once_for_an_endpoint(desk: Desk) -> None:
    version = desk.candidate()
    first = desk.ask(version)
    with pytest.raises(ApprovalPending) as refusal:
        desk.ask(version)
    assert refusal.value.params["approval"] == str(first.id)
    assert desk.ask(version, "support/mail").request.number == 2


def test_after_a_rejection_one_may_ask_again(desk: Desk) -> None:
    version = desk.candidate()
    desk.reject(desk.ask(version))
    again = desk.ask(version)
    assert desk.approve(again).state == "approved"


def test_an_open_request_is_answered_by_asking(desk: Desk) -> None:
    version = desk.candidate()
    with desk.world.database.write() as session:
        support = auth_queries.get_department(session, "support")
        need = requests.file(session, desk.world.actor("lin"), support, title="t", need="n")
        found = catalog_queries.version_by_id(session, version.id)
        rita = desk.world.actor("rita")
        approval = service.ask(session, desk.world.store, rita, found, "support/desk", "t", "n", request=need)
        with pytest.raises(RequestElsewhere):
            service.ask(session, desk.world.store, rita, found, "finance/books", "t", "n", request=need)
    assert desk.approve(approval, by="lin").request.number == 1


def test_another_person_signs_and_the_version_may_serve(desk: Desk) -> None:
    approval = desk.approve(desk.ask(desk.candidate()), by="rita")
    assert (approval.state, approval.version.state, approval.request.state) == ("approved",) * 3
    with desk.world.database.read() as session:
        entry = audit_queries.entries(session, event="approval.approval.approved")[0]
    assert (entry.actor_name, entry.reason, entry.details["digest"]) == ("rita", "as agreed", approval.digest)
    assert entry.details["gate"] == {"passed": True, "lines": []}


def test_a_lead_signs_what_staff_asked_for(desk: Desk) -> None:
    approval = desk.ask(desk.candidate(by="sam"), by="rita")
    assert desk.approve(approval, by="lin").decided_by == desk.world.actor("lin").id


@pytest.mark.parametrize("decide", [Desk.approve, Desk.reject])
@pytest.mark.parametrize("who", ["lin", "sam"])
def test_who_asked_for_it_or_made_it_decides_nothing(desk: Desk, who: str, decide: object) -> None:
    approval = desk.ask(desk.candidate(by="sam"), by="lin")
    with pytest.raises(OwnRequest):
        decide(desk, approval, by=who)  # type: ignore[operator]
    assert desk.states([approval]) == ["pending"]


def test_the_database_itself_keeps_four_eyes(desk: Desk) -> None:
    approval = desk.ask(desk.candidate())
    with pytest.raises(IntegrityError), desk.world.database.write() as session:
        session.execute(update(Approval).values(decided_by=approval.requester_id))
    with desk.world.database.write() as session:
        session.execute(update(Approval).values(decided_by=desk.world.actor("rita").id))


def test_an_admin_signs_nothing_even_when_they_are_staff_as_well(desk: Desk) -> None:
    approval = desk.ask(desk.candidate())
    with desk.world.database.write() as session:
        auth.give_role(session, SYSTEM, auth_queries.get_person(session, "ada"), Role.STAFF, None)
    with pytest.raises(AdminMayNotSign):
        desk.approve(approval, by="ada")
    assert desk.approve(approval, by="rita").state == "approved"


def test_signing_needs_the_right_in_the_versions_department_as_well(desk: Desk) -> None:
    approval = desk.ask(desk.candidate("finance/books"), by="rita")
    with pytest.raises(NotPermitted):
        desk.approve(approval, by="lin")
    with desk.world.database.write() as session:
        finance = auth_queries.get_department(session, "finance")
        auth.give_role(session, SYSTEM, auth_queries.get_person(session, "lin"), Role.LEAD, finance)
    assert desk.approve(approval, by="lin").state == "approved"


@pytest.mark.parametrize("who", ["omar", "noor", "rui"])
def test_nobody_signs_for_a_department_they_do_not_work_in(desk: Desk, who: str) -> None:
    with pytest.raises(NotPermitted):
        desk.approve(desk.ask(desk.candidate()), by=who)


def test_other_bytes_than_those_asked_for_are_not_signed(desk: Desk) -> None:
    approval = desk.ask(desk.candidate())
    with pytest.raises(DigestChanged) as refusal:
        desk.approve(approval, digest=f"sha256:{'0' * 64}")
    assert (refusal.value.status, refusal.value.code) == (409, "digest_changed")
    assert desk.approve(approval, digest=approval.digest).state == "approved"


def test_a_failing_gate_names_its_lines_and_nothing_is_signed(desk: Desk) -> None:
    desk.gate(0.95)
    approval = desk.ask(desk.candidate(score=0.9))
    with pytest.raises(GateFailed) as refusal:
        desk.approve(approval)
    assert (refusal.value.status, refusal.value.code) == (422, "gate_failed")
    line = refusal.value.params["lines"][0]
    assert (line["suite"], line["wanted"], line["found"], line["reason"]) == ("support/exam", 0.95, 0.9, "too_low")
    assert desk.states([approval]) == ["pending"]


def test_the_gates_of_the_endpoints_department_count(desk: Desk) -> None:
    desk.gate(0.95, department="finance")
    version = desk.candidate(score=0.9)
    assert desk.approve(desk.ask(version, "support/desk")).state == "approved"
    with pytest.raises(GateFailed):
        desk.approve(desk.ask(version, "finance/books", by="omar"))


def test_what_fails_a_gate_can_still_be_rejected(desk: Desk) -> None:
    desk.gate(0.95)
    approval = desk.reject(desk.ask(desk.candidate()))
    assert (approval.state, approval.request.state, approval.version.state) == ("rejected", "rejected", "candidate")


@pytest.mark.parametrize("decide", [Desk.approve, Desk.reject])
def test_nothing_is_decided_twice(desk: Desk, decide: object) -> None:
    approval = desk.approve(desk.ask(desk.candidate()))
    with pytest.raises(NotPending):
        decide(desk, approval)  # type: ignore[operator]


@pytest.mark.parametrize("way", ["suspend", "retire"])
def test_a_version_that_leaves_service_takes_its_approvals_along(desk: Desk, way: str) -> None:
    version = desk.candidate()
    signed, waiting = desk.approve(desk.ask(version)), desk.ask(version, "support/mail")
    assert desk.states([signed, waiting]) == ["approved", "pending"]
    desk.move(version, way)
    assert desk.states([signed, waiting]) == ["void", "void"]
    with pytest.raises(ApprovalVoid):
        desk.approve(waiting)


def test_a_reinstated_version_needs_a_new_signature_for_each_endpoint(desk: Desk) -> None:
    version = desk.candidate()
    old, other = desk.approve(desk.ask(version)), desk.approve(desk.ask(version, "support/mail"))
    desk.move(version, "suspend", "reinstate")
    assert desk.states([old, other]) == ["void", "void"]
    new = desk.approve(desk.ask(version))
    assert desk.states([old, other, new]) == ["void", "void", "approved"]


def test_a_withdrawn_request_leaves_nothing_to_sign(desk: Desk) -> None:
    version = desk.candidate()
    approval = desk.ask(version)
    with desk.world.database.write() as session:
        requests.withdraw(
            session,
            desk.world.actor("lin"),
            request_queries.get_request(session, desk.world.actor("lin"), 1),
            reason="late",
        )
    assert desk.states([approval]) == ["void"]
    with pytest.raises(ApprovalVoid):
        desk.approve(approval)
    assert desk.approve(desk.ask(version)).state == "approved"


@pytest.mark.parametrize("state", ["pending", "approved", "rejected", "void"])
def test_the_list_by_state_agrees_with_what_each_is_worth(desk: Desk, state: str) -> None:
    one, two = desk.candidate(), desk.candidate("support/other")
    found = [desk.approve(desk.ask(one)), desk.ask(one, "support/mail"), desk.reject(desk.ask(one, "support/chat"))]
    found += [desk.ask(two), desk.approve(desk.ask(two, "support/mail"))]
    desk.move(two, "suspend")
    worth = dict(zip([each.id for each in found], desk.states(found), strict=True))
    with desk.world.database.read() as session:
        listed = set(queries.ids(queries.approvals(session, desk.world.store, state=type(found[0].state)(state))))
    assert listed == {key for key, value in worth.items() if value == state} != set()
