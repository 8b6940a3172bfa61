"""Read what the database knows of stored bytes."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.store.models import ArtifactFile


def files_of(session: Session, artifact: str) -> dict[str, ArtifactFile]:
    """The files of an artifact by path; empty when the artifact is not on record."""
    found = session.scalars(select(ArtifactFile).where(ArtifactFile.artifact == artifact).order_by(ArtifactFile.path))
    return {each.path: each for each in found}
