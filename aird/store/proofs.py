"""Who has proved to have which bytes: deduplication must not give access to a file whose digest somebody merely knows.

Whoever uploads a file whole, every byte of it, may from then on name it by its digest. What the store had before makes
no difference to the answer, nor to how long it takes.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.core.clock import now
from aird.store.models import Upload, UploadState

LASTS = timedelta(hours=48)


def record(
    session: Session,
    person_id: UUID,
    digest: str,
    size: int,
    *,
    subject: str = "",
    path: str = "",
    lasts: timedelta = LASTS,
) -> Upload:
    """Note that the person has just sent every byte of the file; the garbage collector keeps it for as long."""
    upload = Upload(
        person_id=person_id,
        subject=subject,
        path=path,
        size=size,
        secret_hash=None,
        expires_at=now() + lasts,
        digest=digest,
        received=size,
        state=UploadState.WHOLE,
    )
    session.add(upload)
    session.flush()
    return upload


def may_claim(session: Session, person_id: UUID, digests: Iterable[str]) -> set[str]:
    """Those of the digests whose bytes the person has sent whole, lately."""
    query = select(Upload.digest).where(
        Upload.person_id == person_id,
        Upload.digest.in_(sorted(set(digests))),
        Upload.state == UploadState.WHOLE,
        Upload.expires_at > now(),
    )
    return {each for each in session.scalars(query) if each is not None}
