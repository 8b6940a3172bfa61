"""The store as the slices see it: folders of files go in as an artifact, come out as plain files.

Bytes lie in a backend, what is known of them in the database. Every way in touches the blobs' rows first, in a small
transaction of its own or in the caller's, and looks second whether the bytes are there already.
"""

import asyncio
import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from aird.core.db import Database
from aird.core.settings import Settings
from aird.store import quota, reading, service
from aird.store.backends import base
from aird.store.backends.base import Backend
from aird.store.backends.local import LocalBackend
from aird.store.backends.s3 import S3Backend, S3Place
from aird.store.errors import BlobDamaged, SizeMismatch
from aird.store.laying import Laid, lay_out
from aird.store.manifest import Entry, Manifest
from aird.store.models import Blob, BlobState
from aird.store.reading import THREADS, Download
from aird.store.spooling import Spool
from aird.store.staging import BLOCK, Staged, WriteOut, require_digest


class Store:
    """Artifacts by digest over one backend, with the ledger of its blobs in the database.

    `session` is a write session the caller is in, for those that cannot put before they open it.
    """

    def __init__(self, backend: Backend, database: Database) -> None:
        self.backend = backend
        self.database = database

    @property
    def spool_folder(self) -> Path:
        """Where a file has to lie that `adopt` takes."""
        return self.backend.staging.folder

    @property
    def partial_folder(self) -> Path:
        """Where resumable uploads grow, on the same disk; the sweep does not touch it."""
        return self.spool_folder.parent / "partial"

    # --- in ---------------------------------------------------------------------------------------------------------

    def put_folder(
        self, folder: Path, *, known: Mapping[str, Laid] | None = None, session: Session | None = None
    ) -> Manifest:
        """Store every file below `folder` with the manifest that names them, all or none. A symlink is a ValueError.

        What `known` (from `lay_out`) describes and nobody has changed since is not read again.
        """
        paths = sorted(folder.rglob("*"))
        for path in paths:
            if path.is_symlink():
                raise ValueError(f"{path.relative_to(folder)} is a symbolic link; only plain files are stored.")
        files = {path.relative_to(folder).as_posix(): path for path in paths if path.is_file()}
        laid = {name: each for name, each in (known or {}).items() if name in files and each.unchanged(files[name])}
        held = self.hold({each.entry.digest for each in laid.values()}, session=session) if laid else {}
        with self._staged() as staged:
            entries = []
            for name, path in files.items():
                if name in laid and laid[name].entry.digest in held:
                    entries.append(laid[name].entry)
                    continue
                with path.open("rb") as source:
                    made = self._stage(staged, source)
                entries.append(Entry(name, made.digest, made.size))
            return self._file(staged, Manifest.of(entries), session)

    def put_files(self, files: Mapping[str, bytes], *, session: Session | None = None) -> Manifest:
        """Store an artifact of small files held in memory."""
        with self._staged() as staged:
            made = {path: self._stage(staged, io.BytesIO(data)) for path, data in files.items()}
            manifest = Manifest.of([Entry(path, each.digest, each.size) for path, each in made.items()])
            return self._file(staged, manifest, session)

    def put_manifest(self, manifest: Manifest, *, session: Session | None = None) -> Manifest:
        """Store an artifact whose files are there already. Raises ArtifactNotFound when one is not."""
        held = self.hold([each.digest for each in manifest.entries], session=session)
        for each in manifest.entries:
            if each.digest not in held:
                raise base.missing(each.digest)
        with self._staged() as staged:
            return self._file(staged, manifest, session)

    def put_bytes(self, data: bytes, *, session: Session | None = None) -> tuple[str, int]:
        """Store one small file; gives (digest, bytes)."""
        with self._staged() as staged:
            made = self._stage(staged, io.BytesIO(data))
            self._publish(staged, session)
            return made.digest, made.size

    def put_stream(self, source: BinaryIO, *, digest: str | None = None, size: int | None = None) -> tuple[str, int]:
        """Store one file of any size; gives (digest, bytes). Raises DigestMismatch, SizeMismatch, StoreFull."""
        with self._staged() as staged:
            made = self._stage(staged, source)
            _require_size(made.size, size)
            require_digest(made.digest, digest)
            self._publish(staged, None)
            return made.digest, made.size

    def adopt(self, path: Path, digest: str, size: int) -> None:
        """Take a file of `spool_folder`, whose bytes are known to have this digest, without copying it."""
        self._publish([Staged(path, digest, size)], None)
        path.unlink(missing_ok=True)

    def spool(self, *, size: int | None = None, digest: str | None = None, limit: int | None = None) -> Spool:
        """What receives one file asynchronously: `async with store.spool(...) as spool`, `write`, `publish`."""
        return Spool(self.backend.staging, self.adopt, size=size, digest=digest, limit=limit)

    async def publish_parts(self, parts: list[Path], *, digest: str, size: int) -> None:
        """Join files to one blob. Raises SizeMismatch, DigestMismatch, StoreFull; the parts stay where they are."""
        await asyncio.get_running_loop().run_in_executor(THREADS, self._join, parts, digest, size)

    def _join(self, parts: list[Path], digest: str, size: int) -> None:
        _require_size(sum(part.stat().st_size for part in parts), size)
        with self._staged() as staged:
            path, hasher = self.backend.staging.new(), hashlib.sha256()
            staged.append(Staged(path, "", 0))
            with self.backend.staging.writing(), path.open("xb", buffering=0) as out:
                self.backend.staging.require_room(size)
                written = WriteOut(out)
                for part in parts:
                    with part.open("rb", buffering=0) as source:
                        while block := source.read(BLOCK):
                            hasher.update(block)
                            out.write(block)
                            written.upto(out.tell())
            require_digest(f"sha256:{hasher.hexdigest()}", digest)
            staged[0] = Staged(path, digest, size)
            self._publish(staged, None)

    def hold(self, digests: Iterable[str], *, session: Session | None = None) -> dict[str, int]:
        """Which of these blobs are there and sound, with their sizes; the garbage collector now waits with them."""
        wanted = set(digests)
        with self._ledger(session) as ledger:
            known = service.touch_known(ledger, wanted)
            states = {digest: (blob.size, blob.state) for digest, blob in known.items()}
        held = {
            digest: size
            for digest, (size, state) in states.items()
            if state is BlobState.SOUND and self.backend.size(digest) == size
        }
        unknown = {digest: self.backend.size(digest) for digest in wanted - set(states)}
        if found := {digest: size for digest, size in unknown.items() if size is not None}:
            with self._ledger(session) as ledger:
                damaged = service.touch(ledger, found)
            held |= {digest: size for digest, size in found.items() if digest not in damaged}
        return held

    @contextmanager
    def _staged(self) -> Iterator[list[Staged]]:
        staged: list[Staged] = []
        try:
            yield staged
        finally:
            for each in staged:
                each.path.unlink(missing_ok=True)

    def _stage(self, staged: list[Staged], source: BinaryIO) -> Staged:
        staged.append(Staged(self.backend.staging.new(), "", 0))
        staged[-1] = self.backend.staging.write(source, staged[-1].path)
        return staged[-1]

    def _file(self, staged: list[Staged], manifest: Manifest, session: Session | None) -> Manifest:
        self._stage(staged, io.BytesIO(manifest.to_json()))
        self._publish(staged, session)
        return manifest

    def _publish(self, staged: list[Staged], session: Session | None) -> None:
        """Touch first, look second. Raises StoreFull, StoreUnavailable."""
        new = {each.digest: each for each in staged}
        with self._ledger(session) as ledger:
            damaged = service.touch(ledger, {each.digest: each.size for each in new.values()})
        for each in new.values():
            if each.digest in damaged or self.backend.size(each.digest) != each.size:
                self.backend.adopt(each.path, each.digest, each.size)
        if damaged:
            with self._ledger(session) as ledger:
                for digest in sorted(damaged):
                    service.mark_sound(ledger, digest, reason="uploaded again")

    @contextmanager
    def _ledger(self, session: Session | None) -> Iterator[Session]:
        if session is not None:
            yield session
            return
        with self.database.write() as own:
            yield own

    # --- out --------------------------------------------------------------------------------------------------------

    def manifest(self, digest: str) -> Manifest:
        """The manifest of the artifact `digest`. Raises ArtifactNotFound, BlobDamaged."""
        with self._damage_noted(digest), self.backend.open(digest) as source:
            raw = source.read()
            base.require_sound(hashlib.sha256(raw).hexdigest(), digest)
        return Manifest.parse(raw)

    def has(self, digest: str) -> bool:
        """Whether the blob or manifest is there."""
        return self.backend.size(digest) is not None

    def size(self, digest: str) -> int:
        """Bytes of the blob. Raises ArtifactNotFound."""
        size = self.backend.size(digest)
        if size is None:
            raise base.missing(digest)
        return size

    def open(self, digest: str) -> BinaryIO:
        """The blob, seekable and not verified: for looking into it. Raises ArtifactNotFound."""
        return self.backend.open(digest)

    def open_file(self, digest: str, path: str) -> BinaryIO:
        """One file of an artifact. Raises ArtifactNotFound, KeyError when the artifact has no such path."""
        entry = {each.path: each for each in self.manifest(digest).entries}[path]
        return self.backend.open(entry.digest)

    def read(self, digest: str) -> bytes:
        """All bytes of a small blob, verified. Raises ArtifactNotFound, BlobDamaged."""
        size = self.size(digest)
        with self._damage_noted(digest):
            return b"".join(reading.verified(self.backend, digest, size))

    async def download(self, digest: str, start: int = 0, end: int | None = None) -> Download:
        """The blob's bytes from `start` to before `end` (its end), verified as far as they can be.

        Raises ArtifactNotFound, BlobDamaged, StoreUnavailable; while it is read, BlobDamaged before the last block.
        """
        size = await asyncio.get_running_loop().run_in_executor(THREADS, self._sound_size, digest)
        last = size if end is None else min(end, size)
        return await Download.begin(size, start, last, lambda: self._blocks(digest, size, start, last))

    def _sound_size(self, digest: str) -> int:
        with self.database.read() as session:
            blob = session.get(Blob, digest)
        if blob is not None and blob.state is BlobState.DAMAGED:
            raise BlobDamaged(
                f"The stored bytes of {digest} have changed. Upload the file again or restore it from a backup.",
                digest=digest,
            )
        return self.size(digest)

    def _blocks(self, digest: str, size: int, start: int, end: int) -> Iterator[bytes]:
        with self._damage_noted(digest):
            if start == 0 and end == size:
                yield from reading.verified(self.backend, digest, size)
            elif start < end:
                yield from reading.verified_part(self.backend, digest, size, start, end)

    def fetch(self, digest: str, folder: Path) -> Path:
        """Write the artifact's files into `folder`, which must not exist yet; appears whole or not at all."""
        manifest = self.manifest(digest)
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder.parent))
        try:
            for entry in manifest.entries:
                target = partial / entry.path
                target.parent.mkdir(parents=True, exist_ok=True)
                with self._damage_noted(entry.digest):
                    base.fetch(self.backend, entry.digest, target)
            partial.chmod(0o755)
            partial.rename(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        return folder

    def lay_out(self, files: Mapping[str, str], folder: Path) -> dict[str, Laid]:
        """Write blobs (path -> digest) as plain read-only files below `folder`, to be examined and filed.

        Weights are second names of the stored file where that can be: nobody may write into them.
        """
        return lay_out(self.backend, files, folder)

    @contextmanager
    def _damage_noted(self, digest: str) -> Iterator[None]:
        try:
            yield
        except BlobDamaged as error:
            with suppress(SQLAlchemyError), self.database.write() as session:
                service.mark_damaged(session, digest, self.backend.size(digest) or 0, reason=error.message)
            raise


def _require_size(found: int, announced: int | None) -> None:
    if announced is not None and found != announced:
        raise SizeMismatch(
            f"{announced} bytes were announced and {found} have come. Send them again.", size=announced, received=found
        )


def open_backend(settings: Settings) -> Backend:
    """The place for bytes that the settings name."""
    if settings.store_url.startswith("s3://"):
        return S3Backend(S3Place.of(settings), settings.store_folder(), min_free_bytes=settings.min_free_bytes)
    return LocalBackend(settings.store_folder(), min_free_bytes=settings.min_free_bytes)


def open_store(settings: Settings, database: Database) -> Store:
    """The store that the settings name, with its ledger in the database."""
    quota.set_default(database, settings.department_quota_bytes)
    return Store(open_backend(settings), database)


def sweep_store(settings: Settings) -> None:
    """Remove what kills have left of unfinished writes, a day after."""
    open_backend(settings).staging.sweep()
