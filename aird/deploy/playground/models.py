"""What people preferred when they asked several versions the same question."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from aird.core.db import Record


class Preferred(StrEnum):
    """Which of two answers is the better one."""

    FIRST = "first"
    SECOND = "second"
    SAME = "same"


class AnswerVote(Record):
    """One person's preference between two answers to one question; no words are kept.

    `first_id` and `second_id` are ids of the ledger, the smaller one first. A vote on three answers is a row for each
    pair that it says something about. With `request_id` it was made while trying what that request was given.
    """

    __tablename__ = "answer_votes"
    __table_args__ = (
        UniqueConstraint("person_id", "first_id", "second_id"),
        Index(None, "first_unit", "second_unit"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    request_id: Mapped[UUID | None] = mapped_column(ForeignKey("requests.id"), index=True)
    first_id: Mapped[str] = mapped_column(String(64))
    first_endpoint: Mapped[str] = mapped_column(String(96))
    first_unit: Mapped[str] = mapped_column(String(71))
    first_version: Mapped[str] = mapped_column(String(112))
    second_id: Mapped[str] = mapped_column(String(64))
    second_endpoint: Mapped[str] = mapped_column(String(96))
    second_unit: Mapped[str] = mapped_column(String(71))
    second_version: Mapped[str] = mapped_column(String(112))
    better: Mapped[Preferred]
    blind: Mapped[bool]  # the names stood behind letters until then

    @property
    def label(self) -> str:
        """The name to show."""
        return f"{self.first_version} beside {self.second_version}"
