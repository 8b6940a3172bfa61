"""Write down what the store holds: blobs as they come and change, artifacts in the transaction that relies on them.

Whoever relies on a blob touches its row first and looks whether it is there second. The garbage collector locks the
row, looks again whether anything needs the blob or has touched it lately, and removes row and bytes: so either the
toucher finds the bytes gone and brings them anew, or the collector finds the row touched and leaves it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.core.clock import now
from aird.store.errors import ArtifactNotFound
from aird.store.manifest import Manifest
from aird.store.models import ArtifactFile, Blob, BlobState

AT_ONCE = 500  # rows of one statement


@dataclass(frozen=True)
class Subject:
    """What an audit line of the store is about, and who writes it: neither has an id."""

    label: str
    id: None = None


HOUSE = Subject("aird")


def touch(session: Session, sizes: Mapping[str, int]) -> set[str]:
    """Note that somebody is about to rely on these blobs; gives those that are damaged.

    Rows are locked in the order of their digests until the transaction ends, so that two callers never wait for
    each other.
    """
    insert = _insert(session)
    moment, damaged = now(), set[str]()
    for some in _batches(sorted(sizes)):
        rows = [
            {"digest": each, "size": sizes[each], "created_at": moment, "touched_at": moment, "state": BlobState.SOUND}
            for each in some
        ]
        query = insert(Blob).values(rows)
        query = query.on_conflict_do_update(index_elements=[Blob.digest], set_={"touched_at": moment})
        found = session.execute(query.returning(Blob.digest, Blob.state))
        damaged |= {each.digest for each in found if each.state is BlobState.DAMAGED}
    return damaged


def touch_known(session: Session, digests: Iterable[str]) -> dict[str, Blob]:
    """Touch those of the blobs that have a row; gives the rows."""
    found: dict[str, Blob] = {}
    for some in _batches(sorted(set(digests))):
        query = select(Blob).where(Blob.digest.in_(some)).order_by(Blob.digest).with_for_update()
        found |= {each.digest: each for each in session.scalars(query.execution_options(populate_existing=True))}
    for blob in found.values():
        blob.touched_at = now()
    session.flush()
    return found


def mark_damaged(session: Session, digest: str, size: int, *, reason: str) -> bool:
    """Note that nobody may have these bytes; False when that was known already."""
    touch(session, {digest: size})
    blob = session.scalars(select(Blob).where(Blob.digest == digest).with_for_update()).one()
    if blob.state is BlobState.DAMAGED:
        return False
    blob.state = BlobState.DAMAGED
    audit.record(session, HOUSE, "store.blob.damaged", Subject(digest), reason=reason)
    return True


def mark_sound(session: Session, digest: str, *, reason: str) -> bool:
    """Note that the bytes of a damaged blob are right again; False when it was not damaged."""
    query = select(Blob).where(Blob.digest == digest, Blob.state == BlobState.DAMAGED).with_for_update()
    blob = session.scalars(query).one_or_none()
    if blob is None:
        return False
    blob.state, blob.checked_at = BlobState.SOUND, now()
    audit.record(session, HOUSE, "store.blob.restored", Subject(digest), reason=reason)
    return True


def record_artifact(session: Session, manifest: Manifest) -> None:
    """Note which blobs the artifact needs. Raises ArtifactNotFound when the store no longer has one of them.

    The blobs' rows are held until the transaction ends, so that the garbage collector waits for it; from its commit
    on it keeps them for as long as something names the artifact.
    """
    artifact = manifest.digest
    needed = {artifact, *(each.digest for each in manifest.entries)}
    held: set[str] = set()
    for some in _batches(sorted(needed)):
        query = select(Blob.digest).where(Blob.digest.in_(some)).order_by(Blob.digest)
        held |= set(session.scalars(query.with_for_update(read=True, key_share=True)))
    if lost := sorted(needed - held):
        raise ArtifactNotFound(
            f"The store no longer holds {len(lost)} of the files, the first is {lost[0]}. Upload them again.",
            digest=lost[0],
        )
    if session.scalar(select(ArtifactFile.path).where(ArtifactFile.artifact == artifact).limit(1)) is not None:
        return
    # Another transaction may be noting the same artifact: then its rows are as good as ours.
    insert = _insert(session)
    for at in range(0, len(manifest.entries), AT_ONCE):
        rows = [
            {"artifact": artifact, "path": each.path, "digest": each.digest, "size": each.size}
            for each in manifest.entries[at : at + AT_ONCE]
        ]
        session.execute(insert(ArtifactFile).values(rows).on_conflict_do_nothing())


def index_artifact(session: Session, manifest: Manifest) -> None:
    """Note an artifact that something names already, whether its blobs are still there or not: scrubbing will tell."""
    touch(session, {manifest.digest: len(manifest.to_json())} | {each.digest: each.size for each in manifest.entries})
    record_artifact(session, manifest)


def _insert(session: Session) -> Any:
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


def _batches(digests: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(digests), AT_ONCE):
        yield digests[first : first + AT_ONCE]
