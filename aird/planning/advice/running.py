"""What running a version costs a month at a stated volume, and when it has paid for itself. Pure.

Two sums, both shown: the tokens as the price book bills them, and the time of an engine that the house has to hold for
it beside what it holds already. A base that answers anyway takes another adapter without another engine until its time
is full.
"""

from dataclasses import dataclass
from math import ceil

from aird.planning.advice.facts import DAYS, HOURS, Need, Prices

BUSY_HOURS = 8
"""Hours in which the questions of a day arrive."""
FULL = 0.7
"""The share of an engine's time that may be busy before another is needed."""
MILLION = 1_000_000


@dataclass(frozen=True)
class Load:
    """What one answer takes: tokens, and seconds of an engine."""

    prompt_tokens: float
    completion_tokens: float
    seconds: float
    served: bool
    chips: int


@dataclass(frozen=True)
class Running:
    """Micro-units a month: `tokens_micro` is billed by the price book, `engine_micro` is what more has to be held."""

    tokens_micro: int
    engine_micro: int
    engines: int
    busy: float

    @property
    def micro(self) -> int:
        """Both together."""
        return self.tokens_micro + self.engine_micro


def month(need: Need, load: Load, prices: Prices) -> Running | None:
    """The sums of a month; None without a volume."""
    if need.volume_per_day is None:
        return None
    answers = need.volume_per_day * DAYS
    tokens = answers * (load.prompt_tokens * prices.prompt + load.completion_tokens * prices.completion) / MILLION
    busy = need.volume_per_day * load.seconds / (BUSY_HOURS * 3600)
    wanted = max(1, ceil(busy / FULL))
    more = wanted - 1 if load.served else wanted
    hour = prices.chip_hour * load.chips if load.chips else prices.cpu_hour
    return Running(int(tokens + 0.5), more * HOURS * hour, more, busy)


def payback_months(need: Need, once_micro: int | None, running: Running | None) -> float | None:
    """Months until what it saves against today has paid for making it; None where it never does, or nobody knows."""
    if need.today_micro is None or running is None or once_micro is None:
        return None
    saved = need.today_micro - running.micro
    return once_micro / saved if saved > 0 else None
