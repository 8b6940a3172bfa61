"""The arithmetic of gates."""

import pytest

from aird.evaluation.gates import Measure, Reason, Rule, Score, check, report

SCORE = Score(0.9, 0.85, 0.94, 192)
RELATIVE = Rule("support/exam", 0.95, Measure.RELATIVE, "support/desk@1")


@pytest.mark.parametrize(
    ("rule", "passed", "found"),
    [
        (Rule("support/exam", 0.9), True, 0.9),
        (Rule("support/exam", 0.91), False, 0.9),
        (Rule("support/exam", 0.85, Measure.LOW), True, 0.85),
        (Rule("support/exam", 0.86, Measure.LOW), False, 0.85),
    ],
)
def test_a_rule_compares_the_number_it_names(rule: Rule, passed: bool, found: float) -> None:
    line = check("basics", rule, {"support/exam": SCORE}, {})
    assert (line.passed, line.found, line.wanted, line.items) == (passed, found, rule.at_least, 192)
    assert line.reason is (Reason.REACHED if passed else Reason.TOO_LOW)


def test_a_relative_rule_divides_by_the_reference() -> None:
    line = check("basics", RELATIVE, {"support/exam": SCORE}, {"support/exam": Score(0.92, 0.9, 0.95, 100)})
    assert line.found == pytest.approx(0.9 / 0.92)
    assert (line.low, line.high) == pytest.approx((0.85 / 0.92, 0.94 / 0.92))
    assert (line.passed, line.items, line.reference) == (True, 100, "support/desk@1")


@pytest.mark.parametrize("measure", [Measure.SCORE, Measure.LOW])
def test_what_was_not_measured_fails(measure: Measure) -> None:
    line = check("basics", Rule("support/exam", 0.0, measure), {}, {})
    assert (line.passed, line.found, line.items, line.reason) == (False, None, 0, Reason.NOT_MEASURED)


@pytest.mark.parametrize(
    ("reference", "reason"),
    [({}, Reason.REFERENCE_NOT_MEASURED), ({"support/exam": Score(0, 0, 0.1, 50)}, Reason.REFERENCE_AT_ZERO)],
)
def test_a_relative_rule_fails_without_a_reference_to_divide_by(reference: dict[str, Score], reason: Reason) -> None:
    line = check("basics", RELATIVE, {"support/exam": SCORE}, reference)
    assert (line.passed, line.found, line.reason) == (False, None, reason)


def test_rounding_decides_nothing() -> None:
    score = Score(0.1 + 0.2, 0.2, 0.4, 10)
    assert check("basics", Rule("s/exam", 0.3), {"s/exam": score}, {}).passed
    assert check("basics", Rule("s/exam", 0.1 + 0.2), {"s/exam": Score(0.3, 0.2, 0.4, 10)}, {}).passed


def test_one_failing_line_fails_the_report_and_is_named() -> None:
    gates = [("basics", [Rule("a/exam", 0.5), Rule("b/exam", 0.5)]), ("more", [Rule("a/exam", 0.6)])]
    found = report(gates, {"a/exam": SCORE, "b/exam": Score(0.4, 0.3, 0.5, 100)}, {})
    assert (found.passed, len(found.lines)) == (False, 3)
    assert [(line.gate, line.suite) for line in found.failing] == [("basics", "b/exam")]
    assert report(gates, {"a/exam": SCORE, "b/exam": SCORE}, {}).passed


def test_no_rule_stops_nobody() -> None:
    assert report([], {}, {}).passed
