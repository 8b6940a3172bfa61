"""The figures of the sample's run, out of a matrix with known scores. Pure."""

import pytest

from aird.sample.figures import kept, mentoring_lines, rotation_lines, score, suite_of

SCORES = {
    "support/bot@1": {"support/exam": 0.8, "finance/exam": 0.1},
    "finance/bot@1": {"support/exam": None, "finance/exam": 0.5},
    "platform/merged@1": {"support/exam": 0.6, "finance/exam": 0.45},
    "platform/merged@2": {"support/exam": 0.8, "finance/exam": 0.5},
    "platform/none@1": {"support/exam": 0.0, "finance/exam": 0.0},
}
MATRIX = {
    "suites": ["finance/exam", "support/exam"],
    "rows": [
        {"ref": ref, "cells": {suite: found if found is None else {"score": found} for suite, found in cells.items()}}
        for ref, cells in SCORES.items()
    ],
}
SPECIALISTS = ["support/bot@1", "finance/bot@1"]


def test_a_score_is_read_from_its_cell() -> None:
    assert score(MATRIX, "support/bot@1", "finance/exam") == 0.1
    assert suite_of("support/bot@1") == "support/exam"


def test_a_suite_that_was_not_sat_has_no_score() -> None:
    with pytest.raises(KeyError, match="finance/bot@1 did not sit support/exam"):
        score(MATRIX, "finance/bot@1", "support/exam")
    with pytest.raises(KeyError):
        score(MATRIX, "finance/bot@1", "hr/exam")


def test_what_is_kept_is_measured_against_each_specialist_in_their_own_exam() -> None:
    assert kept(MATRIX, SPECIALISTS, "platform/merged@1") == pytest.approx(
        {"support/bot@1": 0.75, "finance/bot@1": 0.9}
    )
    assert set(kept(MATRIX, SPECIALISTS, "platform/merged@2").values()) == {1.0}


def test_a_specialist_without_any_right_answer_divides_nothing_by_zero() -> None:
    row = {"ref": "support/new@1", "cells": {"support/exam": {"score": 0.0}}}
    matrix = {**MATRIX, "rows": [*MATRIX["rows"], row]}
    assert kept(matrix, ["support/new@1"], "support/new@1") == {"support/new@1": 0.0}


def test_the_rotation_is_told_before_and_after_the_finish() -> None:
    assert rotation_lines(MATRIX, SPECIALISTS, "platform/merged@1", "platform/merged@2") == [
        "score kept relative to each specialist after the merge: support 0.75, finance 0.90 (least 0.75)",
        "score kept relative to each specialist after the finish: support 1.00, finance 1.00 (least 1.00)",
    ]


def test_the_mentoring_is_told_by_department() -> None:
    [line] = mentoring_lines(MATRIX, "platform/merged@2", "platform/merged@1", "platform/none@1", 0.25)
    assert line == (
        "teacher / student / same student without a teacher (0.25 of the size): "
        "finance 0.50 / 0.45 / 0.00, support 0.80 / 0.60 / 0.00"
    )
