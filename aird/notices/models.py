"""What the house remembers of one person's way through its pages."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from aird.core.db import Record


class Tour(StrEnum):
    """How far somebody got in the tour of the pages."""

    OFFERED = "offered"  # shown on the home page until they decide
    DONE = "done"  # taken to its end, or sent away; /help starts it again


class Desk(Record):
    """One person's place: the last entry of the audit log they were told of, and the tour."""

    __tablename__ = "desks"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), unique=True)
    seen: Mapped[int] = mapped_column(default=0)
    tour: Mapped[Tour] = mapped_column(default=Tour.OFFERED)
