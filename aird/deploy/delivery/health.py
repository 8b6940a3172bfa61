"""Is the candidate in worse health than the baseline? Six signals, each a count of answers that went badly. Pure.

Health is the system's: whether it answers at all, and how fast. Whether the answers are good is for exams before,
and for a shadow's pairs. The signals share the level: one of six has to speak six times as loud as one alone, so
that looking at all of them raises no more false alarms than looking at one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aird.deploy.delivery import evidence
from aird.deploy.delivery.evidence import Count

SURE = 20.0
"""A Bayes factor above this is called strong."""
HINT = 3.0
"""A Bayes factor above this is worth waiting for."""
FEWEST_TIMES = 20
"""So many times make a 95th percentile."""

Times = Sequence[tuple[int, int]]
"""A histogram: (no more than this, how many), ascending."""


class Signal(StrEnum):
    """What is watched."""

    ERRORS = "errors"  # of all answers, those that the runtime failed to give
    EMPTY = "empty"  # of those given, without a token
    LENGTH = "length"  # of those given, cut off at the most tokens allowed
    TOOLS = "tools"  # of those that called tools, with a call that no program can make
    TTFT = "ttft"  # slower than the baseline's 95th percentile by more than is allowed
    TPOT = "tpot"  # the same, for the time between tokens


PROVEN = (Signal.ERRORS, Signal.EMPTY)
"""Of these it has to be shown that they are no worse before a candidate is promoted; of the others, that no hint is."""


@dataclass(frozen=True)
class Arm:
    """What one unit's answers were like. Answers that a client broke off count nowhere."""

    ok: int = 0
    errors: int = 0
    empty: int = 0
    length: int = 0
    called: int = 0  # of `ok`, those with calls of tools
    broken: int = 0  # of `called`, those with a broken call
    ttft: Times = ()  # milliseconds
    tpot: Times = ()  # microseconds

    @property
    def answers(self) -> int:
        """How many there were to give."""
        return self.ok + self.errors


@dataclass(frozen=True)
class Reading:
    """One signal: both counts, how strongly they say "worse", and by how much worse it may be at most."""

    signal: Signal
    baseline: Count
    candidate: Count
    factor: float
    excess: float
    limit: int | None = None  # what counted as slow, in the signal's unit

    @property
    def is_worse(self) -> bool:
        """Whether it is as good as sure."""
        return self.factor > SURE * len(Signal)

    @property
    def hints(self) -> bool:
        """Whether it may be getting worse."""
        return self.factor > HINT and self.candidate.rate > self.baseline.rate


def read(baseline: Arm, candidate: Arm, *, slower: float, error: float = 0.05) -> list[Reading]:
    """Every signal; `slower` is how many times the baseline's 95th percentile still is no slow answer."""
    readings = [
        _reading(
            Signal.ERRORS, Count(baseline.errors, baseline.answers), Count(candidate.errors, candidate.answers), error
        ),
        _reading(Signal.EMPTY, Count(baseline.empty, baseline.ok), Count(candidate.empty, candidate.ok), error),
        _reading(Signal.LENGTH, Count(baseline.length, baseline.ok), Count(candidate.length, candidate.ok), error),
    ]
    if baseline.called or candidate.called:
        calls = Count(baseline.broken, baseline.called), Count(candidate.broken, candidate.called)
        readings.append(_reading(Signal.TOOLS, *calls, error))
    for signal, before, after in (
        (Signal.TTFT, baseline.ttft, candidate.ttft),
        (Signal.TPOT, baseline.tpot, candidate.tpot),
    ):
        usual = percentile(before, 0.95)
        if usual is not None and total(before) >= FEWEST_TIMES:
            limit = round(usual * slower)
            readings.append(_reading(signal, _above(before, limit), _above(after, limit), error, limit))
    return readings


def percentile(times: Times, share: float) -> int | None:
    """The upper edge of the bucket in which the percentile lies, None of none."""
    wanted, seen = share * total(times), 0
    for edge, count in times:
        seen += count
        if count and seen >= wanted:
            return edge
    return None


def total(times: Times) -> int:
    """How many times there are."""
    return sum(count for _, count in times)


def _above(times: Times, limit: int) -> Count:
    return Count(sum(count for edge, count in times if edge > limit), total(times))


def _reading(signal: Signal, baseline: Count, candidate: Count, error: float, limit: int | None = None) -> Reading:
    factor = evidence.worse(baseline, candidate) if baseline.total and candidate.total else 1.0
    share = error / len(PROVEN)
    return Reading(signal, baseline, candidate, factor, evidence.excess(baseline, candidate, share), limit)
