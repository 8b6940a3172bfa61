"""What tokens and the time of chips cost. Pure.

Money is counted in micro-units of the currency (1 CNY = 1,000,000). A price is micro-units per million
tokens, or per million milliseconds that one chip is held. Each ledger entry is rounded to a whole micro-unit
once, half up, and every sum is a sum of rounded entries: so the total of a month equals the sum over its
departments, its endpoints and its keys to the last micro-unit. An entry is priced by the book of the moment the
answer or the job began to be paid for (`at`); a later price changes no older bill.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

CURRENCY = "CNY"
NOTICE = timedelta(seconds=3)
"""How long before it counts every gateway knows a new price."""
MILLION = 1_000_000


class Sku(StrEnum):
    """What is sold."""

    PROMPT = "tokens.prompt"
    CACHED = "tokens.cached"  # of a prompt, as far as the runtime still had them; without a price of its own: PROMPT's
    COMPLETION = "tokens.completion"
    CPU_TIME = "time.cpu"  # of a slot for a job without chips
    CHIP_TIME = "time.chip"  # of one accelerator; `time.chip.A100` is the price of a flavour


SKU = (
    rf"^(?:{'|'.join(re.escape(each) for each in Sku)}|{re.escape(Sku.CHIP_TIME)}\.[A-Za-z0-9][A-Za-z0-9._-]{{0,47}})$"
)
"""What has a price: a Sku, or the time of one flavour of chips."""

CPU = "cpu"
"""The chip of work that holds none."""

DEFAULT_PRICES: dict[str, int] = {
    Sku.PROMPT: 1 * MILLION,
    Sku.COMPLETION: 4 * MILLION,
    Sku.CPU_TIME: MILLION // 10,
    Sku.CHIP_TIME: 5 * MILLION,
}
"""Micro-units where the book has no row: a million tokens 1 CNY in and 4 CNY out; an hour of a CPU slot 0.36 CNY,
of a chip 18 CNY."""


@dataclass(frozen=True)
class Price:
    """The price of a sku from a moment on, in micro-units per million tokens or milliseconds.

    `sku` is a Sku, or `time.chip.` with a flavour.
    """

    sku: str
    per_million_micro: int
    valid_from: datetime


@dataclass(frozen=True)
class Rates:
    """The prices of one moment, in micro-units per million tokens."""

    prompt: int
    completion: int
    cached: int | None = None

    @property
    def of_cached(self) -> int:
        """The price of cached prompt tokens."""
        return self.prompt if self.cached is None else self.cached


@dataclass(frozen=True)
class Segment:
    """A stretch of time, `start` inside and `end` outside, in which no price changes."""

    start: datetime
    end: datetime
    rates: Rates
    book: dict[str, int]


def cost_micro(rates: Rates, prompt_tokens: int, completion_tokens: int, cached_tokens: int | None = None) -> int:
    """Micro-units for one answer, rounded half up; `cached_tokens` are among the prompt's."""
    cached = cached_tokens or 0
    exact = (prompt_tokens - cached) * rates.prompt + cached * rates.of_cached + completion_tokens * rates.completion
    return (exact + MILLION // 2) // MILLION


def most_micro(rates: Rates, prompt_tokens: int, completion_tokens: int) -> int:
    """Micro-units that an answer within these bounds can cost at most, however much of its prompt is cached."""
    dearest = Rates(max(rates.prompt, rates.of_cached), rates.completion)
    return cost_micro(dearest, prompt_tokens, completion_tokens)


def in_force(book: Iterable[Price], moment: datetime) -> dict[str, int]:
    """Every price in force at a moment, in micro-units per million."""
    found = dict(DEFAULT_PRICES)
    for price in sorted(book, key=lambda each: each.valid_from):
        if price.valid_from <= moment:
            found[price.sku] = price.per_million_micro
    return found


def rates_of(found: Mapping[str, int]) -> Rates:
    """The prices of tokens among these."""
    return Rates(found[Sku.PROMPT], found[Sku.COMPLETION], found.get(Sku.CACHED))


def rates_at(book: Iterable[Price], moment: datetime) -> Rates:
    """The prices of tokens in force at a moment."""
    return rates_of(in_force(book, moment))


def chip_sku(chip: str) -> str:
    """The sku of time on a chip of this flavour; `cpu` is a slot without one."""
    return Sku.CPU_TIME if chip == CPU else f"{Sku.CHIP_TIME}.{chip}"


def of_chip(found: Mapping[str, int], chip: str) -> int:
    """The price of a million milliseconds on this chip: its flavour's own, else that of any chip."""
    return found.get(chip_sku(chip), found[Sku.CPU_TIME if chip == CPU else Sku.CHIP_TIME])


def held_micro(per_million_micro: int, milliseconds: int) -> int:
    """Micro-units for a ledger entry of time, rounded half up."""
    return (milliseconds * per_million_micro + MILLION // 2) // MILLION


def time_micro(per_million_micro: int, seconds: float) -> int:
    """Micro-units for holding something priced per million milliseconds, rounded half up."""
    return int(seconds * 1000 * per_million_micro / MILLION + 0.5)


def segments(book: Iterable[Price], start: datetime, end: datetime) -> list[Segment]:
    """[start, end) cut at every change of a price."""
    prices = list(book)
    cuts = sorted({start, end} | {price.valid_from for price in prices if start < price.valid_from < end})
    found = []
    for left, right in pairwise(cuts):
        force = in_force(prices, left)
        found.append(Segment(left, right, rates_of(force), force))
    return found


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """The first moment of a month `2026-11` in UTC, and the first one after it. Raises ValueError."""
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    years, months = divmod(start.month, 12)
    return start, start.replace(year=start.year + years, month=months + 1)
