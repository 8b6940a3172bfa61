"""What tokens cost, in worked examples."""

from datetime import UTC, datetime

import pytest

from aird.metering import prices
from aird.metering.prices import Price, Rates, Sku

OCTOBER, NOVEMBER, DECEMBER = (datetime(2026, month, 1, tzinfo=UTC) for month in (10, 11, 12))
MID = datetime(2026, 11, 16, tzinfo=UTC)


def test_a_worked_bill():
    # 1,200 tokens in at 1 CNY a million and 300 out at 4 CNY a million: 0.0012 + 0.0012 CNY.
    assert prices.cost_micro(Rates(1_000_000, 4_000_000), 1200, 300) == 2400
    # A million in and a million out: 5 CNY.
    assert prices.cost_micro(Rates(1_000_000, 4_000_000), 1_000_000, 1_000_000) == 5_000_000


def test_each_entry_is_rounded_once_half_up():
    assert prices.cost_micro(Rates(1, 0), 499_999, 0) == 0
    assert prices.cost_micro(Rates(1, 0), 500_000, 0) == 1
    assert prices.cost_micro(Rates(1, 1), 250_000, 250_000) == 1
    assert prices.cost_micro(Rates(3, 0), 500_000, 0) == 2


def test_no_tokens_cost_nothing():
    assert prices.cost_micro(Rates(1_000_000, 4_000_000), 0, 0) == 0


def test_the_newest_price_that_is_valid_counts_and_before_the_first_the_default():
    book = [Price(Sku.PROMPT, 7, MID), Price(Sku.PROMPT, 5, NOVEMBER)]
    default = prices.DEFAULT_PRICES
    assert prices.rates_at(book, OCTOBER) == Rates(default[Sku.PROMPT], default[Sku.COMPLETION])
    assert prices.rates_at(book, NOVEMBER).prompt == 5
    assert prices.rates_at(book, DECEMBER) == Rates(7, default[Sku.COMPLETION])


def test_a_month_is_cut_where_a_price_changes():
    book = [Price(Sku.PROMPT, 7, MID), Price(Sku.COMPLETION, 9, MID), Price(Sku.PROMPT, 5, OCTOBER)]
    found = [(each.start, each.end, each.rates.prompt) for each in prices.segments(book, NOVEMBER, DECEMBER)]
    assert found == [(NOVEMBER, MID, 5), (MID, DECEMBER, 7)]
    assert len(prices.segments([], NOVEMBER, DECEMBER)) == 1


def test_a_month_ends_where_the_next_begins():
    assert prices.month_bounds("2026-11") == (NOVEMBER, DECEMBER)
    assert prices.month_bounds("2026-12") == (DECEMBER, datetime(2027, 1, 1, tzinfo=UTC))
    for wrong in ("2026-13", "november", "2026", "2026-11-01", "9999-12"):
        with pytest.raises(ValueError):
            prices.month_bounds(wrong)
