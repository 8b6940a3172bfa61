"""Uploads that may break off and go on: how far each is stands in the database, its bytes in a partial file.

What the database says has been received is on the disk for certain; bytes after that are thrown away when the upload
goes on. So it goes on after the client, the server or the machine has stopped at any moment.
"""

import base64
import fcntl
import hashlib
import os
import shutil
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import FileIO
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from aird.core.clock import now
from aird.core.db import Database
from aird.core.errors import BadInput, Conflict, NotFound
from aird.store.artifacts import Store
from aird.store.errors import DigestMismatch, FileTooLarge
from aird.store.models import Upload, UploadState
from aird.store.staging import BLOCK, ROOM_EVERY, WriteOut, require_digest

MOST_OPEN = 256  # uploads of one person at a time


class UploadNotFound(NotFound):
    """There is no such upload, or it has expired"""


class UploadLocked(Conflict):
    """This upload is being written to by another request"""

    status = 423


class OffsetMismatch(Conflict):
    """The upload does not go on at this offset"""


class ChecksumMismatch(Conflict):
    """The bytes of this request do not have its checksum"""

    status = 460


class ChecksumUnknown(BadInput):
    """This kind of checksum is not known"""


class TooManyUploads(Conflict):
    """There are too many unfinished uploads"""

    status = 429


class Hash(Protocol):
    """What hashlib makes."""

    def update(self, data: Any, /) -> None:
        """Take some bytes."""

    def digest(self) -> bytes:
        """The digest of all of them."""
        ...

    def hexdigest(self) -> str:
        """The same in hex digits."""
        ...


_running: OrderedDict[UUID, tuple[int, Hash]] = OrderedDict()
"""The hash of the first so many bytes of uploads under way, so that the end of one need not read all of it again."""
MOST_RUNNING = 256


def create(
    session: Session,
    store: Store,
    person_id: UUID,
    *,
    subject: str,
    path: str,
    size: int,
    limit: int,
    lasts: timedelta,
    digest: str | None = None,
) -> Upload:
    """Begin an upload of `size` bytes. Raises FileTooLarge, StoreFull, TooManyUploads."""
    if size > limit:
        raise FileTooLarge(f"A file may have {limit} bytes; {size} were announced.", limit=limit)
    mine = (Upload.person_id == person_id, Upload.state == UploadState.OPEN, Upload.secret_hash.is_(None))
    query = select(Upload.id).where(*mine)  # those of the LFS protocol cannot be ended by hand, so they do not count
    if len(session.scalars(query.where(Upload.expires_at > now()).limit(MOST_OPEN)).all()) >= MOST_OPEN:
        raise TooManyUploads(f"You have {MOST_OPEN} unfinished uploads. Finish or end some.", limit=MOST_OPEN)
    store.partial_folder.mkdir(parents=True, exist_ok=True)
    store.spool_folder.mkdir(parents=True, exist_ok=True)
    store.backend.staging.require_room(size)
    upload = Upload(
        person_id=person_id,
        subject=subject,
        path=path,
        size=size,
        secret_hash=None,
        expires_at=now() + lasts,
        digest=digest,
    )
    session.add(upload)
    session.flush()
    return upload


def get(session: Session, person_id: UUID, upload_id: UUID) -> Upload:
    """An upload of this person. Raises UploadNotFound."""
    upload = session.get(Upload, upload_id)
    if upload is None or upload.person_id != person_id or upload.expires_at <= now():
        raise UploadNotFound("There is no such upload of yours; it may have expired. Begin it again.")
    return upload


def whole(session: Session, person_id: UUID, upload_ids: list[UUID]) -> list[Upload]:
    """Finished uploads of this person, in this order. Raises UploadNotFound, OffsetMismatch."""
    found = [get(session, person_id, each) for each in upload_ids]
    for upload in found:
        if upload.state is not UploadState.WHOLE:
            raise OffsetMismatch(
                f"{upload.path} is not whole: {upload.received} of {upload.size} bytes have come.",
                upload=str(upload.id),
                offset=upload.received,
            )
    return found


def publish_late(database: Database, store: Store, person_id: UUID, upload_ids: list[UUID]) -> None:
    """Put into the store what came whole in a moment in which the store could not take it.

    Raises UploadNotFound, UploadLocked, OffsetMismatch, DigestMismatch, StoreFull, StoreUnavailable.
    """
    with database.read() as session:
        found = [get(session, person_id, each) for each in upload_ids]
    for upload in found:
        if upload.state is UploadState.OPEN and upload.received == upload.size:
            with growing(database, store, person_id, upload.id, offset=upload.size, checksum=None) as file:
                file.done()


def end(database: Database, store: Store, upload_id: UUID) -> None:
    """Forget an upload and its bytes."""
    with database.write() as session:
        session.execute(delete(Upload).where(Upload.id == upload_id))
    _forget(_partial(store, upload_id))
    _running.pop(upload_id, None)


def expire(database: Database, store: Store) -> int:
    """Forget uploads whose time is over, and partial files that belong to none; gives how many uploads."""
    with database.read() as session:
        over = list(session.scalars(select(Upload.id).where(Upload.expires_at <= now())))
    for upload_id in over:
        end(database, store, upload_id)
    # Rows are made before their files: so the files are listed first, and none is taken for a stray.
    files = list(store.partial_folder.iterdir()) if store.partial_folder.is_dir() else []
    with database.read() as session:
        known = {str(each) for each in session.scalars(select(Upload.id))}
    for path in files:
        if path.name.removeprefix("hub-") not in known:
            _forget(path)
    return len(over)


