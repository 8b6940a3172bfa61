"""What the facade remembers beside the data sets and jobs that it orders."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from aird.core.db import Record


class UploadedFile(Record):
    """A file of a client: a version of a data set of its own, with the name that the client gave it."""

    __tablename__ = "uploaded_files"

    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("dataset_versions.id"))
    filename: Mapped[str] = mapped_column(String(255))
    bytes: Mapped[int]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    deleted_at: Mapped[datetime | None] = mapped_column(default=None)

    @property
    def label(self) -> str:
        """The name to show."""
        return self.filename

    @property
    def shown_id(self) -> str:
        """The id that clients see."""
        return f"file-{self.id.hex}"


class FineTuning(Record):
    """A fine-tuning job of a client: the training that it ordered, and what it said in OpenAI's words."""

    __tablename__ = "fine_tunings"

    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"), unique=True)
    department_id: Mapped[UUID] = mapped_column(ForeignKey("departments.id"), index=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("uploaded_files.id"), index=True)
    model: Mapped[str] = mapped_column(String(128))
    hyperparameters: Mapped[dict[str, Any]]
    seed: Mapped[int]
    notes: Mapped[dict[str, Any]]  # the client's `metadata`

    @property
    def label(self) -> str:
        """The name to show."""
        return self.model

    @property
    def shown_id(self) -> str:
        """The id that clients see."""
        return f"ftjob-{self.id.hex}"
