"""The arithmetic of rules that hold a version against another one, item by item."""

import pytest

from aird.evaluation.gates import Measure, Reason, Rule, Score, check, report
from aird.evaluation.statistics import mcnemar, score
from aird.evaluation.statistics.pairs import Pairs

OLD = "support/desk@1"
SCORE = Score(0.9, 0.87, 0.93, 400)
BOTH = {"support/mail": SCORE, "support/words": SCORE}


def protected(suite: str = "support/mail", margin: float = 0.02) -> Rule:
    return Rule(suite, None, Measure.NONINFERIOR, OLD, margin)


BETTER = Rule("support/mail", None, Measure.BETTER, OLD)
DROP = Rule(None, None, Measure.MAX_DROP, OLD, 0.02)


def line(rule: Rule, *counts: int, **paired: Pairs):  # type: ignore[no-untyped-def]
    pairs = Pairs.binary(*counts) if counts else Pairs({})
    return check("basics", rule, BOTH, BOTH, {(OLD, "support/mail"): pairs, (OLD, "support/words"): pairs, **paired})


@pytest.mark.parametrize(
    ("counts", "reason"),
    [((400, 4, 3), Reason.REACHED), ((100, 1, 1), Reason.NOT_PROVEN), ((400, 4, 40), Reason.WORSE)],
)
def test_as_good_as_before_must_be_shown_by_enough_items(counts: tuple[int, int, int], reason: Reason) -> None:
    found = line(protected(), *counts)
    assert (found.reason, found.passed, found.items) == (reason, reason is Reason.REACHED, counts[0])
    assert (found.wanted, found.won, found.lost) == (-0.02, counts[1], counts[2])
    assert found.found == (counts[1] - counts[2]) / counts[0]


@pytest.mark.parametrize("counts", [(400, 4, 3), (200, 10, 8), (150, 2, 2), (900, 40, 39)])
def test_a_single_protected_skill_passes_exactly_when_its_interval_lies_above_the_margin(
    counts: tuple[int, int, int],
) -> None:
    found = line(protected(), *counts)
    assert found.low is not None
    assert found.passed is (found.low >= -0.02)
    assert (found.low, found.high) == score.interval(*counts)


@pytest.mark.parametrize(
    ("won", "lost", "reason"),
    [(15, 3, Reason.REACHED), (8, 5, Reason.NOT_PROVEN), (0, 0, Reason.NOT_PROVEN), (3, 15, Reason.WORSE)],
)
def test_better_is_mcnemars_exact_test_in_the_right_direction(won: int, lost: int, reason: Reason) -> None:
    found = line(BETTER, 200, won, lost)
    assert (found.reason, found.wanted) == (reason, 0)
    assert found.p == pytest.approx(min(1, 2 * mcnemar.p_better(won, lost)))


def test_real_valued_scores_are_compared_by_the_bootstrap() -> None:
    up, same = Pairs.of([0.2, 0.1, 0.0, -0.05] * 50), Pairs.of([0.1, -0.1] * 100)
    found = check("basics", BETTER, BOTH, BOTH, {(OLD, "support/mail"): up})
    assert found.passed
    assert found.low is not None
    assert 0 < found.low < up.mean
    assert not check("basics", BETTER, BOTH, BOTH, {(OLD, "support/mail"): same}).passed
    assert check("basics", protected(), BOTH, BOTH, {(OLD, "support/mail"): same}).passed


def test_two_protected_skills_need_more_than_one() -> None:
    """Holm: a p-value that is enough for one skill is not enough for the weaker of two."""
    counts = next(c for c in ((500, won, 9) for won in range(30)) if 0.025 < (line(protected(), *c).p or 1) <= 0.05)
    pairs = {(OLD, suite): Pairs.binary(*counts) for suite in BOTH}
    alone = report([("basics", [protected()])], BOTH, {OLD: BOTH}, pairs)
    both = report([("basics", [protected()]), ("more", [protected("support/words")])], BOTH, {OLD: BOTH}, pairs)
    assert (alone.passed, both.passed) == (True, False)
    assert [each.reason for each in both.lines] == [Reason.NOT_PROVEN] * 2
    assert both.lines[0].p == pytest.approx(2 * (alone.lines[0].p or 0))
    clear = {key: Pairs.binary(2000, 20, 10) for key in pairs}
    assert report([("basics", [protected(), protected("support/words")])], BOTH, {OLD: BOTH}, clear).passed


def test_other_rules_are_not_made_stricter_by_protected_skills() -> None:
    pairs = {(OLD, suite): Pairs.binary(400, 12, 3) for suite in BOTH}
    rules = [BETTER, protected(), protected("support/words"), Rule("support/mail", 0.9)]
    found = report([("basics", rules)], BOTH, {OLD: BOTH}, pairs)
    assert found.lines[0].p == pytest.approx(2 * mcnemar.p_better(12, 3))
    assert (found.lines[0].passed, found.lines[3].passed, found.lines[3].p) == (True, True, None)


def test_the_worst_skill_decides_and_not_the_mean() -> None:
    mail, words = Pairs.binary(100, 30, 0), Pairs.binary(100, 0, 4)
    found = check("basics", DROP, BOTH, BOTH, {(OLD, "support/mail"): mail, (OLD, "support/words"): words})
    assert (found.suite, found.found, found.passed, found.reason) == ("support/words", -0.04, False, Reason.TOO_LOW)
    assert found.low is not None
    assert found.low < -0.04 < (found.high or 0)
    kept = {(OLD, "support/mail"): mail, (OLD, "support/words"): Pairs.binary(100, 0, 2)}
    assert check("basics", DROP, BOTH, BOTH, kept).passed  # exactly the margin, however it rounds


def test_a_skill_that_was_not_examined_again_counts_as_lost() -> None:
    pairs = {(OLD, "support/mail"): Pairs.binary(100, 0, 0)}
    found = check("basics", DROP, {"support/mail": SCORE}, BOTH, pairs)
    assert (found.passed, found.reason, found.suite) == (False, Reason.NOT_MEASURED, "support/words")
    assert check("basics", DROP, {"support/mail": SCORE}, {"support/mail": SCORE}, pairs).passed
    assert check("basics", DROP, BOTH, {}, pairs).reason is Reason.REFERENCE_NOT_MEASURED


@pytest.mark.parametrize("rule", [protected(), BETTER, DROP])
def test_scores_without_their_items_prove_nothing(rule: Rule) -> None:
    found = check("basics", rule, BOTH, BOTH)
    assert (found.passed, found.reason, found.found) == (False, Reason.ITEMS_NOT_KEPT, None)
    assert line(rule).reason is Reason.ITEMS_NOT_KEPT


def test_a_protected_skill_that_was_not_measured_counts_among_the_tests() -> None:
    pairs = {(OLD, "support/mail"): Pairs.binary(500, 9, 9)}
    alone = report([("g", [protected()])], BOTH, {OLD: BOTH}, pairs).lines[0]
    beside = report([("g", [protected(), protected("support/new")])], BOTH, {OLD: BOTH}, pairs).lines
    assert beside[0].p == pytest.approx(min(1, 2 * (alone.p or 0)))
    assert (beside[1].reason, beside[1].p) == (Reason.NOT_MEASURED, None)
