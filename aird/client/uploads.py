"""Files on their way to the server: read piece by piece when their turn comes, never as a whole."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from aird.client.errors import LocalFile

Sent = Callable[[int], None]
"""Told the number of bytes that were just sent."""
OnFile = Callable[[str, int], None]
"""Told a file's path and how many more of its bytes are through; less than zero when it is begun anew."""


class NothingToUpload(LocalFile):
    """There is nothing to upload"""

    code = "nothing_to_upload"


@dataclass(frozen=True)
class Upload:
    """A local file and the path it gets on the server."""

    file: Path
    path: str

    @property
    def size(self) -> int:
        """Bytes."""
        return self.file.stat().st_size


def folder_uploads(folder: Path) -> list[Upload]:
    """The files below `folder` under their relative paths, without hidden files; links are followed."""
    if not folder.is_dir():
        raise NothingToUpload(f"{folder} is not a folder. Name the folder that holds the model's files.")
    found = []
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith((".", "__pycache__")))
        for name in sorted(files):
            file = Path(root, name)
            if not name.startswith(".") and file.is_file():
                found.append(Upload(file, file.relative_to(folder).as_posix()))
    if not found:
        raise NothingToUpload(f"{folder} holds no files. A model's folder has at least config.json and safetensors.")
    return found


class _Part:
    """A file as a part of a multipart body: opened when it is read, closed at its end."""

    def __init__(self, upload: Upload, sent: OnFile | None) -> None:
        self.size = upload.size
        self._upload, self._sent, self._at = upload, sent, 0
        self._open: IO[bytes] | None = None

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.close()
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        if self._open is None:
            self._open = self._upload.file.open("rb")
            self._open.seek(self._at)
        piece = self._open.read(size)
        self._at += len(piece)
        if not piece:
            self.close()
        elif self._sent is not None:
            self._sent(self._upload.path, len(piece))
        return piece

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def parts(uploads: Sequence[Upload], sent: OnFile | None) -> list[tuple[str, tuple[str, IO[bytes], str]]]:
    """The files as httpx takes them; every part is called `files` and its file name is the path."""
    return [("files", (each.path, cast(IO[bytes], _Part(each, sent)), "application/octet-stream")) for each in uploads]
