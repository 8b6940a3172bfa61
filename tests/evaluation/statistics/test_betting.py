"""Examinations that stop when it is clear, and intervals of real-valued scores."""

from itertools import product
from math import exp
from random import Random

import pytest

from aird.evaluation.statistics import betting, bootstrap
from aird.evaluation.statistics.betting import Verdict
from aird.evaluation.statistics.pairs import Pairs

GAIN = 0.05
DISCORDANT = 0.15


def answers(random: Random, items: int, gain: float) -> list[float]:
    """Differences of a version better by `gain` where 15 % of the answers differ."""
    won, lost = (DISCORDANT + gain) / 2, (DISCORDANT - gain) / 2
    return random.choices((1.0, -1.0, 0.0), (won, lost, 1 - won - lost), k=items)


def sit(differences: list[float], step: int = 8) -> tuple[Verdict, int]:
    """Look after every few items and stop at the first verdict; also how many items it took."""
    won = lost = items = 0
    for start in range(0, len(differences), step):
        part = differences[start : start + step]
        won, lost, items = won + part.count(1.0), lost + part.count(-1.0), items + len(part)
        found = betting.verdict(Pairs.binary(items, won, lost), refute=0.0, hope=GAIN)
        if found is not Verdict.OPEN:
            return found, items
    return Verdict.OPEN, items


def test_the_capital_is_fair_whatever_the_fair_game() -> None:
    """One more item never makes it grow on average when the difference is exactly what is bet against."""
    for difference, (won, lost) in product((0.0, 0.05, -0.02), ((0, 0), (5, 3), (40, 2))):
        before = exp(betting.log_capital(Pairs.binary(100, won, lost), difference))
        up = (0.1 + difference) / 1
        after = (
            up * exp(betting.log_capital(Pairs.binary(101, won + 1, lost), difference))
            + 0.1 * exp(betting.log_capital(Pairs.binary(101, won, lost + 1), difference))
            + (1 - up - 0.1) * exp(betting.log_capital(Pairs.binary(101, won, lost), difference))
        )
        assert after == pytest.approx(before)


def test_a_verdict_needs_evidence_and_names_its_side() -> None:
    rules = {"refute": 0.0, "hope": GAIN}
    assert betting.verdict(Pairs.of([]), **rules) is Verdict.OPEN
    assert betting.verdict(Pairs.binary(20, 2, 1), **rules) is Verdict.OPEN
    assert betting.verdict(Pairs.binary(300, 40, 10), **rules) is Verdict.PASSED
    assert betting.verdict(Pairs.binary(300, 10, 40), **rules) is Verdict.FAILED
    assert betting.verdict(Pairs.binary(3000, 200, 200), **rules) is Verdict.FAILED  # as good, but not better by 5
    assert betting.verdict(Pairs.binary(3000, 200, 200), refute=-GAIN, hope=0.0) is Verdict.PASSED  # not worse by 5
    with pytest.raises(ValueError, match="above"):
        betting.verdict(Pairs.of([]), refute=0.0, hope=0.0)


def test_the_confidence_sequence_holds_the_mean_and_turns_with_the_pairs() -> None:
    low, high = betting.interval(Pairs.binary(400, 40, 20))
    assert -0.01 < low < 0.05 < high < 0.12
    assert betting.interval(Pairs.binary(400, 20, 40)) == pytest.approx((-high, -low))
    assert betting.interval(Pairs.of([])) == pytest.approx((-1.0, 1.0))
    wider = betting.interval(Pairs.binary(40, 4, 2))
    assert wider[0] < low and high < wider[1]  # noqa: PT018


def test_real_valued_scores_are_bet_on_too() -> None:
    pairs = Pairs.of([0.3, 0.1, -0.1, 0.4, 0.0] * 60)
    assert betting.verdict(pairs, refute=0.0, hope=0.01) is Verdict.PASSED
    low, high = betting.interval(pairs)
    assert low < pairs.mean < high
    narrow = bootstrap.interval(pairs)
    assert low < narrow[0] < pairs.mean < narrow[1] < high


def test_the_bootstrap_is_repeatable_and_agrees_with_the_normal_interval() -> None:
    random = Random(1)
    pairs = Pairs.of(round(random.gauss(0.02, 0.2), 3) for _ in range(400))
    assert bootstrap.interval(pairs) == bootstrap.interval(Pairs(dict(reversed(pairs.counts.items()))))
    low, high = bootstrap.interval(pairs)
    assert high - low == pytest.approx(2 * 1.96 * 0.2 / 20, rel=0.15)
    assert bootstrap.p_above(pairs, pairs.mean) == pytest.approx(0.5, abs=0.1)
    assert bootstrap.p_above(pairs, -1) == 1 / (1 + bootstrap.DRAWS)
    assert bootstrap.p_above(Pairs.of([]), 0) == 1
    assert bootstrap.interval(Pairs.of([])) == (-1, 1)


@pytest.mark.slow
@pytest.mark.long
def test_a_version_that_is_no_better_is_promoted_in_at_most_one_case_of_twenty() -> None:
    random = Random(5)
    found = [sit(answers(random, 2000, 0.0))[0] for _ in range(1000)]
    assert found.count(Verdict.PASSED) <= 50
    assert found.count(Verdict.FAILED) > 500  # and most are sent back instead of being left open


@pytest.mark.slow
@pytest.mark.long
def test_five_points_better_is_seen_within_six_hundred_items_in_half_of_all_cases() -> None:
    random = Random(6)
    found = [sit(answers(random, 3000, GAIN)) for _ in range(400)]
    passed = sorted(items for verdict, items in found if verdict is Verdict.PASSED)
    assert passed[len(found) // 2] <= 600
    assert sum(verdict is Verdict.FAILED for verdict, _ in found) <= 20  # a false rejection is as rare
