"""Which adapters can be merged with those already chosen, and why the others cannot."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.merge.schemas import CandidatePage


def page(session: Session, actor: Actor, chosen: Sequence[str], q: str, *, limit: int, offset: int) -> CandidatePage:
    """A page of adapters, the compatible ones first. Raises VersionNotFound."""
    raise NotImplementedError
