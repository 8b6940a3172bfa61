"""What tokens and the time of chips cost. Pure.

Money is counted in micro-units of the currency (1 CNY = 1,000,000). A price is micro-units per million
tokens, or per million milliseconds that one chip is held. Each ledger entry is rounded to a whole micro-unit
once, half up, and every sum is a sum of rounded entries: so the total of a month equals the sum over its
departments, its endpoints and its keys to the last micro-unit. An entry is priced by the book of the moment it
was made; a later price changes no older bill.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise

CURRENCY = "CNY"
MILLION = 1_000_000


class Sku(StrEnum):
    """What is sold."""

    PROMPT = "tokens.prompt"
    COMPLETION = "tokens.completion"
    CPU_TIME = "time.cpu"  # of a slot for a job without chips
    CHIP_TIME = "time.chip"  # of one accelerator


DEFAULT_PRICES: dict[Sku, int] = {
    Sku.PROMPT: 1 * MILLION,
    Sku.COMPLETION: 4 * MILLION,
    Sku.CPU_TIME: MILLION // 10,
    Sku.CHIP_TIME: 5 * MILLION,
}
"""Micro-units where the book has no row: a million tokens 1 CNY in and 4 CNY out; an hour of a CPU slot 0.36 CNY,
of a chip 18 CNY."""


@dataclass(frozen=True)
class Price:
    """The price of a sku from a moment on, in micro-units per million tokens."""

    sku: Sku
    per_million_micro: int
    valid_from: datetime


@dataclass(frozen=True)
class Rates:
    """The prices of one moment, in micro-units per million tokens."""

    prompt: int
    completion: int


@dataclass(frozen=True)
class Segment:
    """A stretch of time, `start` inside and `end` outside, in which no price changes."""

    start: datetime
    end: datetime
    rates: Rates


def cost_micro(rates: Rates, prompt_tokens: int, completion_tokens: int) -> int:
    """Micro-units for one answer, rounded half up."""
    return (prompt_tokens * rates.prompt + completion_tokens * rates.completion + MILLION // 2) // MILLION


def in_force(book: Iterable[Price], moment: datetime) -> dict[Sku, int]:
    """Every price in force at a moment, in micro-units per million."""
    found = dict(DEFAULT_PRICES)
    for price in sorted(book, key=lambda each: each.valid_from):
        if price.valid_from <= moment:
            found[price.sku] = price.per_million_micro
    return found


def rates_at(book: Iterable[Price], moment: datetime) -> Rates:
    """The prices of tokens in force at a moment."""
    found = in_force(book, moment)
    return Rates(found[Sku.PROMPT], found[Sku.COMPLETION])


def time_micro(per_million_micro: int, seconds: float) -> int:
    """Micro-units for holding something priced per million milliseconds, rounded half up."""
    return int(seconds * 1000 * per_million_micro / MILLION + 0.5)


def segments(book: Iterable[Price], start: datetime, end: datetime) -> list[Segment]:
    """[start, end) cut at every change of a price."""
    prices = list(book)
    cuts = sorted({start, end} | {price.valid_from for price in prices if start < price.valid_from < end})
    return [Segment(left, right, rates_at(prices, left)) for left, right in pairwise(cuts)]


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """The first moment of a month `2026-11` in UTC, and the first one after it. Raises ValueError."""
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    years, months = divmod(start.month, 12)
    return start, start.replace(year=start.year + years, month=months + 1)
