"""Worked examples of offers: what is recommended, why, and what is said not to be known."""

from dataclasses import replace

import pytest

from aird.planning.advice.advising import Offer, advise
from aird.planning.advice.facts import Base, Data, Facts, Need, Prices, Span, Tried, Way, Work
from aird.planning.advice.options import Option, Reach, Tier

PRICES = Prices(prompt=1_000_000, completion=4_000_000, chip_hour=18_000_000, cpu_hour=360_000)
NEED = Need(examples=20, floor=0.8, volume_per_day=1000, today_micro=3_000_000_000)
MAIL = Data("support/mails@1", "train", 4000)
NANO = Base("platform/nano@1", 1_000_000, served=False, trainable=True, tried=0.2)
LARGE = Base("platform/large@1", 8_000_000, served=True, trainable=True, tried=0.4)


def tried(ref: str, right: str, *, parameters: int = 8_000_000, base: str = "platform/large@1", **more: bool) -> Tried:
    """A version; `right` has an x for every example that it answers as wanted."""
    scores = [float(each == "x") for each in right]
    fields = {"adapter": True, "served": True, "usable": True, "askable": True, **more}
    return Tried(
        ref=ref, department=ref.partition("/")[0], base=base, parameters=parameters, scores=scores, low=0.0, high=1.0,
        prompt_tokens=50, completion_tokens=10, seconds=0.1, skills={"support/exam": 0.9}, **fields,
    )  # fmt: skip


def facts(*versions: Tried, **more: object) -> Facts:
    found = Facts(need=NEED, prices=PRICES, tried=versions, signature_hours=Span(1, 4, 30))
    return replace(found, **more)  # type: ignore[arg-type]


def chosen(offer: Offer) -> Option:
    return next(each for each in offer.options if each.key == offer.recommended)


def option(offer: Offer, key: str) -> Option:
    return next(each for each in offer.options if each.key == key)


def test_a_small_version_above_the_floor_is_recommended_before_a_better_large_one() -> None:
    small = tried("support/small@1", "x" * 17 + "...", parameters=1_000_000, base="platform/nano@1")
    offer = advise(facts(small, tried("support/large@1", "x" * 20)))
    assert (chosen(offer).versions, chosen(offer).reach, offer.reason.code) == (
        ["support/small@1"], Reach.PROBABLY, "smallest",
    )  # fmt: skip
    assert option(offer, "reuse-best").versions == ["support/large@1"]


def test_a_version_that_is_there_costs_nothing_to_make_and_is_paid_for_at_once() -> None:
    best = chosen(advise(facts(tried("support/large@1", "x" * 20))))
    assert (best.way, best.tier, best.work.micro, best.payback_months) == (Way.REUSE, Tier.ASSISTANT, 0, 0.0)
    assert best.lead_hours == Span(1, 4, 30)


def test_the_month_is_the_tokens_of_thirty_days_where_the_base_answers_anyway() -> None:
    running = chosen(advise(facts(tried("support/large@1", "x" * 20)))).running
    assert running is not None
    assert running.tokens_micro == 30 * 1000 * (50 * 1 + 10 * 4)  # 2.70 CNY
    assert (running.engine_micro, running.engines) == (0, 0)


def test_a_base_that_nobody_serves_yet_needs_an_engine_of_its_own() -> None:
    running = chosen(advise(facts(tried("support/large@1", "x" * 20, served=False)))).running
    assert running is not None
    assert (running.engines, running.engine_micro) == (1, 730 * 360_000)  # a CPU slot: 262.80 CNY
    assert running.micro == running.tokens_micro + running.engine_micro


def test_two_adapters_that_answer_different_examples_are_offered_merged() -> None:
    first, second = tried("support/mail@1", "x" * 12 + "." * 8), tried("support/calls@1", "." * 8 + "x" * 12)
    offer = advise(facts(first, second, finished=True, works={"merge": Work(Span(60, 90, 200), 250_000, 90.0, 5)}))
    merged = option(offer, "merge")
    assert sorted(merged.versions) == ["support/calls@1", "support/mail@1"]
    assert merged.expected.span.mid == pytest.approx(0.956)
    assert merged.expected.span.low == pytest.approx(0.918 * 0.8389, abs=1e-3)  # Wilson's bound of 20 of 20
    assert merged.skills["support/exam"].mid == pytest.approx(0.9 * 0.956)
    assert offer.recommended == "merge"
    assert merged.payback_months == pytest.approx(250_000 / (3_000_000_000 - 2_700_000))


def test_adapters_that_answer_the_same_examples_are_not_offered_merged() -> None:
    offer = advise(facts(tried("support/mail@1", "x" * 12 + "." * 8), tried("support/calls@1", "x" * 10 + "." * 10)))
    assert "merge" not in {each.key for each in offer.options}


def test_adapters_of_different_bases_are_not_offered_merged() -> None:
    first = tried("support/mail@1", "xx..")
    second = tried("support/calls@1", "..xx", base="platform/nano@1")
    assert "merge" not in {each.key for each in advise(facts(first, second)).options}


