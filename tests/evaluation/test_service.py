"""Suites, gates, orders and records of exams, on a real database."""

import pytest

from aird.audit import queries as audit_queries
from aird.auth import queries as auth_queries
from aird.auth.permissions import SYSTEM
from aird.catalog import queries as catalog_queries
from aird.catalog.models import Version
from aird.core.errors import NotPermitted
from aird.evaluation import queries, service
from aird.evaluation.errors import GateExists, GateRefused, NothingToMeasure, SuiteExists, SuiteRefused
from aird.evaluation.gates import Measure
from aird.evaluation.models import Suite
from aird.evaluation.schemas import GateRule
from aird.evaluation.service import Measurement
from aird.jobs.models import Job
from tests.evaluation.conftest import CHATS, QUESTIONS, School


def test_a_suite_knows_the_exact_items_it_asks(school: School) -> None:
    suite = school.suite()
    assert (suite.items, suite.split, suite.dataset_version.ref) == (12, "exam", "support/exam-items@1")


def test_a_suite_is_not_made_twice(school: School) -> None:
    school.suite()
    dataset = school.dataset(exam=QUESTIONS)
    with pytest.raises(SuiteExists), school.world.database.write() as session:
        service.add_suite(session, SYSTEM, "support/exam", "t", dataset)


@pytest.mark.parametrize("split", ["train", "dev"])
def test_only_exam_items_make_a_suite(school: School, split: str) -> None:
    dataset = school.dataset(exam=QUESTIONS, train=CHATS)
    with school.world.database.write() as session:
        with pytest.raises(SuiteRefused):
            service.add_suite(session, SYSTEM, "support/exam", "t", dataset, split=split)
        assert service.add_suite(session, SYSTEM, "support/exam", "t", dataset).items == 12


def test_a_lead_makes_no_suites_but_staff_do(school: School) -> None:
    dataset = school.dataset(exam=QUESTIONS)
    with school.world.database.write() as session:
        with pytest.raises(NotPermitted):
            service.add_suite(session, school.world.actor("lin"), "support/exam", "t", dataset)
        assert service.add_suite(session, school.world.actor("sam"), "support/exam", "t", dataset).items == 12


def add_gate(school: School, *rules: GateRule, name: str = "basics", by: str = "sam") -> list[dict[str, object]]:
    with school.world.database.write() as session:
        support = auth_queries.get_department(session, "support")
        return service.add_gate(session, school.world.actor(by), support, name, rules).rules


def test_a_gate_pins_the_reference_to_the_version_it_has_now(school: School) -> None:
    school.suite()
    school.world.version("support/desk")
    rule = GateRule(suite="support/exam", at_least=0.9, measure=Measure.RELATIVE, reference="support/desk")
    assert add_gate(school, rule)[0]["reference"] == "support/desk@1"


def test_a_gate_on_a_suite_that_is_not_there_is_refused(school: School) -> None:
    with pytest.raises(GateRefused):
        add_gate(school, GateRule(suite="support/exam", at_least=0.9))
    school.suite()
    assert add_gate(school, GateRule(suite="support/exam", at_least=0.9))


def test_a_department_has_a_gate_name_once_and_leads_make_none(school: School) -> None:
    school.suite()
    rule = GateRule(suite="support/exam", at_least=0.9)
    with pytest.raises(NotPermitted):
        add_gate(school, rule, by="lin")
    add_gate(school, rule)
    with pytest.raises(GateExists):
        add_gate(school, rule)


