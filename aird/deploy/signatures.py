"""What deploying needs to know of a signature; the application joins it to the slice that keeps them."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Signature:
    """Leave to deploy the files of `digest`, which are those of the version."""

    approval_id: UUID | None
    version_id: UUID
    digest: str


class Signatures(Protocol):
    """Finds a signature that holds for this endpoint. Raises what says why there is none."""

    def __call__(
        self, session: Session, endpoint: str, *, approval_id: UUID | None, version_id: UUID | None
    ) -> Signature:
        """By the approval, by the version (its newest approval), or by both when they agree."""
        ...
