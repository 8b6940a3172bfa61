"""Whether something may learn from a split, and if not, what to do about it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aird.datasets.models import Consent


@dataclass(frozen=True)
class Facts:
    """What counts about a version; `held_out` names the exams made of a split of these bytes, by split.

    Of the `blocked` splits `near` are blocked by questions that are almost those of an exam, and by nothing else.
    """

    ref: str
    splits: tuple[str, ...]
    erased: bool = False
    expires_at: datetime | None = None
    consent: Consent = Consent.UNSTATED
    personal: int = 0
    blocked: tuple[str, ...] = ()
    near: frozenset[str] = frozenset()
    held_out: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """`why` is a stable word, `message` says what to do next."""

    why: str
    message: str


def expires_at(filed: datetime, retention_days: int | None) -> datetime | None:
    """Until when a version that was filed then may be used; None is for ever."""
    return filed + timedelta(days=retention_days) if retention_days else None


def refusal(facts: Facts, split: str, *, at: datetime, learning: bool) -> Refusal | None:
    """Why the split may not be used; None when it may."""
    if facts.erased:
        return Refusal("erased", f"{facts.ref} was erased. Choose another version.")
    if split not in facts.splits:
        return Refusal("no_split", f"{facts.ref} has no split {split!r}; it has {', '.join(facts.splits)}.")
    if facts.expires_at is not None and facts.expires_at <= at:
        return Refusal(
            "expired",
            f"The retention of {facts.ref} ended on {facts.expires_at:%Y-%m-%d}. Erase it, or set a longer retention "
            "with the reason for it.",
        )
    if facts.consent is Consent.WITHDRAWN:
        return Refusal(
            "consent_withdrawn",
            f"The consent for {facts.ref} was withdrawn. Choose other data; what learnt from it already is listed by "
            "`GET /api/v1/datasets-affected`.",
        )
    return _learning(facts, split) if learning else None


def _learning(facts: Facts, split: str) -> Refusal | None:
    if facts.consent is Consent.UNSTATED and facts.personal:
        return Refusal(
            "consent_unstated",
            f"{facts.ref} holds personal data ({facts.personal} found) and nobody has said whether there is consent. "
            "State the consent in its terms, or make a version without these items.",
        )
    if exams := facts.held_out.get(split):
        return Refusal(
            "held_out",
            f"The exam {exams[0]} is made of the split {split!r} of {facts.ref}; who learns from it is not examined "
            "any more. Choose another split.",
        )
    if split in facts.blocked and split in facts.near:
        return Refusal(
            "near_leak",
            f"Too many items of the split {split!r} of {facts.ref} ask almost what an exam asks. Make a version "
            "without them (`clean` with near_leak), or permit it, saying why they are no practice for the exam.",
        )
    if split in facts.blocked:
        return Refusal(
            "leak",
            f"The split {split!r} of {facts.ref} holds questions of an exam: its quality report says which. Make a "
            "version without them (`clean`) and use that one.",
        )
    return None
