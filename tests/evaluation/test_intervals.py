"""How sure a score is."""

import random

import pytest

from aird.evaluation.intervals import wilson

Z = 1.959963984540054  # the 97.5 % point of the normal distribution


@pytest.mark.parametrize(("correct", "items"), [(1, 2), (5, 10), (90, 100), (175, 192), (1, 1000)])
def test_a_bound_is_a_share_from_which_the_score_is_just_not_surprising(correct: int, items: int) -> None:
    for bound in wilson(correct, items):
        assert abs(correct / items - bound) == pytest.approx(Z * (bound * (1 - bound) / items) ** 0.5)


@pytest.mark.parametrize("items", [1, 10, 192])
def test_none_and_all_are_bounded_by_themselves(items: int) -> None:
    assert wilson(0, items) == (0.0, pytest.approx(Z**2 / (items + Z**2)))
    assert wilson(items, items) == (pytest.approx(items / (items + Z**2)), 1.0)


def test_without_items_everything_is_possible() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("correct", "items"), [(-1, 5), (6, 5)])
def test_what_is_no_share_is_a_bug(correct: int, items: int) -> None:
    with pytest.raises(ValueError, match="is not a share"):
        wilson(correct, items)


def test_the_score_lies_inside_and_more_items_narrow_it() -> None:
    for items in (5, 50, 500):
        for correct in range(0, items + 1, max(1, items // 10)):
            low, high = wilson(correct, items)
            assert 0 <= low <= correct / items <= high <= 1
    widths = [high - low for low, high in (wilson(n // 2, n) for n in (10, 100, 1000))]
    assert widths == sorted(widths, reverse=True)


def test_it_covers_the_true_share_about_as_often_as_it_says() -> None:
    draw = random.Random(1)
    covered = 0
    for _ in range(2000):
        low, high = wilson(sum(draw.random() < 0.9 for _ in range(60)), 60)
        covered += low <= 0.9 <= high
    assert 0.93 <= covered / 2000 <= 0.985
