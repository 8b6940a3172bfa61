"""A signature is under all that was looked at: what changes afterwards ends it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from aird.approval import queries
from aird.approval.errors import ApprovalVoid, GateFailed, SealChanged
from aird.approval.evidence import Evidence, seal
from aird.approval.models import Approval
from aird.approval.standing import Void
from aird.audit import queries as audit_queries
from aird.catalog import queries as catalog_queries
from aird.evaluation.gates import GateReport, Rule, Score, report
from tests.approval.conftest import Desk

SCORES = {"s/exam": Score(0.6, 0.5, 0.7, 100), "s/other": Score(0.9, 0.8, 1.0, 100)}
RULES = [Rule("s/exam", 0.5), Rule("s/other", 0.5)]
REPORT = report([("basics", RULES)], SCORES, {})
EVIDENCE = Evidence("sha256:a", "sha256:b", REPORT)


@pytest.mark.parametrize(
    "change",
    [
        lambda e: replace(e, manifest="sha256:c"),
        lambda e: replace(e, base=None),
        lambda e: replace(e, report=GateReport(True, ())),
        lambda e: replace(e, report=report([("basics", RULES[:1])], SCORES, {})),
        lambda e: replace(e, report=report([("basics", RULES)], {**SCORES, "s/exam": Score(0.61, 0.5, 0.7, 100)}, {})),
    ],
)
def test_a_seal_covers_the_bytes_the_base_the_rules_and_the_findings(change: Callable[[Evidence], Evidence]) -> None:
    assert seal(change(EVIDENCE)) != seal(EVIDENCE) == seal(replace(EVIDENCE))


def test_neither_the_order_of_lines_nor_the_last_digit_is_part_of_a_seal() -> None:
    turned = replace(EVIDENCE, report=report([("basics", RULES[::-1])], SCORES, {}))
    hair = report([("basics", RULES)], {**SCORES, "s/exam": Score(0.6 + 1e-12, 0.5, 0.7, 100)}, {})
    assert seal(turned) == seal(replace(EVIDENCE, report=hair)) == seal(EVIDENCE)


def why_void(desk: Desk, approval: Approval) -> Void | None:
    with desk.world.database.read() as session:
        return queries.look(session, desk.world.store, queries.get_approval(session, approval.id)).void


def test_another_exam_report_ends_what_waits_and_asking_again_mends_it(desk: Desk) -> None:
    desk.gate(0.8)
    version = desk.candidate(score=0.9)
    approval = desk.ask(version)
    desk.world.score(version, "support/exam", 0.95)
    assert (desk.states([approval]), why_void(desk, approval)) == (["void"], Void.EVIDENCE_CHANGED)
    with pytest.raises(ApprovalVoid, match="exam report"):
        desk.approve(approval)
    again = desk.renew(approval)
    assert (again.id, again.request.number, again.seal != approval.seal) == (approval.id, 1, True)
    assert desk.approve(again).gate["lines"][0]["found"] == 0.95


def test_an_exam_that_no_gate_reads_ends_nothing(desk: Desk) -> None:
    desk.gate(0.8)
    version = desk.candidate()
    approval = desk.ask(version)
    desk.world.score(version, "support/chat", 0.3)
    assert desk.approve(approval).state == "approved"


def test_a_gate_that_came_later_ends_what_waits_and_is_checked_when_it_is_signed(desk: Desk) -> None:
    approval = desk.ask(desk.candidate(score=0.9))
    desk.gate(0.95)
    assert why_void(desk, approval) is Void.EVIDENCE_CHANGED
    with pytest.raises(GateFailed):
        desk.approve(desk.renew(approval))


def test_what_was_read_before_it_was_asked_for_again_is_not_signed(desk: Desk) -> None:
    desk.gate(0.8)
    version = desk.candidate(score=0.9)
    approval = desk.ask(version)
    desk.world.score(version, "support/exam", 0.95)
    again, read = desk.renew(approval), approval.seal
    with pytest.raises(SealChanged):
        desk.approve(again, sealed=read)
    assert desk.approve(again, sealed=again.seal).state == "approved"


def test_another_result_of_an_exam_ends_the_signature_that_stood_on_it(desk: Desk) -> None:
    desk.gate(0.8)
    version = desk.candidate(score=0.9)
    approval = desk.approve(desk.ask(version))
    desk.world.score(version, "support/exam", 0.9)  # the same again
    assert desk.states([approval]) == ["approved"]
    desk.world.score(version, "support/exam", 0.85)
    assert (desk.states([approval]), why_void(desk, approval)) == (["void"], Void.EXAMINED_AGAIN)
    with desk.world.database.read() as session:
        found = catalog_queries.version_by_id(session, version.id)
        assert catalog_queries.clearance(session, found, "support/desk") is None
        entry = audit_queries.entries(session, event="catalog.clearance.ended")[0]
    assert (entry.details["was"], entry.details["score"]) == (0.9, 0.85)
    assert desk.approve(desk.ask(version)).state == "approved"


def test_a_signature_without_gates_stands_whatever_is_examined(desk: Desk) -> None:
    version = desk.candidate()
    approval = desk.approve(desk.ask(version))
    desk.world.score(version, "support/exam", 0.1)
    assert desk.states([approval]) == ["approved"]
