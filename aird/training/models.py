"""What teachers said to whole data sets, kept so that a later student need not ask them again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from aird.core.clock import now
from aird.core.db import Record


class TeacherCache(Record):
    """One teacher's answers and probabilities for the items of one split; `artifact` has them.

    `key` is a digest over all that they depend on (see aird.training.teachers). Nobody reads a cache by its key: a job
    has the right to its teacher and to its prompts before it looks.
    """

    __tablename__ = "teacher_caches"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    teacher: Mapped[str] = mapped_column(String(71), index=True)
    base: Mapped[str] = mapped_column(String(71))
    dataset: Mapped[str] = mapped_column(String(71), index=True)
    settings: Mapped[dict[str, Any]]  # split, limit, and what of the recipe's settings matters
    artifact: Mapped[str] = mapped_column(String(71), index=True)
    items: Mapped[int]
    skipped: Mapped[int]
    tokens: Mapped[int]  # of prompts and answers together
    bytes: Mapped[int]
    forwards: Mapped[int]  # forward passes of the teacher that it took
    seconds: Mapped[float]
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("jobs.id"), index=True, default=None)
    uses: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime] = mapped_column(default_factory=now, index=True)
