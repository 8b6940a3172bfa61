"""What a version must reach before it may serve a department. Pure.

A rule compares one number of a suite with what is wanted:

    score     the share of right answers
    low       the lower end of its 95 % interval: few items do not pass on luck
    relative  the score divided by that of a reference version (normalised accuracy)

Whatever was not measured fails.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

TOLERANCE = 1e-9
"""0.9 wanted and 0.9 found passes, however the division rounds."""


class Measure(StrEnum):
    """Which number of a suite a rule reads."""

    SCORE = "score"
    LOW = "low"
    RELATIVE = "relative"


class Reason(StrEnum):
    """Why a line passed or failed; stable and translatable."""

    REACHED = "reached"
    TOO_LOW = "too_low"
    NOT_MEASURED = "not_measured"
    REFERENCE_NOT_MEASURED = "reference_not_measured"
    REFERENCE_AT_ZERO = "reference_at_zero"


@dataclass(frozen=True)
class Score:
    """A share of right answers with its 95 % interval."""

    score: float
    low: float
    high: float
    items: int


@dataclass(frozen=True)
class Rule:
    """At least `at_least` in the suite; `reference` is a version's ref, for a relative rule alone."""

    suite: str
    at_least: float
    measure: Measure = Measure.SCORE
    reference: str | None = None


@dataclass(frozen=True)
class GateLine:
    """One rule against what was found.

    `low` and `high` bound the score, for a relative rule divided by the reference's score, which counts as exact.
    """

    gate: str
    suite: str
    measure: Measure
    reference: str | None
    wanted: float
    found: float | None
    low: float | None
    high: float | None
    items: int
    passed: bool
    reason: Reason


@dataclass(frozen=True)
class GateReport:
    """Every rule of every gate; passed when no line failed, also when there is no line."""

    passed: bool
    lines: tuple[GateLine, ...]

    @property
    def failing(self) -> tuple[GateLine, ...]:
        """The lines that did not pass."""
        return tuple(line for line in self.lines if not line.passed)


Scores = Mapping[str, Score]
"""A version's scores by suite."""


def report(gates: Iterable[tuple[str, Iterable[Rule]]], scores: Scores, references: Mapping[str, Scores]) -> GateReport:
    """Check (gate, rules) pairs; `references` holds the scores of the reference versions by their refs."""
    lines = tuple(
        check(gate, rule, scores, references.get(rule.reference or "", {})) for gate, rules in gates for rule in rules
    )
    return GateReport(all(line.passed for line in lines), lines)


def check(gate: str, rule: Rule, scores: Scores, reference: Scores) -> GateLine:
    """One rule against a version's scores and those of the reference."""
    score = scores.get(rule.suite)
    if score is None:
        return _line(gate, rule, None, None, 0, Reason.NOT_MEASURED)
    if rule.measure is not Measure.RELATIVE:
        found = score.low if rule.measure is Measure.LOW else score.score
        return _line(gate, rule, found, (score.low, score.high), score.items, _reason(found, rule))
    other = reference.get(rule.suite)
    if other is None:
        return _line(gate, rule, None, (score.low, score.high), score.items, Reason.REFERENCE_NOT_MEASURED)
    if other.score <= 0:
        return _line(gate, rule, None, (score.low, score.high), score.items, Reason.REFERENCE_AT_ZERO)
    found = score.score / other.score
    bounds = (score.low / other.score, score.high / other.score)
    return _line(gate, rule, found, bounds, min(score.items, other.items), _reason(found, rule))


def _reason(found: float, rule: Rule) -> Reason:
    return Reason.REACHED if found >= rule.at_least - TOLERANCE else Reason.TOO_LOW


def _line(
    gate: str, rule: Rule, found: float | None, bounds: tuple[float, float] | None, items: int, reason: Reason
) -> GateLine:
    low, high = bounds or (None, None)
    return GateLine(
        gate=gate,
        suite=rule.suite,
        measure=rule.measure,
        reference=rule.reference,
        wanted=rule.at_least,
        found=found,
        low=low,
        high=high,
        items=items,
        passed=reason is Reason.REACHED,
        reason=reason,
    )
