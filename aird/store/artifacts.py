"""The store as the slices see it: folders of files go in as an artifact, come out as plain files."""

import io
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

from aird.core.settings import Settings
from aird.store.backends.base import Backend, Batch
from aird.store.backends.local import LocalBackend
from aird.store.manifest import Entry, Manifest


class Store:
    """Artifacts by digest over one backend."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def put_folder(self, folder: Path) -> Manifest:
        """Store every file below `folder` with the manifest that names them, all or none. A symlink is a ValueError."""
        paths = sorted(folder.rglob("*"))
        for path in paths:
            if path.is_symlink():
                raise ValueError(f"{path.relative_to(folder)} is a symbolic link; only plain files are stored.")
        entries = []
        with self.backend.batch() as batch:
            for path in paths:
                if path.is_file():
                    with path.open("rb") as source:
                        entries.append(Entry(path.relative_to(folder).as_posix(), *batch.put(source)))
            return _put_manifest(batch, entries)

    def put_files(self, files: dict[str, bytes]) -> Manifest:
        """Store an artifact of small files held in memory."""
        with self.backend.batch() as batch:
            entries = [Entry(path, *batch.put(io.BytesIO(data))) for path, data in files.items()]
            return _put_manifest(batch, entries)

    def manifest(self, digest: str) -> Manifest:
        """The manifest of the artifact `digest`. Raises ArtifactNotFound."""
        with self.backend.open(digest) as source:
            return Manifest.parse(source.read())

    def has(self, digest: str) -> bool:
        """Whether the blob or manifest is there."""
        return self.backend.size(digest) is not None

    def open_file(self, digest: str, path: str) -> BinaryIO:
        """One file of an artifact. Raises ArtifactNotFound, KeyError when the artifact has no such path."""
        entry = {each.path: each for each in self.manifest(digest).entries}[path]
        return self.backend.open(entry.digest)

    def fetch(self, digest: str, folder: Path) -> Path:
        """Write the artifact's files into `folder`, which must not exist yet; appears whole or not at all."""
        manifest = self.manifest(digest)
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder.parent))
        try:
            for entry in manifest.entries:
                target = partial / entry.path
                target.parent.mkdir(parents=True, exist_ok=True)
                self.backend.fetch(entry.digest, target)
            partial.chmod(0o755)
            partial.rename(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        return folder


def _put_manifest(batch: Batch, entries: list[Entry]) -> Manifest:
    manifest = Manifest.of(entries)
    batch.put(io.BytesIO(manifest.to_json()), manifest.digest)
    return manifest


def open_store(settings: Settings) -> Store:
    """The store that the settings name."""
    return Store(LocalBackend(settings.store_folder(), min_free_bytes=settings.min_free_bytes))


def sweep_store(settings: Settings) -> None:
    """Remove what kills have left of unfinished writes, a day after."""
    LocalBackend(settings.store_folder()).sweep()
