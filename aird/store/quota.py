"""How many bytes a department may store: every distinct file of its artifacts counted once, however often it is used.

Files that several departments have in common count for each of them: what one deletes, the others still need.
"""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from aird.core.db import Database
from aird.store.errors import QuotaExceeded
from aird.store.manifest import Manifest
from aird.store.models import ArtifactFile

DEFAULT = "department_quota_bytes"


def set_default(database: Database, limit: int) -> None:
    """Let sessions of this database know the limit of departments that have none of their own; 0 is no limit."""
    database.sessions.configure(info={DEFAULT: limit or None})


def limit_of(session: Session, own: int | None) -> int | None:
    """Bytes that a department with this quota of its own may store, None when there is no limit."""
    found: int | None = own if own is not None else session.info.get(DEFAULT)
    return found


def used(session: Session, artifacts: Select[str]) -> int:
    """Bytes of the distinct files of these artifacts."""
    distinct = select(ArtifactFile.digest, func.max(ArtifactFile.size).label("size"))
    distinct = distinct.where(ArtifactFile.artifact.in_(artifacts)).group_by(ArtifactFile.digest)
    return int(session.scalar(select(func.coalesce(func.sum(distinct.subquery().c.size), 0))) or 0)


def require_within(session: Session, artifacts: Select[str], limit: int) -> None:
    """Raise QuotaExceeded when the files of `artifacts` take more than `limit`."""
    taken = used(session, artifacts)
    if taken > limit:
        raise QuotaExceeded(
            f"The department may store {limit} bytes of models, and with this one it would have {taken}. "
            "Delete models that nobody needs, or ask an admin for a larger quota.",
            used=taken,
            limit=limit,
        )


def require(session: Session, manifest: Manifest, artifacts: Select[str], limit: int) -> None:
    """Raise QuotaExceeded when the manifest's new files do not fit beside the files of `artifacts`."""
    sizes = {each.digest: each.size for each in manifest.entries}
    held = select(ArtifactFile.digest).where(ArtifactFile.digest.in_(sizes), ArtifactFile.artifact.in_(artifacts))
    needed = sum(sizes.values()) - sum(sizes[each] for each in set(session.scalars(held)))
    if needed == 0:
        return
    taken = used(session, artifacts)
    if taken + needed > limit:
        raise QuotaExceeded(
            f"The department stores {taken} bytes of models and may store {limit}; this needs {needed} more. "
            "Delete models that nobody needs, or ask an admin for a larger quota.",
            used=taken,
            limit=limit,
            needed=needed,
        )
