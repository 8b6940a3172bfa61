"""Gates on the outcomes that runs keep, on a real database and store."""

from collections.abc import Sequence

import pytest

from aird.auth.permissions import SYSTEM
from aird.catalog.models import Version
from aird.evaluation import outcomes, queries, service
from aird.evaluation.gates import GateReport, Measure, Reason
from aird.evaluation.models import Suite
from aird.evaluation.schemas import GateRule
from aird.evaluation.scorers.outcome import Outcome
from aird.evaluation.service import Measurement
from aird.jobs import service as jobs
from aird.jobs.models import Job
from tests.evaluation.conftest import School
from tests.evaluation.test_service import add_gate, order

ITEMS = [
    {"id": f"q{n}", "messages": [{"role": "user", "content": f"Mail {n}"}], "choices": ["a", "b"], "answer": 0}
    for n in range(200)
]


def sit(school: School, version: Version, suite: Suite, right: Sequence[bool]) -> None:
    """The version sits the suite with these answers, as a run would record them."""
    found = [Outcome(id=f"q{n}", correct=each, chosen=0, answer="a") for n, each in enumerate(right)]
    artifact = school.world.store.put_files({outcomes.FILE: outcomes.lines(found)}).digest
    job = order(school, [version], [suite])
    correct = sum(right)
    measured = Measurement(version.id, suite, suite.split, len(right), correct, float(correct), artifact)
    with school.world.database.write() as session:
        service.record(session, SYSTEM, job.id, [measured])
        jobs.cancel(session, SYSTEM, session.get_one(Job, job.id))


def gated(school: School, version: Version) -> GateReport:
    with school.world.database.read() as session:
        found = school.world.reload(session, version)
        return queries.report(session, school.world.store, found, school.world.department_id("support"))


@pytest.fixture
def house(school: School) -> tuple[Version, Version, Suite]:
    """An old version that is right on every second item, a new one that was not examined, and their exam."""
    suite = school.suite("support/mail", exam=ITEMS)
    old, new = school.world.version("support/desk"), school.world.version("support/desk")
    sit(school, old, suite, [n % 2 == 0 for n in range(200)])
    return old, new, suite


def test_a_gate_counts_the_items_that_were_won_and_lost(school: School, house: tuple[Version, Version, Suite]) -> None:
    old, new, suite = house
    rules = [
        GateRule(suite="support/mail", measure=Measure.BETTER, reference=old.ref),
        GateRule(suite="support/mail", measure=Measure.NONINFERIOR, reference=old.ref, margin=0.02),
        GateRule(measure=Measure.MAX_DROP, reference=old.ref, margin=0.02),
    ]
    add_gate(school, *rules)
    assert {line.reason for line in gated(school, new).lines} == {Reason.NOT_MEASURED}
    sit(school, new, suite, [n % 2 == 0 or n % 10 == 1 for n in range(200)])
    found = gated(school, new)
    assert found.passed
    assert [(line.won, line.lost, line.items, line.suite) for line in found.lines] == [(20, 0, 200, "support/mail")] * 3


def test_the_last_examination_counts(school: School, house: tuple[Version, Version, Suite]) -> None:
    old, new, suite = house
    add_gate(school, GateRule(measure=Measure.MAX_DROP, reference=old.ref, margin=0.02))
    sit(school, new, suite, [n % 2 == 0 for n in range(200)])
    assert gated(school, new).passed
    sit(school, new, suite, [n % 4 == 0 for n in range(200)])
    [line] = gated(school, new).lines
    assert (line.passed, line.found, line.lost) == (False, -0.25, 50)


def test_a_score_without_its_run_proves_nothing(school: School, house: tuple[Version, Version, Suite]) -> None:
    old, new, _ = house
    add_gate(school, GateRule(measure=Measure.MAX_DROP, reference=old.ref, margin=0.02))
    school.world.score(new, "support/mail", 0.9)
    assert gated(school, new).lines[0].reason is Reason.ITEMS_NOT_KEPT


def test_outcomes_that_are_gone_prove_nothing_and_break_nothing(
    school: School, house: tuple[Version, Version, Suite]
) -> None:
    old, new, suite = house
    add_gate(school, GateRule(suite="support/mail", measure=Measure.BETTER, reference=old.ref))
    job = order(school, [new], [suite])
    lost = Measurement(new.id, suite, suite.split, 200, 200, 200.0, f"sha256:{'0' * 64}")
    with school.world.database.write() as session:
        service.record(session, SYSTEM, job.id, [lost])
    assert gated(school, new).lines[0].reason is Reason.ITEMS_NOT_KEPT
    sit(school, new, suite, [True] * 200)
    assert gated(school, new).passed


@pytest.mark.parametrize(
    "rule",
    [
        {"measure": "noninferior", "reference": "a/b@1"},
        {"measure": "noninferior", "margin": 0.02},
        {"measure": "noninferior", "reference": "a/b@1", "margin": 1.0},
        {"measure": "noninferior", "reference": "a/b@1", "margin": 0.1, "at_least": 0.5},
        {"measure": "better", "reference": "a/b@1", "margin": 0.1},
        {"measure": "better", "at_least": 0.5},
        {"measure": "max_drop", "margin": 0.1},
        {"measure": "score", "at_least": 0.5, "margin": 0.1},
        {"measure": "score"},
        {"measure": "better", "reference": "a/b@1", "suite": None},
    ],
)
def test_a_paired_rule_that_makes_no_sense_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        GateRule.model_validate({"suite": "support/exam", **rule})
    for good in (
        {"measure": "noninferior", "reference": "a/b@1", "margin": 0.0, "suite": "support/exam"},
        {"measure": "better", "reference": "a/b@1", "suite": "support/exam"},
        {"measure": "max_drop", "reference": "a/b@1", "margin": 0.02},
    ):
        assert GateRule.model_validate(good)
