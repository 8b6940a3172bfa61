"""What an approval is worth, and who may decide it: pure."""

from uuid import uuid4

import pytest

from aird.approval.readiness import Point, readiness
from aird.approval.standing import ApprovalState, Case, Changes, Objection, Void, objection, standing, voided
from aird.auth.permissions import SYSTEM, Actor, Grant, Role
from aird.catalog.lifecycle import VersionState
from aird.evaluation.gates import GateReport, Rule, Score, report
from aird.requests.lifecycle import RequestState

A, V, R = ApprovalState, VersionState, RequestState
SUPPORT, FINANCE = uuid4(), uuid4()
MAKER, ASKER = uuid4(), uuid4()


@pytest.mark.parametrize(
    ("decided", "version", "request_state", "worth"),
    [
        (A.PENDING, V.CANDIDATE, R.IN_REVIEW, A.PENDING),
        (A.PENDING, V.APPROVED, R.IN_REVIEW, A.PENDING),
        (A.PENDING, V.SUSPENDED, R.IN_REVIEW, A.VOID),
        (A.PENDING, V.RETIRED, R.IN_REVIEW, A.VOID),
        (A.PENDING, V.CANDIDATE, R.WITHDRAWN, A.VOID),
        (A.APPROVED, V.APPROVED, R.APPROVED, A.APPROVED),
        (A.APPROVED, V.APPROVED, R.DELIVERED, A.APPROVED),
        (A.APPROVED, V.SUSPENDED, R.DELIVERED, A.VOID),
        (A.APPROVED, V.CANDIDATE, R.APPROVED, A.VOID),
        (A.APPROVED, V.APPROVED, R.WITHDRAWN, A.VOID),
        (A.REJECTED, V.RETIRED, R.REJECTED, A.REJECTED),
        (A.VOID, V.APPROVED, R.APPROVED, A.VOID),
    ],
)
def test_an_approval_stands_only_as_long_as_its_version_and_its_request(
    decided: ApprovalState, version: VersionState, request_state: RequestState, worth: ApprovalState
) -> None:
    assert standing(decided, version, request_state) is worth


@pytest.mark.parametrize(
    ("decided", "changes", "why"),
    [
        (A.PENDING, Changes(alias_moved=True), Void.ALIAS_MOVED),
        (A.PENDING, Changes(evidence_changed=True), Void.EVIDENCE_CHANGED),
        (A.PENDING, Changes(examined_again=True), None),
        (A.CHANGES_REQUESTED, Changes(evidence_changed=True), None),
        (A.CHANGES_REQUESTED, Changes(alias_moved=True), Void.ALIAS_MOVED),
        (A.APPROVED, Changes(alias_moved=True, evidence_changed=True), None),
        (A.APPROVED, Changes(examined_again=True), Void.EXAMINED_AGAIN),
        (A.REJECTED, Changes(True, True, True), None),
        (A.VOID, Changes(), Void.ENDED),
    ],
)
def test_what_changed_ends_what_stood_on_it(decided: ApprovalState, changes: Changes, why: Void | None) -> None:
    version = V.APPROVED if decided is A.APPROVED else V.CANDIDATE
    request = R.APPROVED if decided is A.APPROVED else R.IN_REVIEW
    assert voided(decided, version, request, changes) is why


def case(state: ApprovalState = A.PENDING) -> Case:
    return Case(state, frozenset({ASKER, MAKER}), version_department_id=FINANCE, endpoint_department_id=SUPPORT)


def person(*grants: Grant) -> Actor:
    return Actor(uuid4(), "kim", grants)


ORGANISATION = Grant(Role.STAFF, None)
BOTH = (Grant(Role.LEAD, SUPPORT), Grant(Role.LEAD, FINANCE))


@pytest.mark.parametrize("grants", [(ORGANISATION,), BOTH])
def test_another_person_with_the_right_in_both_departments_may_decide(grants: tuple[Grant, ...]) -> None:
    assert objection(person(*grants), case()) is None


@pytest.mark.parametrize("grants", [(), BOTH[:1], BOTH[1:], (Grant(Role.AUDITOR, None),)])
def test_the_right_in_one_of_the_departments_is_not_enough(grants: tuple[Grant, ...]) -> None:
    assert objection(person(*grants), case()) is Objection.NOT_PERMITTED


@pytest.mark.parametrize("own", [MAKER, ASKER])
def test_nobody_decides_what_they_asked_for_or_made(own: object) -> None:
    assert objection(Actor(own, "kim", (ORGANISATION,)), case()) is Objection.OWN_REQUEST  # type: ignore[arg-type]


def test_an_admin_decides_nothing_whatever_else_they_are() -> None:
    assert objection(person(ORGANISATION, Grant(Role.ADMIN, None)), case()) is Objection.ADMIN


def test_the_system_decides_nothing() -> None:
    assert objection(SYSTEM, case()) is Objection.NOT_PERMITTED


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (A.APPROVED, Objection.NOT_PENDING),
        (A.REJECTED, Objection.NOT_PENDING),
        (A.CHANGES_REQUESTED, Objection.CHANGES_REQUESTED),
        (A.VOID, Objection.VOID),
    ],
)
def test_what_is_decided_or_void_is_not_decided_again(state: ApprovalState, why: Objection) -> None:
    assert objection(person(ORGANISATION), case(state)) is why


def points(found: GateReport, **change: object) -> dict[Point, bool]:
    facts = {
        "version": V.CANDIDATE, "request": R.IN_REVIEW, "asked": "sha256:a", "artifact": "sha256:a", "report": found,
        "deciders": ["kim"],
    }  # fmt: skip
    return {line.code: line.ok for line in readiness(**{**facts, **change})}  # type: ignore[arg-type]


PASSED = report([("basics", [Rule("s/exam", 0.5)])], {"s/exam": Score(0.6, 0.5, 0.7, 100)}, {})
FAILED = report([("basics", [Rule("s/exam", 0.5)])], {}, {})


def test_a_version_is_ready_when_every_point_holds() -> None:
    assert all(points(PASSED).values())


@pytest.mark.parametrize(
    ("change", "point"),
    [
        ({"version": V.SUSPENDED}, Point.IN_SERVICE),
        ({"request": R.WITHDRAWN}, Point.REQUEST_IN_REVIEW),
        ({"artifact": "sha256:b"}, Point.SAME_BYTES),
        ({"evidence_unchanged": False}, Point.SAME_EVIDENCE),
        ({"deciders": []}, Point.SOMEBODY_MAY_SIGN),
        ({"differences": ["chat_template"]}, Point.NO_DIFFERENCES),
    ],
)
def test_the_list_names_the_one_point_that_does_not_hold(change: dict[str, object], point: Point) -> None:
    assert [code for code, ok in points(PASSED, **change).items() if not ok] == [point]


def test_a_failing_rule_and_missing_gates_are_different_points() -> None:
    assert not points(FAILED)[Point.GATES_PASSED]
    ungated = points(report([], {}, {}))
    assert (ungated[Point.GATES_DEFINED], ungated[Point.GATES_PASSED]) == (False, True)
