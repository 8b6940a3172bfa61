"""Exams, what versions scored in them, and the gates of departments."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from aird.core.db import Record
from aird.datasets.models import DatasetVersion
from aird.evaluation.statistics.betting import Verdict


class Scorer(StrEnum):
    """How an item is judged. Every item gets a score from 0 to 1, 1 being right."""

    CHOICE = "choice"  # the most probable of the choices is the right one
    EXACT = "exact"  # the greedy answer is exactly the target, as it stands or normalised
    F1 = "f1"  # words that the greedy answer and the target share
    PERPLEXITY = "perplexity"  # how probable the target is, per token
    REGEX = "regex"  # the greedy answer matches a pattern
    JSON = "json"  # the greedy answer is JSON, of the wanted form if one is given
    REFUSAL = "refusal"  # the greedy answer declines, where it should, and does not where it should not
    JUDGE = "judge"  # a version of the house finds the greedy answer good

    @property
    def metric(self) -> str:
        """The name of the mean of the items' scores."""
        return _METRICS[self]


_METRICS = {
    Scorer.CHOICE: "accuracy",
    Scorer.EXACT: "exact_match",
    Scorer.F1: "f1",
    Scorer.PERPLEXITY: "token_probability",
    Scorer.REGEX: "pattern_match",
    Scorer.JSON: "valid_json",
    Scorer.REFUSAL: "right_refusals",
    Scorer.JUDGE: "judged_good",
}


class Slot(StrEnum):
    """What an exam is for: gates and the skills matrix show the four apart."""

    SKILL = "skill"
    SAFETY = "safety"
    REFUSAL = "refusal"
    RELIABILITY = "reliability"


class Engine(StrEnum):
    """Who held the exam."""

    AIRD = "aird"
    LM_EVAL = "lm_eval"


class Suite(Record):
    """An exam: one split of one version of a data set, and how it is judged. Never changes.

    `skill` is what it measures: several suites may measure one skill. `settings` are the scorer's, as in
    evaluation.settings. `digest` names exactly this exam: items, scorer and settings.
    """

    __tablename__ = "suites"

    name: Mapped[str] = mapped_column(String(96), unique=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    dataset_version: Mapped[DatasetVersion] = relationship(lazy="raise")
    dataset_version_id: Mapped[UUID] = mapped_column(ForeignKey("dataset_versions.id"), init=False)
    split: Mapped[str] = mapped_column(String(32))
    scorer: Mapped[Scorer]
    items: Mapped[int]
    skill: Mapped[str] = mapped_column(String(96), index=True)
    digest: Mapped[str] = mapped_column(String(71))
    slot: Mapped[Slot] = mapped_column(default=Slot.SKILL)
    settings: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name


class Run(Record):
    """One version sat one suite; `outcomes` is the artifact with what it did on each item.

    `points` is the sum of the items' scores, `score` their mean; `correct` counts the items with the full score.
    `digest` is the version's artifact: exactly the bytes that were examined. `details` holds what was found beside
    the score: calibration, consistency, robustness, the judge's agreement.
    """

    __tablename__ = "evaluation_runs"
    __table_args__ = (UniqueConstraint("job_id", "version_id", "suite_id"), Index(None, "version_id", "created_at"))

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"))
    suite: Mapped[Suite] = relationship(lazy="raise")
    suite_id: Mapped[UUID] = mapped_column(ForeignKey("suites.id"), index=True, init=False)
    split: Mapped[str] = mapped_column(String(32))
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"))
    metric: Mapped[str] = mapped_column(String(32))
    items: Mapped[int]
    correct: Mapped[int]
    points: Mapped[float]
    score: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    outcomes: Mapped[str] = mapped_column(String(71), index=True)
    digest: Mapped[str] = mapped_column(String(71))
    engine: Mapped[Engine] = mapped_column(default=Engine.AIRD)
    details: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)

    @property
    def label(self) -> str:
        """The name to show."""
        return f"{self.suite.name} ({self.split})"


class Question(StrEnum):
    """What a sequential examination asks of a version that is held against a reference."""

    BETTER = "better"  # passed: it is better; failed: it is not better by the margin
    NONINFERIOR = "noninferior"  # passed: it is not worse by the margin; failed: it is worse


class Comparison(Record):
    """Two versions on the items of one suite, in a drawn order, until the question was answered or no item was left.

    `digest` and `reference_digest` are exactly the bytes that were examined. `low` and `high` bound the difference
    at any time (a confidence sequence); `p` is the anytime-valid p-value of what `passed` refutes.
    """

    __tablename__ = "comparisons"
    __table_args__ = (Index(None, "version_id", "created_at"),)

    version_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"))
    reference_id: Mapped[UUID] = mapped_column(ForeignKey("versions.id"), index=True)
    suite_id: Mapped[UUID] = mapped_column(ForeignKey("suites.id"), index=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"), index=True)
    question: Mapped[Question]
    margin: Mapped[float]
    level: Mapped[float]
    verdict: Mapped[Verdict]
    items: Mapped[int]
    of_items: Mapped[int]
    won: Mapped[int]
    lost: Mapped[int]
    difference: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    p: Mapped[float]
    outcomes: Mapped[str] = mapped_column(String(71), index=True)
    digest: Mapped[str] = mapped_column(String(71))
    reference_digest: Mapped[str] = mapped_column(String(71))

    @property
    def label(self) -> str:
        """The name to show."""
        return f"{self.question.value}: {self.verdict.value}"


class Gate(Record):
    """What a version must reach before it may serve this department; `rules` as in gates.Rule."""

    __tablename__ = "gates"
    __table_args__ = (UniqueConstraint("department_id", "name"),)

    name: Mapped[str] = mapped_column(String(64))
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"))
    rules: Mapped[list[dict[str, Any]]]

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name
