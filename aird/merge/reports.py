"""What is known of merges that have run: their recipe with every version pinned, and what happened in each module."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.merge.schemas import ReportRead


def recipe_of(session: Session, actor: Actor, ref: str) -> str:
    """The mergekit YAML a version was merged by, every version pinned. Raises VersionNotFound, NotMerged."""
    raise NotImplementedError


def without(session: Session, actor: Actor, ref: str, removed: Sequence[str]) -> str:
    """The same recipe without some parents. Raises VersionNotFound, NotMerged, MergeNotPossible."""
    raise NotImplementedError


def report_of(session: Session, actor: Actor, ref: str) -> ReportRead:
    """What happened in each module. Raises VersionNotFound, NotMerged."""
    raise NotImplementedError
