"""Worked examples of what options say of their price beside the recommended one."""

from aird.planning.advice.advising import Offer, advise
from aird.planning.advice.comparing import first_year, money
from aird.planning.advice.facts import Span, Work
from aird.planning.advice.options import Option
from tests.planning.advice.test_advising import LARGE, MAIL, NANO, NEED, facts, option, tried

ENGINE = 730 * 360_000
"""A CPU slot held for a month: 262.80 CNY."""
SMALL = tried("support/small@1", "x" * 20, parameters=1_000_000, base="platform/nano@1", served=False)
BIG = tried("support/large@1", "x" * 20)


def codes(found: Option) -> list[str]:
    return [each.code for each in found.why]


def test_a_larger_version_that_runs_already_is_cheaper_a_month_and_both_cards_say_so() -> None:
    offer = advise(facts(SMALL, BIG))
    best, other = option(offer, "reuse"), option(offer, "reuse-cheaper")
    assert (offer.recommended, codes(best)) == ("reuse", ["smallest", "other_less_month", "small_engine"])
    assert best.why[1].params == {"what": "support/large@1", "way": "reuse", "micro": ENGINE}
    assert best.why[1].message == "support/large@1 costs 262.80 CNY less a month."
    assert (codes(other), other.cheaper) == (["month_less", "engine_runs"], True)
    assert other.why[0].message == "It costs 262.80 CNY less a month than the recommended one."


def test_the_recommended_one_says_how_much_less_it_costs_than_the_next() -> None:
    small = tried("support/small@1", "x" * 17 + "...", parameters=1_000_000, base="platform/nano@1")
    large = tried("support/large@1", "x" * 20, served=False)
    offer = advise(facts(small, large))
    assert codes(option(offer, "reuse")) == ["smallest", "less_month"]
    assert option(offer, "reuse").why[1].params["micro"] == ENGINE
    assert codes(option(offer, "reuse-best")) == ["month_more"]
    assert not option(offer, "reuse-best").cheaper


def test_equal_prices_are_said_to_be_equal() -> None:
    small = tried("support/small@1", "x" * 17 + "...", parameters=1_000_000, base="platform/nano@1")
    offer = advise(facts(small, BIG))
    assert codes(option(offer, "reuse")) == ["smallest", "as_cheap"]
    assert codes(option(offer, "reuse-best")) == ["month_same"]


def taught(once_micro: int) -> Offer:
    """A small model that would learn from a large one, which runs on an engine that has still to be held."""
    large = tried("support/large@1", "x" * 20, served=False)
    works = {"distil": Work(Span(60, 90, 200), once_micro, 90.0, 5)}
    return advise(facts(large, bases=[NANO, LARGE], data=[MAIL], works=works))


def test_what_is_made_once_is_set_against_a_year() -> None:
    offer = taught(5_000_000_000)
    best, other = option(offer, "distil"), option(offer, "reuse")
    assert (offer.recommended, codes(best)) == ("distil", ["smallest", "other_less_year", "small_enough"])
    assert best.why[1].params["micro"] == (first_year(best) or 0) - (first_year(other) or 0) == 5_000_000_000
    assert (codes(other), other.cheaper) == (["month_same", "once_less"], True)


def test_less_to_make_and_more_a_month_is_summed_up_for_the_year() -> None:
    small = tried("support/small@1", "x" * 20, parameters=1_000_000, base="platform/nano@1", served=False)
    works = {"train-large": Work(Span(60, 90, 200), 1_000_000_000, 90.0, 5)}
    offer = advise(facts(small, bases=[NANO, LARGE], data=[MAIL], works=works, kept={"train": [0.9, 0.9, 0.9]}))
    other = option(offer, "train-large")
    assert (codes(other), other.cheaper) == (["month_less", "once_more", "year_less", "engine_runs"], True)
    assert other.why[2].params["micro"] == 12 * ENGINE - 1_000_000_000


def test_without_a_volume_nothing_is_said_of_prices() -> None:
    small = tried("support/small@1", "x" * 17 + "...", parameters=1_000_000, base="platform/nano@1")
    offer = advise(facts(small, BIG, need=type(NEED)(examples=20, floor=0.8)))
    assert [codes(each) for each in offer.options] == [["smallest"], []]


def test_a_larger_one_within_the_budget_is_not_called_the_smallest() -> None:
    need = type(NEED)(examples=20, floor=0.8, volume_per_day=1000, budget_month_micro=100_000_000)
    offer = advise(facts(SMALL, BIG, need=need))
    assert (offer.recommended, offer.reason.code) == ("reuse-cheaper", "smallest_within")


def test_what_does_not_reach_the_floor_is_not_compared() -> None:
    weak = tried("support/weak@1", "x" * 10 + "." * 10)
    offer = advise(facts(weak, bases=[NANO], data=[MAIL]))
    assert {each.key: codes(each) for each in offer.options} == {
        "train": ["may_reach"], "distil": [], "reuse": [],
    }  # fmt: skip


def test_an_amount_below_a_hundredth_is_not_said_to_be_nothing() -> None:
    assert (money(1_234_567_890, "CNY"), money(400, "CNY")) == ("1,234.57 CNY", "less than 0.01 CNY")
