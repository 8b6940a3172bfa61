"""Collect what nothing needs any more: blobs, uploads that were given up, files that kills have left behind.

A blob is needed when a row of ROOTS names it, when it belongs to an artifact that such a row names, or while somebody
may still refer to their upload of it. Each unneeded blob goes in a transaction of its own that holds its row: looked at
again, then row and bytes removed together. A publisher touches the row first, so one of the two sees the other.
"""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, select
from sqlalchemy.orm import InstrumentedAttribute

from aird.catalog.models import Commit, Version
from aird.core.clock import now
from aird.core.db import Database
from aird.core.errors import AirdError
from aird.datasets.models import DatasetReport, DatasetVersion
from aird.evaluation.models import Comparison, Run
from aird.store import service as ledger
from aird.store import uploads
from aird.store.artifacts import Store
from aird.store.models import ArtifactFile, Blob, Upload, UploadState
from aird.training import teachers
from aird.training.models import TeacherCache

log = logging.getLogger(__name__)

ROOTS: tuple[InstrumentedAttribute[Any], ...] = (
    Version.artifact,
    Commit.artifact,
    DatasetVersion.kept,
    DatasetReport.findings,
    Run.outcomes,
    Comparison.outcomes,
    TeacherCache.artifact,
)
"""Every column that keeps an artifact."""

FOLLOWERS: dict[str, str] = {
    "approvals.digest": "a version's artifact",
    "clearances.digest": "a version's artifact",
    "deployments.digest": "a version's artifact",
    "replicas.unit": "a version's artifact, as the reconciler last saw it",
    "engine_entries.unit": "what bytes were kept ready; they need not be there any more",
    "evidence.base": "what bytes were tried; they need not be there any more",
    "evidence.adapter": "what bytes were tried; they need not be there any more",
    "engines.base": "a version's artifact, as the reconciler last saw it",
    "feedback_items.unit": "what was said about bytes; they need not be there any more",
    "answer_votes.first_unit": "which bytes were preferred or not; they need not be there any more",
    "answer_votes.second_unit": "which bytes were preferred or not; they need not be there any more",
    "exchanges.unit": "which bytes answered; they need not be there any more",
    "usage_entries.unit": "what bytes were used; they need not be there any more",
    "suites.digest": "what an exam is called; its items are kept by the data set",
    "comparisons.digest": "a version's artifact, as it was examined",
    "comparisons.reference_digest": "a version's artifact, as it was examined",
    "evaluation_runs.digest": "a version's artifact, as it was examined",
    "dataset_versions.artifact": "names the bytes for ever; `kept` keeps them",
    "dataset_uses.digest": "a data set's artifact; the record outlives it",
    "teacher_caches.teacher": "a version's artifact; what it said outlives it",
    "teacher_caches.base": "a version's artifact",
    "teacher_caches.dataset": "a data set's artifact",
    "blobs.digest": "the ledger itself",
    "artifact_files.artifact": "the ledger itself",
    "artifact_files.digest": "the ledger itself",
    "uploads.digest": "kept apart, until the upload expires",
}
"""Columns with digests that keep nothing, and why."""

PAGE = 500


@dataclass
class Collected:
    """What one round found and did; with `dry_run` what it would have done."""

    blobs: int = 0
    bytes: int = 0
    uploads: int = 0
    leftovers: int = 0
    indexed: int = 0
    unreadable: list[str] = field(default_factory=list)


def collect(database: Database, store: Store, *, grace: timedelta, dry_run: bool = False) -> Collected:
    """One round. Nothing is removed while the manifest of an artifact in use cannot be read: its files are unknown.

    Raises StoreUnavailable; what was removed until then is removed.
    """
    found = Collected()
    found.indexed, found.unreadable = index(database, store)
    cutoff = now() - grace
    if not dry_run:
        with database.write() as session:
            teachers.expire(session)
        found.uploads = uploads.expire(database, store)
        found.leftovers = store.backend.staging.sweep()
    if found.unreadable:
        return found
    for digest, size in _unneeded(database, cutoff):
        if dry_run or _remove(database, store, digest, cutoff):
            found.blobs += 1
            found.bytes += size
    return found


