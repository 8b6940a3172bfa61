"""A whole exam told by a hundred of its items, on simulated versions whose whole exam is known."""

from math import exp
from random import Random

import pytest

from aird.evaluation import anchors, irt

ITEMS, ASKED = 1000, 100
IDS = [f"q{n}" for n in range(ITEMS)]


def versions(count: int, seed: int) -> list[dict[str, float]]:
    """Versions of different ability that answer items of different difficulty and sharpness."""
    random = Random(seed)
    bank = Random(7)
    items = {each: (bank.uniform(0.5, 2.0), bank.gauss(0, 1.2)) for each in IDS}
    found = []
    for _ in range(count):
        ability = random.gauss(0.3, 0.8)
        found.append({i: float(random.random() < 1 / (1 + exp(-(a * ability + d)))) for i, (a, d) in items.items()})
    return found


def mean(scores: dict[str, float]) -> float:
    return sum(scores.values()) / len(scores)


def test_anchors_are_the_same_for_every_version_and_spread_over_the_difficulties() -> None:
    levels = anchors.difficulty(IDS, versions(6, 1))
    chosen = anchors.choose(levels, ASKED, "exam")
    assert (len(chosen), len(set(chosen))) == (ASKED, ASKED)
    assert chosen == anchors.choose(levels, ASKED, "exam")
    groups = anchors.strata(levels, ASKED, "exam")
    assert [sum(each in group for each in chosen) for group in groups] == [20] * 5
    assert anchors.choose(levels, ITEMS, "exam") == IDS
    assert len(anchors.choose(levels, 7, "exam")) == 7


def test_nobody_examined_yet_is_a_plain_sample() -> None:
    levels = anchors.difficulty(IDS, [])
    [version] = versions(1, 2)
    asked = {each: version[each] for each in anchors.choose(levels, ASKED, "exam")}
    found = anchors.estimate(levels, asked, ASKED, "exam")
    assert found.interval[0] < mean(version) < found.interval[1]
    share = mean(version)
    assert found.error == pytest.approx((share * (1 - share) * 0.9 / ASKED) ** 0.5, rel=0.25)


@pytest.mark.parametrize("known", [4, 12])
def test_a_stratified_estimate_is_as_good_as_its_error_says(known: int) -> None:
    levels = anchors.difficulty(IDS, versions(known, 3))
    chosen = anchors.choose(levels, ASKED, "exam")
    off, errors = [], []
    for version in versions(60, 4):
        found = anchors.estimate(levels, {each: version[each] for each in chosen}, ASKED, "exam")
        off.append(found.score - mean(version))
        errors.append(found.error)
    rmse = (sum(each**2 for each in off) / len(off)) ** 0.5
    assert rmse < 0.05  # a plain sample of a hundred has 5 points
    assert 0.6 < rmse / (sum(errors) / len(errors)) < 1.3


def test_what_the_version_before_did_makes_the_estimate_sharper() -> None:
    known = versions(4, 5)
    levels = anchors.difficulty(IDS, known)
    random = Random(6)
    child = {i: (1 - s if random.random() < 0.1 else s) for i, s in known[0].items()}
    asked = {each: child[each] for each in anchors.choose(levels, ASKED, "exam")}
    alone = anchors.estimate(levels, asked, ASKED, "exam")
    beside = anchors.estimate(levels, asked, ASKED, "exam", before=known[0])
    assert beside.error < 0.8 * alone.error
    assert beside.interval[0] < mean(child) < beside.interval[1]


def test_with_many_versions_the_items_answer_for_each_other() -> None:
    bank = irt.fit(IDS, versions(60, 8))
    chosen = irt.choose(bank, ASKED)
    assert len(set(chosen)) == ASKED
    off, inside = [], 0
    for version in versions(60, 9):
        found = irt.estimate(bank, {each: version[each] for each in chosen})
        off.append(found.score - mean(version))
        inside += found.interval[0] <= mean(version) <= found.interval[1]
    assert (sum(each**2 for each in off) / len(off)) ** 0.5 < 0.038  # a plain sample has 5 points, strata 4
    assert inside >= 50


def test_items_that_everybody_or_nobody_has_right_break_nothing() -> None:
    known = [{"a": 1.0, "b": 0.0, "c": float(n % 2)} for n in range(30)]
    bank = irt.fit(["a", "b", "c"], known)
    found = irt.estimate(bank, {"a": 1.0})
    assert 0 < found.score < 1
    assert irt.choose(bank, 5) == ["a", "b", "c"]


def test_the_error_is_tested_on_versions_whose_exam_is_known() -> None:
    assert anchors.tested_error([0.5, 0.6], [0.5, 0.6]) is None
    assert anchors.tested_error([0.5, 0.6, 0.7], [0.5, 0.6, 0.7]) == 0
    assert anchors.tested_error([0.5, 0.5, 0.5], [0.6, 0.4, 0.5]) == pytest.approx((0.02 / 3) ** 0.5)
