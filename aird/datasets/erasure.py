"""Erase a snapshot: its bytes go from the store at once and for ever, the row stays to say that they were there.

Every version with these bytes goes, whatever data set it stands in. A file that something else holds as well (another
version with the same exam, say) stays until that goes; the answer names it. What learnt from the snapshot is not
undone by this: `GET /datasets-affected` says what to do about each deployed version.
"""

from collections.abc import Iterable

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from aird.audit import service as audit
from aird.auth import service as auth
from aird.auth.permissions import Actor, Permission
from aird.catalog import impact
from aird.catalog.models import Commit, Version
from aird.core.clock import now
from aird.core.db import Database
from aird.datasets import queries
from aird.datasets.errors import DatasetErased
from aird.datasets.models import DatasetReport, DatasetVersion
from aird.datasets.schemas_quality import Erasure
from aird.store import service as ledger
from aird.store.artifacts import Store
from aird.store.manifest import Manifest
from aird.store.models import ArtifactFile, Blob


def erase(session: Session, store: Store, actor: Actor, version: DatasetVersion, *, reason: str) -> Erasure:
    """Erase every version with the bytes of this one. Raises NotPermitted, DatasetErased."""
    if version.kept is None:
        raise DatasetErased(f"{version.ref} was erased already.", ref=version.ref)
    artifact = version.artifact
    same = queries.versions_with(session, artifact, lock=True)
    for each in same:
        auth.require(actor, Permission.WRITE_DATASETS, each.dataset.department_id)
    _index(session, store)
    entries = store.manifest(artifact).entries if store.has(artifact) else ()
    reports = list(queries.reports_of(session, [each.id for each in same]).values())
    findings = {each.findings for each in reports if each.findings}
    blobs = {artifact, *findings, *(each.digest for each in entries)}
    for digest in findings:
        blobs |= {each.digest for each in store.manifest(digest).entries} if store.has(digest) else set()
    for each in same:
        each.kept, each.erased_at, each.erased_by, each.erased_reason = None, now(), actor.label, reason
    for report in reports:
        session.delete(report)
    session.flush()
    removed, size = _remove(session, store, blobs, {artifact, *findings})
    affected = impact.of_dataset(session, actor, digest=artifact, limit=1)
    refs = sorted(each.ref for each in same)
    shared = _shared(session, {each.digest for each in entries})
    for each in same:
        audit.record(
            session,
            actor,
            "datasets.version.erased",
            each,
            digest=artifact,
            reason=reason,
            files=removed,
            bytes=size,
            affected=affected.total,
        )
    return Erasure(
        refs=refs,
        digest=artifact,
        files=removed,
        bytes=size,
        shared=shared,
        affected=affected.total,
        deployed=len(affected.endpoints),
    )


def discard(database: Database, store: Store, manifest: Manifest) -> None:
    """Take away again what was stored a moment ago and may not be filed; what something else holds stays."""
    with database.write() as session:
        _index(session, store)
        if not queries.versions_keeping(session, [manifest.digest]):
            _remove(session, store, {manifest.digest, *(each.digest for each in manifest.entries)}, {manifest.digest})


def _index(session: Session, store: Store) -> None:
    """Note the files of what data sets keep from before files were noted: only then it is known what is shared."""
    for root in (DatasetVersion.kept, DatasetReport.findings):
        query = select(root).distinct().where(root.is_not(None), ~exists().where(ArtifactFile.artifact == root))
        for digest in session.scalars(query).all():
            if digest is not None and store.has(digest):
                ledger.index_artifact(session, store.manifest(digest))


def _remove(session: Session, store: Store, blobs: Iterable[str], artifacts: set[str]) -> tuple[int, int]:
    """Take away what nothing else holds; gives (blobs, bytes). The rows are locked first, as the collector does."""
    others: set[str] = set()
    for root in (Version.artifact, Commit.artifact, DatasetVersion.kept, DatasetReport.findings):
        others |= {each for each in session.scalars(select(root).where(root.in_(artifacts))) if each}
    gone = artifacts - others
    session.execute(delete(ArtifactFile).where(ArtifactFile.artifact.in_(gone)))
    removed = size = 0
    for digest in sorted(blobs):
        blob = session.scalars(select(Blob).where(Blob.digest == digest).with_for_update()).one_or_none()
        held = session.scalar(select(ArtifactFile.artifact).where(ArtifactFile.digest == digest).limit(1))
        if held is not None or digest in others:
            continue
        removed += 1
        size += blob.size if blob is not None else store.backend.size(digest) or 0
        if blob is not None:
            session.delete(blob)
            session.flush()
        store.backend.delete(digest)
    return removed, size


def _shared(session: Session, digests: set[str]) -> list[str]:
    """Versions of data sets that still hold some of these files."""
    holders = select(ArtifactFile.artifact).where(ArtifactFile.digest.in_(digests))
    return [each.ref for each in queries.versions_keeping(session, session.scalars(holders).all())]
