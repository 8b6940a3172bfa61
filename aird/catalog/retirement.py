"""Who takes over from a version that leaves, and what is said to those who still use it."""

from uuid import UUID

from sqlalchemy.orm import Session

from aird.auth.permissions import Actor
from aird.catalog import access, queries
from aird.catalog.errors import SuccessorRefused, VersionNotFound
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Version

OUT_OF_SERVICE = (VersionState.SUSPENDED, VersionState.RETIRED)
LONGEST_CHAIN = 50


def check_successor(session: Session, version: Version, successor: Version) -> None:
    """Raise SuccessorRefused unless the successor is in service and does not lead back to the version."""
    if successor.id == version.id:
        raise SuccessorRefused(f"{version.ref} cannot succeed itself. Name another version.")
    if successor.state in OUT_OF_SERVICE:
        raise SuccessorRefused(
            f"{successor.ref} is {successor.state} and cannot take over. Name a version in service.",
            ref=successor.ref,
            state=successor.state,
        )
    following, seen = successor.successor_id, 0
    while following is not None and seen < LONGEST_CHAIN:
        if following == version.id:
            raise SuccessorRefused(f"{successor.ref} itself was succeeded by {version.ref}. Name another version.")
        following, seen = _next(session, following), seen + 1


def _next(session: Session, version_id: UUID) -> UUID | None:
    found = session.get(Version, version_id)
    return found.successor_id if found else None


def successor_of(session: Session, version: Version) -> Version | None:
    """The version in service at the end of the chain of successors; the last one when none is in service."""
    found, seen = version, {version.id}
    while found.successor_id is not None and found.successor_id not in seen and len(seen) < LONGEST_CHAIN:
        seen.add(found.successor_id)
        try:
            found = queries.version_by_id(session, found.successor_id)
        except VersionNotFound:
            break
        if found.state not in OUT_OF_SERVICE:
            return found
    return None if found is version else found


def notice(session: Session, version: Version, actor: Actor) -> str | None:
    """One line of ASCII for who still pulls a version out of service, as `X-HF-Warning` carries it; None for others.

    The header reads "topic; message". A successor that the actor may not see is not named.
    """
    if version.state not in OUT_OF_SERVICE:
        return None
    successor = successor_of(session, version)
    line = f"{version.state.value}; {version.ref} is {version.state.value}"
    if successor is not None and access.may_see(actor, successor.model):
        line += f", use {successor.ref}"
    return line + "."
