"""Stages that fail: the plan stops and says what would fix it."""

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Visibility
from tests.planning.conftest import CAREER, School

GATED = {**CAREER, "mail": {**CAREER["mail"], "gate": [{"suite": "support/mail-exam", "at_least": 0.8}]}}


def test_a_failed_gate_stops_the_plan_and_says_what_would_fix_it(school: School) -> None:
    school.scores = {"support/mail": {"support/mail-exam": 0.7}}
    school.apply(school.text(stages=GATED))
    school.work()
    plan = school.read()
    assert (plan.state, plan.board[0].state, plan.board[2].state) == ("stopped", "failed", "waiting")
    finding = plan.board[0].findings[0]
    assert finding.code == "gate_too_low"
    assert finding.params["found"] == 0.7
    assert "0.800 is wanted" in finding.message
    assert "apply the plan again" in finding.message
    assert plan.reason == f"Stage mail: {finding.message}"
    assert not plan.board[0].report.gate[0].passed
    assert school.waiting() == []


def test_a_lower_gate_lets_the_plan_go_on_without_training_again(school: School) -> None:
    school.scores = {"support/mail": {"support/mail-exam": 0.7}}
    school.apply(school.text(stages=GATED))
    school.work()
    lower = {**CAREER["mail"], "gate": [{"suite": "support/mail-exam", "at_least": 0.6}]}
    plan = school.apply(school.text(stages={**CAREER, "mail": lower}))
    assert [stage.state for stage in plan.board] == ["passed", "passed", "running"]
    school.work()
    assert school.read().state == "succeeded"
    assert len(school.jobs("training.sft")) == 2


def test_a_stage_that_forgets_more_than_its_budget_fails(school: School) -> None:
    school.scores = {
        "support/mail": {"support/mail-exam": 0.9, "support/call-exam": 0.3},
        "support/calls": {"support/mail-exam": 0.4, "support/call-exam": 0.9},
        "support/lead": {"support/mail-exam": 0.7, "support/call-exam": 0.88},
    }
    school.apply(school.text(forgetting={"max_drop": 0.05, "min_backward": -0.05}))
    school.work()
    lead = school.read().board[2]
    assert [each.code for each in lead.findings] == ["forgot_too_much", "backward_too_low"]
    lost = lead.report.forgetting
    assert lost is not None
    assert lost.worst is not None
    assert (lost.worst.suite, lost.worst.best_in, round(lost.worst.was - lost.worst.now, 3)) == (
        "support/mail-exam", "mail", 0.2,
    )  # fmt: skip
    assert (round(lost.average or 0, 3), round(lost.backward or 0, 3)) == (0.79, -0.11)
    loose = school.apply(school.text(forgetting={"max_drop": 0.25}))
    assert loose.state == "succeeded"


def test_a_plan_whose_role_is_not_reached_says_what_is_missing(school: School) -> None:
    school.scores = {"support/lead": {"support/mail-exam": 0.7, "support/call-exam": 0.9}}
    profile = [{"suite": "support/mail-exam", "level": 0.85}, {"suite": "support/call-exam", "level": 0.85}]
    school.apply(school.text(profile=profile))
    school.work()
    plan = school.read()
    assert (plan.state, [(each.suite, each.found) for each in plan.missing]) == (
        "stopped", [("support/mail-exam", 0.7)],
    )  # fmt: skip
    assert "Give its stage mail more data or steps" in plan.reason
    lower = [{"suite": "support/mail-exam", "level": 0.7}]
    assert school.apply(school.text(profile=lower)).state == "succeeded"


def test_a_failed_job_stops_the_plan_and_advancing_it_tries_again(school: School) -> None:
    school.apply()
    mail, calls = school.waiting()
    school.fail(mail)
    school.do(calls)
    school.look()
    plan = school.read()
    assert (plan.state, plan.board[0].findings[0].code) == ("stopped", "job_failed")
    assert plan.board[1].state == "examining"  # what was under way goes on
    plan = school.advance()
    assert (plan.state, plan.board[0].state) == ("running", "running")
    school.work()
    assert school.read().state == "succeeded"
    assert len(school.jobs("training.sft")) == 3


def test_who_may_not_see_a_model_is_not_told_its_name(school: School) -> None:
    school.world.version("finance/secret")
    rule = {"suite": "support/mail-exam", "at_least": 0.9, "measure": "relative", "reference": "finance/secret@1"}
    school.apply(school.text(stages={"mail": {**CAREER["mail"], "gate": [rule]}}))
    school.work()
    with school.world.database.write() as session:
        catalog_queries.get_model(session, "finance/secret").visibility = Visibility.PRIVATE
    assert "finance/secret" in school.read(by="sam").model_dump_json()
    hidden = school.read(by="lin")
    assert "secret" not in hidden.model_dump_json()
    assert (hidden.yaml, hidden.board[0].findings[0].code) == (None, "gate_reference")