@pytest.mark.parametrize(
    "rule",
    [
        {"at_least": 1.5},
        {"at_least": -0.1},
        {"at_least": float("nan")},
        {"at_least": 0.9, "measure": "relative"},
        {"at_least": 0.9, "reference": "support/desk@1"},
        {"at_least": 0.9, "measure": "relative", "reference": "../desk"},
        {"at_least": 0.9, "measure": "mean"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        GateRule.model_validate({"suite": "support/exam", **rule})
    assert GateRule.model_validate(
        {"suite": "support/exam", "at_least": 1.05, "measure": "relative", "reference": "a/b@1"}
    )


def test_a_changed_gate_leaves_its_old_rules_in_the_audit_log(school: School) -> None:
    school.suite()
    add_gate(school, GateRule(suite="support/exam", at_least=0.9))
    with school.world.database.write() as session:
        gate = queries.gates(session)[0]
        rules = [GateRule(suite="support/exam", at_least=0.8)]
        service.change_gate(session, school.world.actor("sam"), gate, rules, reason="harder items")
    with school.world.database.read() as session:
        entry = audit_queries.entries(session, event="evaluation.gate.changed")[0]
    assert (entry.reason, entry.details["was"][0]["at_least"], entry.details["rules"][0]["at_least"]) == (
        "harder items", 0.9, 0.8,
    )  # fmt: skip


def test_a_version_is_put_before_the_gates_of_one_department(school: School) -> None:
    world = school.world
    school.suite()
    old, new = world.version("support/desk"), world.version("support/desk")
    world.score(old, "support/exam", 0.8)
    world.score(new, "support/exam", 0.84)
    add_gate(
        school,
        GateRule(suite="support/exam", at_least=0.8),
        GateRule(suite="support/exam", at_least=1.1, measure=Measure.RELATIVE, reference="support/desk@1"),
    )
    with world.database.read() as session:
        found = queries.report(session, world.store, new, world.department_id("support"))
        elsewhere = queries.report(session, world.store, new, world.department_id("finance"))
    assert [(line.passed, line.found) for line in found.lines] == [(True, 0.84), (False, pytest.approx(1.05))]
    assert (elsewhere.passed, elsewhere.lines) == (True, ())


def order(
    school: School, versions: list[Version], suites: list[Suite], split: str | None = None, by: str = "sam"
) -> Job:
    with school.world.database.write() as session:
        return service.order(session, school.world.actor(by), versions, suites, split)


def test_an_order_is_one_job_for_all_versions_and_suites(school: School) -> None:
    versions = [school.world.version("support/desk"), school.world.version("finance/books")]
    suites = [school.suite(), school.suite("finance/exam")]
    job = order(school, [*versions, versions[0]], suites)
    assert (job.kind, job.title) == ("evaluation.run", "2 versions in 2 suites")
    assert job.spec["versions"] == [str(each.id) for each in versions]
    assert job.department_id == versions[0].model.department_id


def test_an_order_of_nothing_is_refused(school: School) -> None:
    version, suite = school.world.version("support/desk"), school.suite()
    for versions, suites in (([], [suite]), ([version], [])):
        with pytest.raises(NothingToMeasure):
            order(school, versions, suites)
    assert order(school, [version], [suite]).title == "support/desk@1 in support/exam"


def test_another_split_must_hold_exam_items_too(school: School) -> None:
    version = school.world.version("support/desk")
    suite = school.suite(exam=QUESTIONS, dev=QUESTIONS[:4], train=CHATS)
    for split in ("train", "missing"):
        with pytest.raises(SuiteRefused):
            order(school, [version], [suite], split)
    assert order(school, [version], [suite], "dev").spec["split"] == "dev"


def test_ordering_needs_the_right_to_run_every_version(school: School) -> None:
    tool, desk = school.world.version("platform/tool"), school.world.version("support/desk")
    suite = school.suite()
    assert order(school, [tool], [suite], by="rui")
    for who, versions in (("rui", [tool, desk]), ("lin", [desk]), ("noor", [desk])):
        with pytest.raises(NotPermitted):
            order(school, versions, [suite], by=who)


def measured(version: Version, suite: Suite, correct: int, split: str = "exam") -> Measurement:
    return Measurement(
        version.id, suite, split, items=12, correct=correct, points=correct, outcomes=f"sha256:{'0' * 64}"
    )


def test_a_record_is_a_run_a_skill_and_an_audit_line(school: School) -> None:
    version, suite = school.world.version("support/desk"), school.suite()
    job = order(school, [version], [suite])
    with school.world.database.write() as session:
        [run] = service.record(session, SYSTEM, job.id, [measured(version, suite, 9)])
    with school.world.database.read() as session:
        found = school.world.reload(session, version)
        skill = catalog_queries.skill(session, found, "support/exam")
        entry = audit_queries.entries(session, event="evaluation.run.recorded")[0]
    assert skill is not None
    assert (skill.score, skill.items, skill.run_id, skill.metric) == (0.75, 12, run.id, "accuracy")
    assert (skill.low, skill.high) == (run.low, run.high) == pytest.approx((0.4677, 0.9111), abs=5e-5)
    assert (found.state, entry.subject, entry.details["score"]) == ("candidate", "support/desk@1", 0.75)


def test_what_was_measured_on_another_split_is_no_skill(school: School) -> None:
    version, suite = school.world.version("support/desk"), school.suite(exam=QUESTIONS, dev=QUESTIONS)
    job = order(school, [version], [suite], "dev")
    with school.world.database.write() as session:
        service.record(session, SYSTEM, job.id, [measured(version, suite, 9, "dev")])
    with school.world.database.read() as session:
        found = school.world.reload(session, version)
        runs = queries.runs(session, SYSTEM, version=found)
        assert (found.state, catalog_queries.skill(session, found, "support/exam")) == ("draft", None)
    assert [(run.split, run.score) for run in runs] == [("dev", 0.75)]
