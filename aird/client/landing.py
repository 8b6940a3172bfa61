"""Files on their way onto this machine: gathered in a folder beside the target, which they replace when all is there.

The folder's name holds the version's digest, so that a pull which was cut goes on with what is there already, and
never with bytes of another version.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from aird.client.errors import DigestMismatch, LocalFile

BLOCK = 1024 * 1024


def sha256_of(file: Path) -> str:
    """`sha256:` and the hex digest of a file's bytes."""
    with file.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def digest_of(data: bytes) -> str:
    """`sha256:` and the hex digest of these bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def inside(folder: Path, path: str) -> Path:
    """The file `path` below `folder`. Raises DigestMismatch when it would leave the folder."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\\" in path or ":" in path or {"..", "."} & set(path.split("/")):
        raise DigestMismatch(f"The server names a file {path!r}, which would leave its folder. Nothing was written.")
    return folder.joinpath(*parts)


def holds(folder: Path, files: list[dict[str, Any]]) -> bool:
    """Whether the folder holds exactly these files, to the last byte."""
    if not folder.is_dir():
        return False
    found = {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}
    return found == {each["path"] for each in files} and all(
        inside(folder, each["path"]).stat().st_size == each["size"]
        and sha256_of(inside(folder, each["path"])) == each["digest"]
        for each in files
    )


class Landing:
    """The folder where a version's files are gathered before they become `target`."""

    def __init__(self, target: Path, digest: str, *, replace: bool = False) -> None:
        self.target = target.absolute()
        self.replace = replace
        short = digest.removeprefix("sha256:")[:16]
        self.folder = self.target.with_name(f".{self.target.name}.{short}.partial")

    def check(self) -> None:
        """Raise LocalFile when the target is in the way."""
        if not self.target.exists():
            return
        if not self.target.is_dir():
            raise LocalFile(f"{self.target} is a file. Name a folder that does not exist yet.")
        if any(self.target.iterdir()) and not self.replace:
            raise LocalFile(
                f"{self.target} is there already and holds something else. Name a new folder, or replace this one"
                " (replace=True, --replace)."
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """The folder, for one process at a time. Raises LocalFile when another one has it."""
        self.check()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder.parent / f"{self.folder.name}.lock").open("w")
        except OSError as error:
            raise LocalFile(f"{self.target} cannot be written: {error.strerror}.") from error
        with lock:
            if not _locked(lock):
                raise LocalFile(f"Another program is pulling into {self.target}. Wait for it.")
            try:
                yield
            finally:
                Path(lock.name).unlink(missing_ok=True)

    def land(self, files: list[str]) -> None:
        """Put the gathered files in the target's place; what does not belong to them is left behind."""
        wanted = {inside(self.folder, path) for path in files}
        for each in [each for each in self.folder.rglob("*") if each.is_file() and each not in wanted]:
            each.unlink()
        self.check()
        if self.target.exists():
            aside = self.folder.with_name(f"{self.folder.name}.old")
            shutil.rmtree(aside, ignore_errors=True)
            self.target.rename(aside)
            self.folder.rename(self.target)
            shutil.rmtree(aside, ignore_errors=True)
        else:
            self.folder.rename(self.target)


def _locked(lock: IO[str]) -> bool:
    try:
        import fcntl  # not on Windows, where two pulls into one folder end in a digest that does not fit
    except ImportError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class Arriving:
    """One file that is being received: written, hashed and counted in one go."""

    def __init__(self, path: Path, size: int, digest: str) -> None:
        """Go on where an earlier try ended: `at` is the number of bytes that are there, hashed already."""
        self.path, self.size, self.digest = path, size, digest
        self.at, self._hash = 0, hashlib.sha256()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("r+b" if path.exists() else "w+b")
        if os.fstat(self._file.fileno()).st_size > size:
            self._file.truncate(0)
        while block := self._file.read(BLOCK):
            self._hash.update(block)
            self.at += len(block)

    def restart(self) -> None:
        """Forget what is there."""
        self._file.seek(0)
        self._file.truncate(0)
        self.at, self._hash = 0, hashlib.sha256()

    def write(self, block: bytes) -> None:
        """The next bytes. Raises DigestMismatch when there are more than announced."""
        if self.at + len(block) > self.size:
            raise DigestMismatch(f"More bytes arrived for {self.path.name} than its {self.size}. Pull again.")
        self._file.write(block)
        self._hash.update(block)
        self.at += len(block)

    def sound(self) -> bool:
        """Whether the bytes are those of the digest."""
        return self.at == self.size and f"sha256:{self._hash.hexdigest()}" == self.digest

    def close(self) -> None:
        """Close the file; what is there stays for the next try."""
        with contextlib.suppress(OSError):
            self._file.close()
