"""What a version must reach before it may serve a department. Pure.

A rule compares one number with what is wanted:

    score        the share of right answers in a suite
    low          the lower end of its 95 % interval: few items do not pass on luck
    relative     the score divided by that of a reference version (normalised accuracy)
    noninferior  paired with a reference, item by item: proven to be worse by less than the margin
    better       paired with a reference: proven to be better
    max_drop     the skill that lost most against a reference, of all that it was examined in, lost at most the margin

Proven means: the 95 % interval of the difference lies above what is refuted (two-sided level 5 %). Several
non-inferiority rules in one report protect several skills, so their p-values are adjusted by Holm. What matters is the
worst skill, never the mean of them. Whatever was not measured fails.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from aird.evaluation.statistics import bootstrap, holm, mcnemar, score
from aird.evaluation.statistics.pairs import Pairs

TOLERANCE = 1e-9
"""0.9 wanted and 0.9 found passes, however the division rounds."""
LEVEL = 0.05


class Measure(StrEnum):
    """Which number a rule reads."""

    SCORE = "score"
    LOW = "low"
    RELATIVE = "relative"
    NONINFERIOR = "noninferior"
    BETTER = "better"
    MAX_DROP = "max_drop"

    @property
    def is_paired(self) -> bool:
        """Whether it needs the outcomes of every item, of the version and of a reference."""
        return self in (Measure.NONINFERIOR, Measure.BETTER, Measure.MAX_DROP)

    @property
    def has_reference(self) -> bool:
        """Whether it holds the version against another one."""
        return self.is_paired or self is Measure.RELATIVE

    @property
    def has_margin(self) -> bool:
        """Whether it forgives a loss of up to the margin."""
        return self in (Measure.NONINFERIOR, Measure.MAX_DROP)


class Reason(StrEnum):
    """Why a line passed or failed; stable and translatable."""

    REACHED = "reached"
    TOO_LOW = "too_low"
    NOT_PROVEN = "not_proven"  # it may be so, but the items do not show it
    WORSE = "worse"  # the items show the contrary
    NOT_MEASURED = "not_measured"
    REFERENCE_NOT_MEASURED = "reference_not_measured"
    REFERENCE_AT_ZERO = "reference_at_zero"
    ITEMS_NOT_KEPT = "items_not_kept"  # the scores are known, the outcomes of the single items are not


@dataclass(frozen=True)
class Score:
    """A share of right answers with its 95 % interval."""

    score: float
    low: float
    high: float
    items: int


@dataclass(frozen=True)
class Rule:
    """At least `at_least` in the suite, or at most `margin` worse than `reference`, a version's ref.

    No suite, which only max_drop allows, means every suite that the reference was examined in.
    """

    suite: str | None
    at_least: float | None = None
    measure: Measure = Measure.SCORE
    reference: str | None = None
    margin: float | None = None

    @property
    def wanted(self) -> float:
        """What the number must reach; a paired rule's number is the difference, so a margin is negative."""
        return (self.at_least or 0.0) if not self.measure.is_paired else -(self.margin or 0.0)


@dataclass(frozen=True)
class GateLine:
    """One rule against what was found.

    `low` and `high` bound the score, for a relative rule divided by the reference's score, which counts as exact; for a
    paired rule they bound the difference. `suite` is the worst one for max_drop. `p` is two-sided and adjusted.
    """

    gate: str
    suite: str | None
    measure: Measure
    reference: str | None
    wanted: float
    found: float | None
    low: float | None
    high: float | None
    items: int
    passed: bool
    reason: Reason
    p: float | None = None
    won: int | None = None
    lost: int | None = None


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

Paired = Mapping[tuple[str, str], Pairs]
"""By (reference, suite): the version against the reference on the items that both sat, where outcomes are kept."""

NOTHING: Paired = {}


def report(
    gates: Iterable[tuple[str, Iterable[Rule]]],
    scores: Scores,
    references: Mapping[str, Scores],
    paired: Paired = NOTHING,
) -> GateReport:
    """Check (gate, rules) pairs; `references` holds the scores of the reference versions by their refs."""
    lines = [
        check(gate, rule, scores, references.get(rule.reference or "", {}), paired)
        for gate, rules in gates
        for rule in rules
    ]
    lines = _all_at_once(lines)
    return GateReport(all(line.passed for line in lines), tuple(lines))


def check(gate: str, rule: Rule, scores: Scores, reference: Scores, paired: Paired = NOTHING) -> GateLine:
    """One rule against a version's scores and those of the reference, as if it were the only one."""
    if rule.measure is Measure.MAX_DROP:
        return _worst_drop(gate, rule, scores, reference, paired)
    suite = rule.suite or ""
    mine, other = scores.get(suite), reference.get(suite)
    if mine is None:
        return _line(gate, rule, Reason.NOT_MEASURED)
    if rule.measure.has_reference and other is None:
        return _line(gate, rule, Reason.REFERENCE_NOT_MEASURED, None, _bounds(mine), mine.items)
    if rule.measure.is_paired:
        pairs = paired.get((rule.reference or "", suite))
        return _test(gate, rule, pairs) if pairs and pairs.items else _line(gate, rule, Reason.ITEMS_NOT_KEPT)
    if rule.measure is Measure.RELATIVE and other is not None:
        return _relative(gate, rule, mine, other)
    found = mine.low if rule.measure is Measure.LOW else mine.score
    return _line(gate, rule, _reached(found, rule), found, _bounds(mine), mine.items)