def _forget(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _partial(store: Store, upload_id: UUID) -> Path:
    return store.partial_folder / str(upload_id)


@dataclass(frozen=True)
class Checksum:
    """What a request says its own bytes hash to."""

    algorithm: str
    value: bytes

    @classmethod
    def read(cls, header: str) -> "Checksum":
        """`sha256 <base64>`. Raises ChecksumUnknown."""
        algorithm, _, encoded = header.partition(" ")
        try:
            value = base64.b64decode(encoded, validate=True)
        except ValueError:  # not base64, or not even ASCII
            value = b""
        if algorithm not in ("sha1", "sha256") or not value:
            raise ChecksumUnknown("The checksum must read `sha1 <base64>` or `sha256 <base64>`.")
        return cls(algorithm, value)


class Growing:
    """The partial file of one upload while one request writes to it; blocking, for a thread.

    With a checksum nothing counts before all bytes of the request have come and fit.
    """

    def __init__(self, database: Database, store: Store, upload: Upload, file: FileIO, checksum: Checksum | None):
        self.offset, self.size = upload.received, upload.size
        self._database, self._store, self._file = database, store, file
        self._id, self._person, self._announced = upload.id, upload.person_id, upload.digest
        self._checksum = checksum
        self._own: Hash | None = hashlib.new(checksum.algorithm) if checksum else None
        self._saved = self.offset
        at, hasher = _running.pop(upload.id, (0, hashlib.sha256()))
        self._hasher: Hash | None = hasher if at == self.offset else None
        file.truncate(self.offset)
        file.seek(self.offset)
        self._out = WriteOut(file, start=self.offset)

    def take(self, block: bytes) -> None:
        """Append some bytes. Raises FileTooLarge, StoreFull."""
        if self.offset + len(block) > self.size:
            raise FileTooLarge(f"{self.size} bytes were announced and more have come.", limit=self.size)
        with self._store.backend.staging.writing():
            if self.offset // ROOM_EVERY != (self.offset + len(block)) // ROOM_EVERY:
                self._store.backend.staging.require_room(len(block))
            self._file.write(block)
        if self._hasher is not None:
            self._hasher.update(block)
        if self._own is not None:
            self._own.update(block)
        self.offset += len(block)
        self._out.upto(self.offset)
        if self._own is None and self.offset - self._saved >= ROOM_EVERY:
            self._save()

    def _save(self) -> None:
        os.fsync(self._file.fileno())
        with self._database.write() as session:
            session.execute(update(Upload).where(Upload.id == self._id).values(received=self.offset))
        self._saved = self.offset

    def stop(self) -> None:
        """The request has broken off: keep what has come, unless it had a checksum."""
        if self._own is None and self.offset > self._saved:
            self._save()
        if self._own is None:
            self._remember()

    def done(self) -> str | None:
        """The request is over: keep its bytes; publishes the file when it is whole and gives its digest.

        Raises ChecksumMismatch, DigestMismatch, StoreFull, StoreUnavailable.
        """
        if self._checksum and self._own and self._own.digest() != self._checksum.value:
            raise ChecksumMismatch("The bytes arrived changed; none of this request was kept. Send them again.")
        self._save()
        if self.offset < self.size:
            self._remember()
            return None
        return self._publish()

    def _publish(self) -> str:
        digest = f"sha256:{(self._hasher or self._read()).hexdigest()}"
        try:
            require_digest(digest, self._announced)
        except DigestMismatch:
            with self._database.write() as session:
                session.execute(update(Upload).where(Upload.id == self._id).values(state=UploadState.FAILED))
            _partial(self._store, self._id).unlink(missing_ok=True)
            raise
        self._store.adopt(_partial(self._store, self._id), digest, self.size)
        with self._database.write() as session:
            values = {"state": UploadState.WHOLE, "digest": digest}
            session.execute(update(Upload).where(Upload.id == self._id).values(values))
        return digest

    def _read(self) -> Hash:
        hasher = hashlib.sha256()
        self._file.seek(0)
        while block := self._file.read(BLOCK):
            hasher.update(block)
        return hasher

    def _remember(self) -> None:
        if self._hasher is not None:
            _running[self._id] = (self.offset, self._hasher)
            while len(_running) > MOST_RUNNING:
                _running.popitem(last=False)


@contextmanager
def growing(
    database: Database, store: Store, person_id: UUID, upload_id: UUID, *, offset: int, checksum: Checksum | None
) -> Iterator[Growing]:
    """Go on with an upload at `offset`. Raises UploadNotFound, UploadLocked, OffsetMismatch."""
    with database.read() as session:
        get(session, person_id, upload_id)
    store.partial_folder.mkdir(parents=True, exist_ok=True)
    with (
        store.backend.staging.writing(),
        FileIO(os.open(_partial(store, upload_id), os.O_RDWR | os.O_CREAT), "r+") as file,
    ):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UploadLocked("Another request writes to this upload. Wait for it, or for it to time out.") from error
        with database.write() as session:
            upload = get(session, person_id, upload_id)
            if os.fstat(file.fileno()).st_size < upload.received and upload.state is UploadState.OPEN:
                upload.received = 0  # the disk has lost what it held: all of it has to come again
        if upload.state is not UploadState.OPEN or upload.received != offset:
            raise OffsetMismatch(f"The upload goes on at {upload.received}, not at {offset}.", offset=upload.received)
        yield Growing(database, store, upload, file, checksum)
