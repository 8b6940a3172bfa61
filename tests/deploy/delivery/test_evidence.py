"""What figures prove: few false alarms however often one looks, and harm that is seen early."""

from random import Random

import pytest

from aird.deploy.delivery import evidence, health, pairs, steps
from aird.deploy.delivery.evidence import Count
from aird.deploy.delivery.health import Arm, Signal
from aird.deploy.delivery.pairs import Votes


def trial(random: Random, before: float, after: float, share: float, requests: int) -> int | None:
    """How many answers the candidate had given when it was found worse, looked at every 20 requests."""
    bad, total = [0, 0], [0, 0]
    for number in range(1, requests + 1):
        arm = int(random.random() < share)
        total[arm] += 1
        bad[arm] += random.random() < (after if arm else before)
        if number % 20 == 0 and evidence.worse(Count(bad[0], total[0]), Count(bad[1], total[1])) > health.SURE:
            return total[1]
    return None


@pytest.mark.parametrize(("rate", "share"), [(0.0, 0.5), (0.01, 0.1), (0.05, 0.5), (0.2, 0.1), (0.5, 0.5)])
def test_equal_arms_raise_few_alarms_however_often_one_looks(rate: float, share: float) -> None:
    random = Random(7)
    alarms = sum(trial(random, rate, rate, share, 1000) is not None for _ in range(100))
    assert alarms <= 8


@pytest.mark.parametrize(("before", "after", "soon"), [(0.02, 0.5, 25), (0.05, 0.2, 150), (0.01, 0.1, 200)])
def test_harm_is_seen_early(before: float, after: float, soon: int) -> None:
    random = Random(7)
    found = sorted(trial(random, before, after, 0.5, 2000) or 2000 for _ in range(50))
    assert found[25] <= soon
    assert found[-1] < 2000


def test_the_probability_of_being_higher_is_the_same_by_every_way_of_counting() -> None:
    for before, after in ((Count(3, 50), Count(9, 40)), (Count(45, 50), Count(9, 40)), (Count(0, 9), Count(0, 9))):
        mirrored = evidence.higher(after, before)
        assert evidence.higher(before, after) == pytest.approx(1 - mirrored, abs=1e-9)
    assert evidence.higher(Count(7, 60), Count(7, 60)) == pytest.approx(0.5)


def test_large_counts_are_compared_like_small_ones() -> None:
    exact = evidence.higher(Count(98, 980), Count(110, 940))
    near = evidence.higher(Count(102, 1020), Count(114, 978))
    assert exact == pytest.approx(near, abs=0.02)


def test_a_rate_stays_within_its_bounds_at_every_look() -> None:
    random = Random(3)
    left = 0
    for _ in range(60):
        bad, out = 0, False
        for total in range(1, 201):
            bad += random.random() < 0.1
            if total % 10 == 0:
                low, high = evidence.bounds(Count(bad, total), 0.05)
                out = out or not low <= 0.1 <= high
        left += out
    assert left <= 3


def test_bounds_close_in_as_answers_come() -> None:
    widths = [high - low for low, high in (evidence.bounds(Count(n // 10, n), 0.05) for n in (20, 200, 2000))]
    assert widths[0] > widths[1] > widths[2]
    assert evidence.bounds(Count(0, 300), 0.05)[1] < 0.03
    assert evidence.bounds(Count(0, 0), 0.05) == (0.0, 1.0)


def test_slow_answers_are_those_beyond_what_was_usual() -> None:
    before = Arm(ok=100, ttft=[(100, 95), (200, 5)], tpot=[(9000, 100)])
    same = Arm(ok=100, ttft=[(100, 96), (200, 4)], tpot=[(9000, 100)])
    slow = Arm(ok=100, ttft=[(100, 50), (400, 50)], tpot=[(9000, 100)])
    assert not any(each.hints for each in health.read(before, same, slower=1.5))
    [worse] = [each for each in health.read(before, slow, slower=1.5) if each.is_worse]
    assert (worse.signal, worse.limit, worse.candidate.bad) == (Signal.TTFT, 150, 50)


def test_times_of_too_few_answers_are_no_signal() -> None:
    before = Arm(ok=5, ttft=[(100, 5)])
    assert {each.signal for each in health.read(before, before, slower=1.5)} == {
        Signal.ERRORS, Signal.EMPTY, Signal.LENGTH,
    }  # fmt: skip


def test_broken_calls_of_tools_are_a_signal_where_tools_are_called() -> None:
    before, after = Arm(ok=200, called=100, broken=1), Arm(ok=200, called=100, broken=30)
    [worse] = [each for each in health.read(before, after, slower=1.5) if each.is_worse]
    assert (worse.signal, worse.baseline.total, worse.candidate.bad) == (Signal.TOOLS, 100, 30)
    assert not any(each.hints for each in health.read(before, before, slower=1.5))
    assert Signal.TOOLS not in {each.signal for each in health.read(Arm(ok=9), Arm(ok=9), slower=1.5)}


def test_equal_answers_pass_and_worse_ones_fail_by_their_votes() -> None:
    rules = steps.Rules()
    assert pairs.read(Votes(candidate=170, baseline=170)).is_no_worse(rules.margin)
    assert pairs.read(Votes(candidate=5, baseline=30)).is_worse
    assert pairs.read(Votes(candidate=30, baseline=5)).is_better
    few = pairs.read(Votes(candidate=4, baseline=4))
    assert not (few.is_worse)
    assert not (few.is_better)
    assert not (few.is_no_worse(rules.margin))


def test_ties_alone_never_prefer_anybody() -> None:
    for ties in (1, 10, 1000):
        tied = pairs.read(Votes(same=ties))
        assert not (tied.is_worse)
        assert not (tied.is_better)
    assert pairs.read(Votes(same=1000)).is_no_worse(0.1)


@pytest.mark.parametrize(
    ("straight", "turned", "better"),
    [
        ("A", "B", "first"),
        ("B.", "A", "second"),
        ("**A**", "A", "same"),
        ("SAME", "same", "same"),
        ("Well,", "A", None),
    ],
)
def test_a_judge_counts_where_it_says_the_same_of_both_orders(straight: str, turned: str, better: str | None) -> None:
    assert pairs.agreed(pairs.judged(straight), pairs.judged(turned)) == better
