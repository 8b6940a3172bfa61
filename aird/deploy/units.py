"""The files of units as local folders named by their digest, and checked against it before use."""

import hashlib
import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from aird.store.artifacts import Store
from aird.store.manifest import check_digest


class UnitFiles:
    """Fetches units in the background; a folder is handed out only after every byte was checked.

    `fetched` is called, in another thread, whenever a fetch has ended.
    """

    def __init__(self, store: Store, root: Path, fetched: Callable[[], None] = lambda: None) -> None:
        self._store, self._root, self._fetched = store, root, fetched
        self._fetches: dict[str, Future[Path]] = {}
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="unit-files")

    def folder(self, digest: str) -> Path | None:
        """The unit's folder, None while it is being fetched. Raises what the fetch raised."""
        fetch = self._fetches.get(digest)
        if fetch is None:
            fetch = self._fetches[digest] = self._pool.submit(self._fetch, digest)
            fetch.add_done_callback(lambda _: self._fetched())
        if not fetch.done():
            return None
        if fetch.exception() is not None:
            del self._fetches[digest]
        return fetch.result()

    def kept(self) -> set[str]:
        """The units that were asked for and not removed since."""
        return set(self._fetches)

    def remove(self, digest: str) -> None:
        """Free the disk; the unit is fetched again when it is wanted again."""
        fetch = self._fetches.get(digest)
        if fetch is not None and (fetch.done() or fetch.cancel()):
            del self._fetches[digest]
            shutil.rmtree(self._path(digest), ignore_errors=True)

    def remove_others(self, digests: set[str]) -> None:
        """Free the disk of all units but these, such as those of an earlier run."""
        kept = {self._path(digest).name for digest in digests}
        for folder in self._root.glob("*"):
            if folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Wait for the fetches that run."""
        self._pool.shutdown(cancel_futures=True)

    def _path(self, digest: str) -> Path:
        return self._root / check_digest(digest).removeprefix("sha256:")

    def _fetch(self, digest: str) -> Path:
        folder = self._path(digest)
        if folder.exists() and not self._intact(digest, folder):
            shutil.rmtree(folder)
        return folder if folder.exists() else self._store.fetch(digest, folder)

    def _intact(self, digest: str, folder: Path) -> bool:
        wanted = {entry.path: entry.digest for entry in self._store.manifest(digest).entries}
        files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
        return wanted.keys() == files.keys() and all(_digest(path) == wanted[name] for name, path in files.items())


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return f"sha256:{hashlib.file_digest(source, 'sha256').hexdigest()}"
