"""Shapes of data sets and feedback at the API."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from aird.catalog.names import ModelName
from aird.core.schemas import Schema
from aird.datasets.models import DatasetKind
from aird.datasets.splits import DatasetFormat

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
CARD_LENGTH = 32_000
Card = Annotated[str, StringConstraints(max_length=CARD_LENGTH)]


class DatasetCreate(Schema):
    """A new data set; its department is the first half of its name."""

    name: ModelName
    title: Title
    kind: DatasetKind
    card: Card = ""


class DatasetVersionRead(Schema):
    """One version; `formats` and `splits` (numbers of items) are by split.

    `preview` holds the first items of each split where the caller works in the department, and is empty in lists.
    """

    ref: str
    name: str
    number: int
    digest: str
    format: DatasetFormat
    formats: dict[str, DatasetFormat]
    splits: dict[str, int]
    items: int
    bytes: int
    card: str
    created_at: datetime
    created_by: str | None
    preview: dict[str, list[dict[str, Any]]]


class DatasetRead(Schema):
    """A data set with its latest version."""

    name: str
    department: str
    title: str
    kind: DatasetKind
    card: str
    versions: int
    latest: DatasetVersionRead | None
    created_at: datetime


class FeedbackMessage(Schema):
    """One turn of the conversation that the answer belongs to."""

    role: Literal["system", "user", "assistant"]
    content: str = Field(max_length=64_000)


class FeedbackCreate(Schema):
    """What a person says about an answer; `correction` is the answer that was wanted."""

    completion_id: str = Field(min_length=1, max_length=64)
    rating: Literal[1, -1]
    comment: str = Field("", max_length=4000)
    correction: str = Field("", max_length=64_000)
    messages: list[FeedbackMessage] = Field(default_factory=list, max_length=200)
    answer: str = Field("", max_length=64_000)


class FeedbackItemRead(Schema):
    """One person's opinion on one answer."""

    id: UUID
    completion_id: str
    endpoint: str
    version: str
    unit: str
    rating: int
    comment: str
    correction: str
    messages: list[FeedbackMessage]
    answer: str
    person: str
    created_at: datetime


class FeedbackFiled(Schema):
    """Where the feedback was filed."""

    id: UUID
    dataset: str
    item: FeedbackItemRead