def difference_interval(pairs: Pairs, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of the mean difference: by the score test for right and wrong answers, else by the bootstrap."""
    if pairs.is_binary:
        return score.interval(pairs.items, pairs.won, pairs.lost, confidence)
    return bootstrap.interval(pairs, confidence)


def _relative(gate: str, rule: Rule, mine: Score, other: Score) -> GateLine:
    if other.score <= 0:
        return _line(gate, rule, Reason.REFERENCE_AT_ZERO, None, _bounds(mine), mine.items)
    found = mine.score / other.score
    bounds = (mine.low / other.score, mine.high / other.score)
    return _line(gate, rule, _reached(found, rule), found, bounds, min(mine.items, other.items))


def _test(gate: str, rule: Rule, pairs: Pairs) -> GateLine:
    line = _line(
        gate, rule, Reason.NOT_PROVEN, pairs.mean, difference_interval(pairs), pairs.items, _p(rule, pairs), pairs
    )
    return _judged(line)


def _p(rule: Rule, pairs: Pairs) -> float:
    """Two-sided, so that it is below 5 % exactly where the 95 % interval lies above what is wanted."""
    if not pairs.is_binary:
        return min(1.0, 2 * bootstrap.p_above(pairs, rule.wanted))
    if rule.measure is Measure.BETTER:
        return min(1.0, 2 * mcnemar.p_better(pairs.won, pairs.lost))
    return min(1.0, 2 * score.p_noninferior(pairs.items, pairs.won, pairs.lost, -rule.wanted))


def _judged(line: GateLine) -> GateLine:
    """The line with the verdict that its p-value gives."""
    passed = line.p is not None and line.p <= LEVEL
    worse = line.high is not None and line.high < line.wanted
    reason = Reason.REACHED if passed else Reason.WORSE if worse else Reason.NOT_PROVEN
    return replace(line, passed=passed, reason=reason)


def _all_at_once(lines: Sequence[GateLine]) -> list[GateLine]:
    """The non-inferiority lines with p-values for them all; one that was not measured counts as a test that failed."""
    places = [place for place, line in enumerate(lines) if line.measure is Measure.NONINFERIOR]
    adjusted = holm.adjusted([1.0 if (p := lines[place].p) is None else p for place in places])
    found = list(lines)
    for place, p in zip(places, adjusted, strict=True):
        if lines[place].p is not None:
            found[place] = _judged(replace(lines[place], p=p))
    return found


def _worst_drop(gate: str, rule: Rule, scores: Scores, reference: Scores, paired: Paired) -> GateLine:
    suites = sorted(reference) if rule.suite is None else [rule.suite]
    if not suites or any(suite not in reference for suite in suites):
        return _line(gate, rule, Reason.REFERENCE_NOT_MEASURED)
    for suite in suites:
        if suite not in scores:
            return _line(gate, replace(rule, suite=suite), Reason.NOT_MEASURED)
        if not paired.get((rule.reference or "", suite), Pairs({})).items:
            return _line(gate, replace(rule, suite=suite), Reason.ITEMS_NOT_KEPT)
    worst = min(suites, key=lambda suite: paired[rule.reference or "", suite].mean)
    pairs = paired[rule.reference or "", worst]
    reached = pairs.mean >= rule.wanted - TOLERANCE
    reason = Reason.REACHED if reached else Reason.TOO_LOW
    bounds = difference_interval(pairs)
    return _line(gate, replace(rule, suite=worst), reason, pairs.mean, bounds, pairs.items, None, pairs)


def _reached(found: float, rule: Rule) -> Reason:
    return Reason.REACHED if found >= rule.wanted - TOLERANCE else Reason.TOO_LOW


def _bounds(found: Score) -> tuple[float, float]:
    return found.low, found.high


def _line(
    gate: str,
    rule: Rule,
    reason: Reason,
    found: float | None = None,
    interval: tuple[float, float] | None = None,
    items: int = 0,
    p: float | None = None,
    pairs: Pairs | None = None,
) -> GateLine:
    low, high = interval or (None, None)
    return GateLine(
        gate=gate,
        suite=rule.suite,
        measure=rule.measure,
        reference=rule.reference,
        wanted=rule.wanted,
        found=found,
        low=low,
        high=high,
        items=items,
        passed=reason is Reason.REACHED,
        reason=reason,
        p=p,
        won=pairs.won if pairs else None,
        lost=pairs.lost if pairs else None,
    )
