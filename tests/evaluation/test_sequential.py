"""What a sequential examination asks and when it stops."""

import pytest

from aird.evaluation import sequential
from aird.evaluation.models import Question
from aird.evaluation.statistics.betting import Verdict
from aird.evaluation.statistics.pairs import Pairs

BETTER = sequential.design(Question.BETTER, 0.05, suites=1)
SAME = sequential.design(Question.NONINFERIOR, 0.05, suites=1)


def test_the_same_bytes_are_asked_in_the_same_order_and_others_in_another() -> None:
    first = sequential.order(50, "exam", "new", "old")
    assert first == sequential.order(50, "exam", "new", "old")
    assert sorted(first) == list(range(50))
    assert first != sequential.order(50, "exam", "other", "old")
    assert sequential.order(0, "exam") == []


@pytest.mark.parametrize(
    ("counts", "better", "same"),
    [
        ((400, 50, 10), Verdict.PASSED, Verdict.PASSED),
        ((400, 10, 50), Verdict.FAILED, Verdict.FAILED),
        ((3000, 100, 100), Verdict.FAILED, Verdict.PASSED),
        ((10, 1, 1), Verdict.OPEN, Verdict.OPEN),
    ],
)
def test_each_question_has_its_own_answer(counts: tuple[int, int, int], better: Verdict, same: Verdict) -> None:
    pairs = Pairs.binary(*counts)
    assert (BETTER.verdict(pairs), SAME.verdict(pairs)) == (better, same)


def test_more_suites_ask_for_more_evidence_in_each() -> None:
    pairs = next(p for won in range(5, 60) if BETTER.verdict(p := Pairs.binary(200, won, 3)) is Verdict.PASSED)
    five = sequential.design(Question.BETTER, 0.05, suites=5)
    assert five.verdict(pairs) is Verdict.OPEN
    assert five.verdict(Pairs.binary(200, 60, 3)) is Verdict.PASSED
    assert five.interval(pairs)[0] < BETTER.interval(pairs)[0]


def test_one_suite_that_fails_decides_for_all() -> None:
    passed, failed, doubtful = Verdict.PASSED, Verdict.FAILED, Verdict.OPEN
    assert sequential.all_in_all([passed, failed, doubtful]) is failed
    assert sequential.all_in_all([passed, doubtful]) is doubtful
    assert sequential.all_in_all([passed, passed]) is passed
    assert sequential.all_in_all([]) is doubtful
