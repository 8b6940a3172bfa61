"""Shapes of data sets and feedback at the API."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from aird.catalog.names import ModelName
from aird.core.schemas import Schema
from aird.datasets.models import Consent, DatasetKind, QualityVerdict
from aird.datasets.splits import DatasetFormat
from aird.datasets.terms import MOST_DAYS

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
CARD_LENGTH = 32_000
Card = Annotated[str, StringConstraints(max_length=CARD_LENGTH)]


License = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=2000)]
Days = Annotated[int, Field(ge=0, le=MOST_DAYS)]


class DatasetCreate(Schema):
    """A new data set; its department is the first half of its name. 0 days of retention mean for ever."""

    name: ModelName
    title: Title
    kind: DatasetKind
    card: Card = ""
    license: License = ""
    source: Sentence = ""
    consent: Consent = Consent.UNSTATED
    consent_note: Sentence = ""
    retention_days: Days = 0


class TermsChange(Schema):
    """Terms to be said anew; what is left out stays. 0 days of retention mean for ever."""

    license: License | None = None
    source: Sentence | None = None
    consent: Consent | None = None
    consent_note: Sentence | None = None
    retention_days: Days | None = None
    reason: Reason


class Erased(Schema):
    """When the bytes of a version were erased, by whom and why."""

    at: datetime
    by: str
    reason: str


class ReportState(Schema):
    """What the last quality report came to; nothing may learn from the `blocked` splits.

    `outdated` is true where exams were made since.
    """

    verdict: QualityVerdict
    blocked: list[str]
    personal: int
    examined_at: datetime
    outdated: bool
    job: UUID | None


class DatasetVersionRead(Schema):
    """One version; `formats` and `splits` (numbers of items) are by split.

    `preview` holds the first items of each split where the caller works in the department, and is empty in lists.
    `intake` says by split what was changed on the way in, `exams` which exams are made of a split.
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
    intake: dict[str, Any]
    made_from: str
    expires_at: datetime | None
    erased: Erased | None
    report: ReportState | None
    exams: dict[str, list[str]]


class DatasetRead(Schema):
    """A data set with its latest version."""

    name: str
    department: str
    title: str
    kind: DatasetKind
    card: str
    versions: int
    latest: DatasetVersionRead | None
    license: str
    source: str
    consent: Consent
    consent_note: str
    retention_days: int | None
    shares: dict[str, float]
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
