"""Hash everything the store holds and say what has changed: which bytes, and whose versions they are.

Blobs go in the order of their digests. `checked_at` notes each, so that a run that was cut is continued by one that
leaves out what was checked lately.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from aird.auth.models import Department
from aird.catalog.commits import artifacts_of_department
from aird.catalog.models import Commit, Model, Version
from aird.core.clock import now
from aird.core.db import Database
from aird.datasets.models import Dataset, DatasetVersion
from aird.evaluation.models import Run, Suite
from aird.server import gc
from aird.store import quota, reading
from aird.store import service as ledger
from aird.store.artifacts import Store
from aird.store.errors import ArtifactNotFound, BlobDamaged
from aird.store.models import ArtifactFile, Blob, BlobState

PAGE = 100


@dataclass(frozen=True)
class Fault:
    """A blob that is not what it was, and what relies on it."""

    digest: str
    size: int
    affected: list[str]


@dataclass
class Scrubbed:
    """What a run looked at, and everything that is damaged now, whoever found it."""

    blobs: int = 0
    bytes: int = 0
    restored: int = 0
    faults: list[Fault] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether every byte is what it was."""
        return not self.faults and not self.unreadable


def scrub(
    database: Database,
    store: Store,
    *,
    checked_before: datetime | None = None,
    on_blob: Callable[[int, int], None] | None = None,
) -> Scrubbed:
    """Hash every blob that was last checked before that moment, or all. Raises StoreUnavailable.

    `on_blob` hears how many blobs and bytes were looked at.
    """
    done = Scrubbed()
    done.unreadable = gc.index(database, store)[1]
    for digest, size in _blobs(database, checked_before or now()):
        _check(database, store, digest, size, done)
        if on_blob is not None:
            on_blob(done.blobs, done.bytes)
    with database.read() as session:
        damaged = session.scalars(select(Blob).where(Blob.state == BlobState.DAMAGED).order_by(Blob.digest)).all()
        done.faults = [Fault(each.digest, each.size, affected(session, each.digest)) for each in damaged]
    return done


def _blobs(database: Database, before: datetime) -> Iterator[tuple[str, int]]:
    last = ""
    while True:
        with database.read() as session:
            query = select(Blob.digest, Blob.size).where(Blob.digest > last)
            query = query.where(or_(Blob.checked_at.is_(None), Blob.checked_at < before))
            page = session.execute(query.order_by(Blob.digest).limit(PAGE)).all()
        for row in page:
            yield row.digest, row.size
        if len(page) < PAGE:
            return
        last = page[-1].digest


def _check(database: Database, store: Store, digest: str, size: int, done: Scrubbed) -> None:
    there = store.backend.size(digest)
    done.blobs += 1
    done.bytes += there or 0
    try:
        reading.verify(store.backend, digest, size if there is None else there)
    except BlobDamaged as error:
        _note(database, digest, size, error.message)
        return
    except ArtifactNotFound as error:
        with database.read() as session:
            wanted = session.scalar(select(gc.needed(digest)))
        if wanted:
            _note(database, digest, size, error.message)
        return
    with database.write() as session:
        done.restored += ledger.mark_sound(session, digest, reason="the bytes are right again")
        blob = session.get(Blob, digest)
        if blob is not None:
            blob.checked_at, blob.size = now(), there or 0


def _note(database: Database, digest: str, size: int, reason: str) -> None:
    with database.write() as session:
        ledger.mark_damaged(session, digest, size, reason=reason)
        session.get_one(Blob, digest).checked_at = now()


def affected(session: Session, digest: str) -> list[str]:
    """What relies on the blob, by name: versions, commits on their way to one, data sets, evaluations."""
    artifacts = set(session.scalars(select(ArtifactFile.artifact).where(ArtifactFile.digest == digest))) | {digest}
    versions = select(Model.name, Version.number).join(Model, Model.id == Version.model_id)
    found = [f"{row.name}@{row.number}" for row in session.execute(versions.where(Version.artifact.in_(artifacts)))]
    commits = select(Model.name, Commit.sha).join(Model, Model.id == Commit.model_id).where(Commit.version_id.is_(None))
    found += [f"{row.name} at {row.sha[:7]}" for row in session.execute(commits.where(Commit.artifact.in_(artifacts)))]
    sets = select(Dataset.name, DatasetVersion.number).join(Dataset, Dataset.id == DatasetVersion.dataset_id)
    rows = session.execute(sets.where(DatasetVersion.artifact.in_(artifacts)))
    found += [f"data set {row.name}@{row.number}" for row in rows]
    runs = select(Suite.name).join(Run, Run.suite_id == Suite.id).where(Run.outcomes.in_(artifacts))
    found += [f"an evaluation in {name}" for name in session.scalars(runs)]
    return sorted(set(found))


@dataclass(frozen=True)
class DepartmentUsage:
    """What a department's models take, every distinct file once; `quota` None is no limit."""

    department: str
    bytes: int
    quota: int | None


def usage(database: Database) -> dict[str, Any]:
    """How much the store holds, how much of it nothing needs, and what each department's models take."""
    with database.read() as session:
        total = select(func.count(), func.coalesce(func.sum(Blob.size), 0)).select_from(Blob)
        blobs, size = session.execute(total).one()
        loose, loose_size = session.execute(total.where(~gc.needed(Blob.digest))).one()
        damaged = session.scalar(select(func.count()).select_from(Blob).where(Blob.state == BlobState.DAMAGED))
        departments = [
            DepartmentUsage(
                each.key,
                quota.used(session, artifacts_of_department(each.id)),
                quota.limit_of(session, each.quota_bytes),
            )
            for each in session.scalars(select(Department).order_by(Department.key))
        ]
    return {
        "blobs": blobs,
        "bytes": int(size),
        "unneeded": {"blobs": loose, "bytes": int(loose_size)},
        "damaged": damaged,
        "departments": [asdict(each) for each in departments],
    }