def needed(digest: Any) -> ColumnElement[bool]:
    """Whether anything needs the blob: an expression over the column `digest`."""
    direct = [exists().where(root == digest) for root in ROOTS]
    within = [
        exists(select(ArtifactFile.digest).join(root.class_, root == ArtifactFile.artifact)).where(
            ArtifactFile.digest == digest
        )
        for root in ROOTS
    ]
    claimed = exists().where(
        and_(Upload.digest == digest, Upload.state == UploadState.WHOLE, Upload.expires_at > now())
    )
    expression: ColumnElement[bool] = claimed
    for each in (*direct, *within):
        expression = expression | each
    return expression


def _unneeded(database: Database, cutoff: datetime) -> Iterator[tuple[str, int]]:
    last = ""
    while True:
        with database.read() as session:
            query = select(Blob.digest, Blob.size).where(Blob.digest > last, Blob.touched_at < cutoff)
            page = session.execute(query.where(~needed(Blob.digest)).order_by(Blob.digest).limit(PAGE)).all()
        for row in page:
            yield row.digest, row.size
        if len(page) < PAGE:
            return
        last = page[-1].digest


def _remove(database: Database, store: Store, digest: str, cutoff: datetime) -> bool:
    with database.write() as session:
        query = select(Blob).where(Blob.digest == digest, Blob.touched_at < cutoff).with_for_update()
        blob = session.scalars(query).one_or_none()
        if blob is None or session.scalar(select(needed(digest))):
            return False
        session.delete(blob)
        session.execute(delete(ArtifactFile).where(ArtifactFile.artifact == digest))
        session.flush()
        store.backend.delete(digest)
    return True


def index(database: Database, store: Store) -> tuple[int, list[str]]:
    """Note artifacts and blobs that are not on record yet, from before there was a ledger.

    Gives (how many were noted, artifacts in use whose manifest cannot be read).
    """
    noted, unreadable = 0, []
    for artifact in sorted(_unrecorded(database)):
        try:
            manifest = store.manifest(artifact)
        except AirdError as error:
            log.warning("artifact %s cannot be read: %s", artifact, error.message)
            unreadable.append(artifact)
            continue
        if manifest.entries:
            with database.write() as session:
                ledger.index_artifact(session, manifest)
            noted += 1
    page: list[str] = []
    for digest in store.backend.digests():
        page.append(digest)
        if len(page) == PAGE:
            noted += _index_blobs(database, store, page)
            page = []
    return noted + _index_blobs(database, store, page), unreadable


def _unrecorded(database: Database) -> set[str]:
    found: set[str] = set()
    with database.read() as session:
        for root in ROOTS:
            query = select(root).distinct().where(root.is_not(None), ~exists().where(ArtifactFile.artifact == root))
            found |= set(session.scalars(query))
    return found


def _index_blobs(database: Database, store: Store, digests: list[str]) -> int:
    with database.read() as session:
        known = set(session.scalars(select(Blob.digest).where(Blob.digest.in_(digests))))
    sizes = {digest: store.backend.size(digest) for digest in set(digests) - known}
    new = {digest: size for digest, size in sizes.items() if size is not None}
    if new:
        with database.write() as session:
            ledger.touch(session, new)
    return len(new)


def collect_until(stop: threading.Event, database: Database, store: Store, *, grace: timedelta, every: float) -> None:
    """A round now and then, `every` so many seconds, until `stop`; a failure is logged and tried again next time."""
    while not stop.wait(every):
        try:
            found = collect(database, store, grace=grace)
            if found.blobs:
                log.info("collected %s blobs, %s bytes", found.blobs, found.bytes)
        except Exception:
            log.exception("collecting what nothing needs failed")
