"""Shapes of sequential examinations at the API and in the queue."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from aird.catalog.names import ModelName
from aird.core.schemas import Schema
from aird.evaluation.models import Question
from aird.evaluation.schemas import Ref
from aird.evaluation.statistics.betting import Verdict

MARGINS = {Question.BETTER: 0.05, Question.NONINFERIOR: 0.02}
"""What counts when no margin is given: a gain worth having, a loss that is forgiven."""


class ComparisonSpec(Schema):
    """The job evaluation.compare."""

    version: UUID
    reference: UUID
    suites: list[UUID] = Field(min_length=1, max_length=100)
    question: Question
    margin: float = Field(gt=0, lt=1)


class ComparisonCreate(Schema):
    """Examine a version beside a reference and stop as soon as the answer is clear.

    `better`: passed when it is proven to be better, failed when it is proven not to be better by `margin` (null: five
    points). `noninferior`: passed when it is proven to be worse by less than `margin` (null: two points), failed when
    it is proven to be worse. The first suite that fails ends it. The reference is not asked where it sat the exam.
    """

    version: Ref
    reference: Ref
    suites: list[ModelName] = Field(min_length=1, max_length=100)
    question: Question = Question.BETTER
    margin: float | None = Field(None, gt=0, lt=1, allow_inf_nan=False)

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len(set(self.suites)) < len(self.suites):
            raise ValueError("a suite is named twice")
        return self


class ComparisonRead(Schema):
    """What came out for one suite: after `items` of `of_items` the verdict was clear, or open when none was left.

    `difference` is a share, `low` and `high` bound it whenever one looks; `outcomes` is the artifact with both scores
    of every item that was asked.
    """

    id: UUID
    version: str
    reference: str | None
    suite: str
    job_id: UUID
    question: Question
    margin: float
    level: float
    verdict: Verdict
    items: int
    of_items: int
    won: int
    lost: int
    difference: float
    low: float
    high: float
    p: float
    outcomes: str
    digest: str
    at: datetime
