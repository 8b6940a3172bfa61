"""Shapes of a quality report: what was found in a version, in numbers; the lines are findings."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from aird.core.schemas import Finding, Schema
from aird.datasets.models import QualityVerdict
from aird.datasets.schemas import Reason

NEAR_BLOCKS, NEAR_LEAST = 0.05, 10
"""The share of a split's items, and their number, from which on near questions of one exam block it.

Of two sentences of one intent some are alike by chance; one in twenty is practice for the exam.
"""


class FindingKind(StrEnum):
    """What is wrong with a line."""

    LEAK = "leak"  # it asks what an exam asks: blocks learning
    NEAR_LEAK = "near_leak"  # it asks almost what an exam asks
    STRADDLE = "straddle"  # the same question lies in another split
    DUPLICATE = "duplicate"  # the same item once more
    NEAR_DUPLICATE = "near_duplicate"
    CONFLICT = "conflict"  # the same question with another answer
    PERSONAL = "personal"  # personal data


class Bar(Schema):
    """How many items have up to so many characters, and more than the bar before."""

    up_to: int
    items: int


class SplitReport(Schema):
    """One split: lengths in characters, languages by items (`und`: too short to tell)."""

    format: str
    items: int
    shortest: int
    median: int
    longest: int
    mean: float
    lengths: list[Bar]
    languages: dict[str, int]
    turns: float


class LabelReport(Schema):
    """The answers of a split that has few different ones; `balance` is 1 when all are as frequent."""

    labels: dict[str, int]
    distinct: int
    balance: float
    majority: float


class Coverage(Schema):
    """How much of what an exam asks for the split teaches: categories are the right answers of the exam."""

    exam: str
    split: str
    categories: int
    covered: int
    missing: list[str]


class Leak(Schema):
    """Items of a split that ask what an exam asks; `near` ones ask almost the same and block when they are many."""

    exam: str
    dataset: str
    exam_split: str
    split: str
    exact: int
    near: int

    def blocks_nearly(self, items: int) -> bool:
        """Whether so many of the split's items ask almost what this exam asks that nothing may learn from it."""
        return self.near >= max(NEAR_LEAST, NEAR_BLOCKS * items)


class Duplicates(Schema):
    """Items that are there once more. Of `examined` items near duplicates were sought, at `threshold` of likeness."""

    exact: int
    near: int
    conflicts: int
    straddling: int
    examined: int
    threshold: float


class QualityReport(Schema):
    """All that was found, without a word of the items."""

    ref: str
    digest: str
    verdict: QualityVerdict
    blocked: list[str]
    examined_at: datetime
    seconds: float
    splits: dict[str, SplitReport]
    duplicates: Duplicates
    labels: dict[str, LabelReport]
    coverage: list[Coverage]
    personal: dict[str, dict[str, int]]
    leaks: list[Leak]
    exams: list[str]
    findings: dict[FindingKind, int]
    remarks: list[Finding]


class NearLeakPermitRead(Schema):
    """Who has permitted learning from a split with up to so many near questions of an exam, and why."""

    split: str
    exam: str
    items: int
    reason: str
    by: str
    at: datetime


class QualityReportRead(Schema):
    """The report with what has changed since: `outdated` where exams were made after it, what was permitted, and the
    splits that nothing may learn from now."""

    report: QualityReport
    outdated: bool
    job: UUID | None
    permits: list[NearLeakPermitRead]
    blocked: list[str]
    may_permit: list[str]


class PermitBody(Schema):
    """Which split may be learnt from although it holds near questions of an exam, and why."""

    split: Annotated[str, Field(max_length=32)]
    reason: Reason


class FindingRow(Schema):
    """One line that something was found in; `about` is the exam, the kind of personal data or the other line.

    `text` is its beginning, for those who work in the department; personal data is masked.
    """

    kind: FindingKind
    split: str
    line: int
    about: str
    text: str


class CleanBody(Schema):
    """Make a new version without these lines."""

    leave_out: Annotated[list[FindingKind], Field(min_length=1, max_length=7)]


class EraseBody(Schema):
    """Why the bytes have to go, for ever."""

    reason: Reason


class Erasure(Schema):
    """What was erased: every version with these bytes. `shared` names what still holds some of the same files,
    `affected` counts the versions of models that learnt from them."""

    refs: list[str]
    digest: str
    files: int
    bytes: int
    shared: list[str]
    affected: int
    deployed: int
