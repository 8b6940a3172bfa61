"""What becomes of a trial now: wait, take the next step, promote, take it back, or ask a person. Pure.

A canary goes up by steps. A step lasts `window_seconds` at least and needs `least` answers of the candidate; with a
hint of harm, or without enough answers, it lasts longer, and after `patience_seconds` a person decides. What is as
good as surely worse is taken back at once. The last step leads to promotion, for which errors and empty answers must
be shown to be no more frequent than the baseline's by `tolerance`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from aird.deploy.delivery.health import PROVEN, Reading
from aird.deploy.delivery.pairs import Preference
from aird.deploy.routing import WHOLE

STEPS = (10, 100, 500, WHOLE)


@dataclass(frozen=True)
class Rules:
    """How careful a trial is. Kept with it, so that a later default changes nothing that runs."""

    window_seconds: float = 900.0
    patience_seconds: float = 86_400.0
    least: int = 30
    tolerance: float = 0.05
    slower: float = 1.5
    automatic: bool = True  # takes its steps by itself; taking back is always automatic
    by_request: bool = False  # draws requests instead of callers
    margin: float = 0.1  # of a shadow: how far below a half its share of preferences may lie
    pairs: int = 300  # of a shadow: so many judged pairs at most
    judge: str | None = None  # of a shadow: the endpoint that compares
    scoring: dict[str, Any] | None = None  # of a shadow: the exam scorer that compares; neither: people

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Self:
        """The rules as they were kept."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in kept.items() if name in known})

    def kept(self) -> dict[str, Any]:
        """What is kept of them."""
        return asdict(self)


class Move(StrEnum):
    """What to do."""

    WAIT = "wait"
    STEP = "step"
    PROMOTE = "promote"  # of a shadow: it has passed
    TAKE_BACK = "take_back"
    ASK = "ask"


class Why(StrEnum):
    """The reason, for translation."""

    WORSE = "worse"
    WINDOW = "window"  # the step has not lasted long enough
    FEW_ANSWERS = "few_answers"
    HINT = "hint"
    NOT_SHOWN = "not_shown"
    HEALTHY = "healthy"
    BY_HAND = "by_hand"
    CANDIDATE_DOWN = "candidate_down"
    BASELINE_DOWN = "baseline_down"
    PREFERRED_LESS = "preferred_less"
    NO_WORSE = "no_worse"
    FEW_VOTES = "few_votes"
    UNDECIDED = "undecided"
    PERSON = "person"


@dataclass(frozen=True)
class Verdict:
    """What to do, why in words and by a name, and with which figures in the words."""

    move: Move
    why: Why
    reason: str
    params: dict[str, Any]


def next_weight(steps: Sequence[int], weight: int) -> int:
    """The step after this share; the whole after the last."""
    return next((each for each in steps if each > weight), WHOLE)


def canary(
    rules: Rules,
    steps: Sequence[int],
    weight: int,
    readings: Sequence[Reading],
    *,
    fresh: int,
    since: datetime,
    at: datetime,
) -> Verdict:
    """What becomes of a canary; `fresh` answers of the candidate came since this step began at `since`."""
    sick = taken_back(readings)
    if sick is not None:
        return sick
    open_question = _open_question(rules, steps, weight, readings, fresh=fresh, lasted=(at - since).total_seconds())
    if open_question is None:
        following = next_weight(steps, weight)
        if not rules.automatic:
            return _verdict(Move.WAIT, Why.BY_HAND, "Healthy; the next step waits for a person.")
        move = Move.PROMOTE if following >= WHOLE else Move.STEP
        return _verdict(move, Why.HEALTHY, f"Healthy after {fresh} answers at this share.", fresh=fresh)
    impatient = (at - since).total_seconds() >= rules.patience_seconds and open_question.why is not Why.WINDOW
    if impatient:
        return Verdict(
            Move.ASK, open_question.why, f"{open_question.reason} A person has to decide.", open_question.params
        )
    return open_question


def taken_back(readings: Sequence[Reading]) -> Verdict | None:
    """The verdict on a candidate that is as good as surely in worse health."""
    sick = next((each for each in readings if each.is_worse), None)
    return None if sick is None else _verdict(Move.TAKE_BACK, Why.WORSE, f"{_compared(sick)}.", sick)


def _open_question(
    rules: Rules, steps: Sequence[int], weight: int, readings: Sequence[Reading], *, fresh: int, lasted: float
) -> Verdict | None:
    """What stands in the way of the next step."""
    if fresh < rules.least:
        said = f"{fresh} of {rules.least} answers that this step needs."
        return _verdict(Move.WAIT, Why.FEW_ANSWERS, said, fresh=fresh, least=rules.least)
    hint = max((each for each in readings if each.hints), key=lambda each: each.factor, default=None)
    if hint is not None:
        return _verdict(Move.WAIT, Why.HINT, _compared(hint) + " may be getting worse.", hint)
    if next_weight(steps, weight) >= WHOLE:
        unsure = next((each for each in readings if each.signal in PROVEN and each.excess > rules.tolerance), None)
        if unsure is not None:
            said = f"{_compared(unsure)} could still be worse by {unsure.excess:.1%}."
            return _verdict(Move.WAIT, Why.NOT_SHOWN, said, unsure)
    if lasted < rules.window_seconds:
        return _verdict(Move.WAIT, Why.WINDOW, f"Healthy so far; this step lasts {rules.window_seconds:.0f} seconds.")
    return None


def shadow(rules: Rules, found: Preference, *, since: datetime, at: datetime) -> Verdict:
    """What becomes of a shadow."""
    votes = found.votes
    params = {"candidate": votes.candidate, "baseline": votes.baseline, "same": votes.same}
    told = f"{votes.candidate} answers were preferred, {votes.baseline} were not, {votes.same} were alike."
    if found.is_worse:
        return Verdict(Move.TAKE_BACK, Why.PREFERRED_LESS, f"The baseline's answers are preferred: {told}", params)
    if votes.judged >= rules.least and found.is_no_worse(rules.margin):
        return Verdict(Move.PROMOTE, Why.NO_WORSE, f"Its answers are as good: {told}", params)
    if votes.judged >= rules.pairs:
        return Verdict(Move.ASK, Why.UNDECIDED, f"Undecided: {told} A person has to decide.", params)
    if (at - since).total_seconds() >= rules.patience_seconds:
        return Verdict(Move.ASK, Why.FEW_VOTES, f"Too few pairs in the time: {told} A person has to decide.", params)
    return Verdict(Move.WAIT, Why.FEW_VOTES, told, params)


def _verdict(move: Move, why: Why, reason: str, reading: Reading | None = None, **params: Any) -> Verdict:
    if reading is not None:
        params |= {
            "signal": reading.signal.value, "baseline": reading.baseline.rate, "candidate": reading.candidate.rate,
            "excess": reading.excess,
        }  # fmt: skip
    return Verdict(move, why, reason, params)


def _compared(reading: Reading) -> str:
    name, before, after = reading.signal.value.replace("_", " "), reading.baseline, reading.candidate
    return f"{name}: {after.bad:.0f} of {after.total:.0f} against {before.bad:.0f} of {before.total:.0f}"
