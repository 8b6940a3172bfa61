"""McNemar's exact test, the score test of paired shares and Holm, against what others compute or printed."""

from itertools import product
from math import comb, sqrt
from random import Random

import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest, multinomial, norm

from aird.evaluation.statistics import holm, mcnemar, score
from aird.evaluation.statistics.pairs import Pairs


@pytest.mark.parametrize(("won", "lost"), list(product((0, 1, 7, 40), (0, 3, 12, 41))))
def test_mcnemar_is_the_binomial_test_of_the_discordant_items(won: int, lost: int) -> None:
    if won + lost:
        assert mcnemar.p_better(won, lost) == pytest.approx(binomtest(won, won + lost, alternative="greater").pvalue)
        assert mcnemar.p_different(won, lost) == pytest.approx(binomtest(won, won + lost).pvalue)
    else:
        assert mcnemar.p_better(won, lost) == mcnemar.p_different(won, lost) == 1


def test_mcnemar_stays_exact_where_a_float_would_run_out() -> None:
    assert mcnemar.p_better(3000, 0) == 0.0  # 2 ** -3000 is below the smallest float
    assert mcnemar.p_better(2600, 2400) == pytest.approx(binomtest(2600, 5000, alternative="greater").pvalue)


@pytest.mark.parametrize(("items", "won", "lost"), [(44, 0, 1), (180, 21, 12), (60, 9, 2)])
@pytest.mark.parametrize("difference", [-0.1, -0.02, 0.05])
def test_the_score_test_stands_on_the_most_likely_share_lost(
    items: int, won: int, lost: int, difference: float
) -> None:
    def unlikely(share: float) -> float:
        return float(-multinomial.logpmf([won, lost, items - won - lost], items, _shares(share, difference)))

    low, high = max(0.0, -difference) + 1e-9, min(1.0, (1 - difference) / 2) - 1e-9
    share = minimize_scalar(unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-10}).x
    expected = (won - lost - items * difference) / sqrt(items * (2 * share + difference * (1 - difference)))
    assert score.z(items, won, lost, difference) == pytest.approx(expected, abs=1e-4)


def _shares(lost: float, difference: float) -> list[float]:
    return [lost + difference, lost, 1 - 2 * lost - difference]


def test_the_score_interval_turns_with_the_versions() -> None:
    low, high = score.interval(100, 20, 12)
    assert score.interval(100, 12, 20) == pytest.approx((-high, -low))


def test_the_score_interval_holds_what_its_test_does_not_refuse() -> None:
    low, high = score.interval(180, 21, 12)
    edge = norm.ppf(0.975)
    assert (score.z(180, 21, 12, low), score.z(180, 21, 12, high)) == pytest.approx((edge, -edge), abs=1e-6)
    assert score.p_noninferior(180, 21, 12, -low) == pytest.approx(0.025, abs=1e-6)


def test_an_interval_is_never_empty_and_never_leaves_the_scale() -> None:
    for items, won, lost in ((5, 0, 0), (5, 5, 0), (5, 0, 5), (3000, 0, 0), (1, 1, 0)):
        low, high = score.interval(items, won, lost)
        assert -1 <= low < high <= 1
        assert low <= (won - lost) / items <= high
    assert score.interval(0, 0, 0) == (-1.0, 1.0)


def test_noninferiority_needs_items_and_grows_with_the_margin() -> None:
    assert score.p_noninferior(0, 0, 0, 0.02) == 1
    few, many = score.p_noninferior(50, 0, 0, 0.02), score.p_noninferior(500, 0, 0, 0.02)
    assert few > 0.05 > many
    assert score.p_noninferior(300, 10, 14, 0.05) < score.p_noninferior(300, 10, 14, 0.02)
    for margin in (-0.1, 1.0):
        with pytest.raises(ValueError, match="margin"):
            score.p_noninferior(10, 0, 0, margin)


@pytest.mark.parametrize(("items", "lost"), [(100, 0.05), (200, 0.1), (400, 0.03)])
def test_a_version_worse_by_the_margin_is_hardly_ever_called_as_good(items: int, lost: float) -> None:
    """The level of the test, computed exactly over every outcome: 5 % and no more than a point above it."""
    margin, won = 0.03, lost - 0.03
    level = sum(
        _trinomial(items, b, c, won, lost)
        for b in range(items // 4 + 1)
        for c in range(items // 4 + 1)
        if score.p_noninferior(items, b, c, margin) <= 0.05
    )
    assert 0.01 < level < 0.06


def _trinomial(items: int, won: int, lost: int, p_won: float, p_lost: float) -> float:
    ways = comb(items, won) * comb(items - won, lost)
    return ways * p_won**won * p_lost**lost * (1 - p_won - p_lost) ** (items - won - lost)


def test_holm_is_as_strict_as_it_must_be_and_no_stricter() -> None:
    assert holm.adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm.adjusted([0.2]) == [0.2]
    assert holm.adjusted([]) == []
    assert holm.adjusted([0.9, 0.8]) == [1.0, 1.0]


def test_holm_keeps_the_order_of_evidence() -> None:
    random = Random(3)
    for _ in range(50):
        values = [random.random() for _ in range(6)]
        found = holm.adjusted(values)
        assert sorted(range(6), key=values.__getitem__) == sorted(range(6), key=lambda i: (found[i], values[i]))
        assert all(mine >= value for mine, value in zip(found, values, strict=True))


def test_pairs_are_the_items_that_both_sat() -> None:
    pairs = Pairs.between({"a": 1.0, "b": 0.0, "c": 1.0, "x": 1.0}, {"a": 0.0, "b": 1.0, "c": 1.0, "y": 0.0})
    assert (pairs.items, pairs.won, pairs.lost, pairs.mean, pairs.is_binary) == (3, 1, 1, 0.0, True)
    assert Pairs.binary(3, 1, 1) == pairs
    assert not Pairs.of([0.5, 0.0]).is_binary
    with pytest.raises(ValueError, match="not possible"):
        Pairs.binary(3, 2, 2)
