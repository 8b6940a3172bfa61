"""What the database knows of stored bytes: blobs, which artifact needs which of them, uploads under way."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from aird.core.db import Base, Record


class BlobState(StrEnum):
    """Whether a blob may be handed out."""

    SOUND = "sound"
    DAMAGED = "damaged"  # its bytes no longer have its digest; nobody gets it until it is uploaded again


class Blob(Base):
    """Stored bytes. `touched_at` is renewed before anything relies on them, so that the garbage collector waits."""

    __tablename__ = "blobs"

    digest: Mapped[str] = mapped_column(String(71), primary_key=True)
    size: Mapped[int]
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime] = mapped_column(index=True)
    checked_at: Mapped[datetime | None] = mapped_column(index=True, default=None)
    state: Mapped[BlobState] = mapped_column(default=BlobState.SOUND)


class ArtifactFile(Base):
    """One file of an artifact, as its manifest says: who needs which blob is one query."""

    __tablename__ = "artifact_files"

    artifact: Mapped[str] = mapped_column(String(71), primary_key=True)
    path: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(71), index=True)
    size: Mapped[int]


class UploadState(StrEnum):
    """How far an upload is."""

    OPEN = "open"  # bytes are still coming
    WHOLE = "whole"  # every byte came, size and digest fit, the blob is in the store
    FAILED = "failed"  # the bytes were not the announced ones


class Upload(Record):
    """One file on its way in. A WHOLE upload proves that this person had every byte: deduplication gives no access."""

    __tablename__ = "uploads"
    __table_args__ = (Index("ix_uploads_person_id_digest", "person_id", "digest"),)

    person_id: Mapped[UUID]
    subject: Mapped[str] = mapped_column(String(128))
    path: Mapped[str] = mapped_column(String(255))
    size: Mapped[int]
    secret_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    digest: Mapped[str | None] = mapped_column(String(71), index=True, default=None)
    received: Mapped[int] = mapped_column(default=0)
    state: Mapped[UploadState] = mapped_column(default=UploadState.OPEN)