def test_a_smaller_base_learns_from_the_best_version() -> None:
    offer = advise(facts(tried("support/large@1", "x" * 20), bases=[NANO, LARGE], data=[MAIL]))
    distilled = option(offer, "distil")
    assert (distilled.versions, distilled.base, distilled.parameters) == (
        ["support/large@1"], "platform/nano@1", 1_000_000,
    )  # fmt: skip
    assert distilled.expected.span.mid == pytest.approx(0.912)
    assert (distilled.expected.basis, distilled.tier) == ("elsewhere", Tier.SPECIALIST)
    assert offer.recommended == "distil", "an eighth of the size, and probably good enough"


def test_what_this_house_has_measured_stands_before_what_was_measured_elsewhere() -> None:
    kept = {Way.DISTIL: [0.5, 0.6, 0.7]}
    offer = advise(facts(tried("support/large@1", "x" * 20), bases=[NANO, LARGE], data=[MAIL], kept=kept))
    distilled = option(offer, "distil").expected
    assert (distilled.span.mid, distilled.basis, distilled.children) == (pytest.approx(0.6), "house", 3)
    assert offer.recommended == "reuse"


def test_nobody_knows_what_a_training_comes_to_before_three_were_measured() -> None:
    offer = advise(facts(bases=[NANO], data=[MAIL]))
    train = option(offer, "train")
    assert (train.expected.span, train.reach) == (Span(0.2, None, 1.0), Reach.UNKNOWN)
    assert "train_unmeasured" in {each.code for each in offer.unknown}
    assert (offer.recommended, offer.reason.code) == ("train", "may_reach")


def test_measured_trainings_tell_by_the_share_of_the_gap_that_they_closed() -> None:
    kept = {Way.TRAIN: [0.5, 0.75, 1.0]}
    train = option(advise(facts(bases=[NANO], data=[MAIL], kept=kept)), "train")
    assert train.expected.span.mid == pytest.approx(0.2 + 0.8 * 0.75)
    assert train.reach is Reach.PROBABLY


def test_two_sizes_of_base_are_a_specialist_and_an_expert() -> None:
    offer = advise(facts(bases=[NANO, LARGE], data=[MAIL]))
    assert [(each.key, each.tier, each.base) for each in offer.options] == [
        ("train", Tier.SPECIALIST, "platform/nano@1"),
        ("train-large", Tier.EXPERT, "platform/large@1"),
    ]


def test_without_data_nothing_is_taught_and_the_offer_says_what_is_missing() -> None:
    offer = advise(facts(bases=[NANO]))
    assert [each.code for each in option(offer, "train").stops] == ["no_data"]
    assert (offer.recommended, offer.reason.code) == (None, "none_reaches")


def test_what_is_over_the_budget_is_not_recommended_while_something_else_keeps_to_it() -> None:
    small = tried("support/small@1", "x" * 20, parameters=1_000_000, base="platform/nano@1", served=False)
    need = replace(NEED, budget_month_micro=100_000_000)
    offer = advise(facts(small, tried("support/large@1", "x" * 20), need=need))
    assert (chosen(offer).key, chosen(offer).versions) == ("reuse-cheaper", ["support/large@1"])
    assert option(offer, "reuse").over == ["budget_month"], "an engine of its own for 262.80 CNY"


def test_when_everything_good_is_over_the_budget_the_offer_says_so() -> None:
    need = replace(NEED, budget_month_micro=1)
    offer = advise(facts(tried("support/large@1", "x" * 20), need=need))
    assert (offer.recommended, offer.reason.code, offer.reason.params["over"]) == (
        "reuse", "over_limits", ["budget_month"],
    )  # fmt: skip


def test_a_version_that_has_sat_no_exam_is_shown_and_not_recommended() -> None:
    offer = advise(facts(tried("support/new@1", "x" * 20, askable=False)))
    assert [each.code for each in option(offer, "reuse").stops] == ["not_measured"]
    assert offer.recommended is None


def test_another_departments_version_is_offered_with_the_consent_it_needs() -> None:
    best = chosen(advise(facts(tried("finance/books@2", "x" * 20, usable=False))))
    assert [(each.code, each.params["department"]) for each in best.notes] == [("owners_agree", "finance")]


def test_an_offer_says_what_it_does_not_know() -> None:
    need = Need(examples=3, floor=0.8)
    offer = advise(Facts(need=need, prices=PRICES, tried=[tried("support/large@1", "xxx")]))
    codes = {each.code for each in offer.unknown}
    assert codes == {"few_examples", "no_volume", "no_today", "signature_unknown", "people"}
    assert (chosen(offer).running, chosen(offer).payback_months, chosen(offer).lead_hours) == (None, None, None)


def test_without_any_trial_and_any_base_there_is_nothing_to_offer() -> None:
    offer = advise(facts())
    assert (offer.options, offer.recommended, offer.reason.code) == ([], None, "nothing")
    assert "not_tried" in {each.code for each in offer.unknown}


def test_what_never_saves_anything_has_no_payback() -> None:
    need = replace(NEED, today_micro=1)
    assert chosen(advise(facts(tried("support/large@1", "x" * 20), need=need))).payback_months is None


def test_work_that_takes_longer_than_there_is_time_breaks_the_deadline() -> None:
    need = replace(NEED, days_left=1)
    works = {"train": Work(Span(3600, 90_000, 200_000), 5, 90_000.0, 4)}
    offer = advise(facts(bases=[NANO], data=[MAIL], need=need, works=works))
    assert option(offer, "train").over == ["deadline"]
