"""Receive a multipart upload straight into a scratch folder: no copy elsewhere, limits while it streams.

The framework's own form parser first spools every file into the system's temporary folder, whatever its size; a model
or a data set may be larger than that. The scratch folder is removed when the caller is done, and also when the
upload breaks off, breaks a limit or fills the disk.
"""

import errno
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from aird.core.errors import BadInput, TooLarge
from aird.core.text import check_text
from aird.store.errors import StoreFull
from aird.store.staging import BLOCK

FIELD_BYTES = 1024 * 1024
LOOK_EVERY = 16 * BLOCK  # bytes between two looks at the free disk
ANY_SIZE = 2**62
"""The `max_body_size` of a route that receives here: the limits are per file, and checked while it streams."""


class UploadMalformed(BadInput):
    """The upload is not a whole multipart form"""


class UploadTooLarge(TooLarge):
    """The upload is larger than the limit"""


@dataclass(frozen=True)
class Limits:
    """`file_bytes` is per file, `reserve_bytes` the free disk that is left for others."""

    file_bytes: int
    files: int = 64
    fields: int = 32
    reserve_bytes: int = 0


@dataclass
class Received:
    """What came: files by their path below `folder`, and the form's text fields."""

    folder: Path
    files: dict[str, Path] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)


@asynccontextmanager
async def received(
    request: Request, parent: Path, limits: Limits, check_path: Callable[[str], str]
) -> AsyncIterator[Received]:
    """The upload in a fresh folder below `parent`, which is gone afterwards.

    `check_path` gives the safe relative path of a file name, or raises. Raises UploadMalformed, UploadTooLarge,
    TextNotStorable, StoreFull.
    """
    folder = parent / uuid4().hex
    receiver = _Receiver(Received(folder), limits, check_path)
    try:
        await run_in_threadpool(folder.mkdir, parents=True)
        await _read(request, receiver)
        yield receiver.found
    finally:
        with suppress(OSError):
            receiver.close()
        await run_in_threadpool(shutil.rmtree, folder, ignore_errors=True)


@contextmanager
def full_disk_refused() -> Iterator[None]:
    """Say StoreFull where the operating system says that the disk of the scratch folder is full."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull("The disk for uploads is full; nothing was stored. Free some room.") from error
        raise


async def _read(request: Request, receiver: "_Receiver") -> None:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise UploadMalformed("Send the files as multipart/form-data with a boundary, as `curl -F` does.")
    try:
        parser = MultipartParser(options[b"boundary"], receiver.callbacks())  # type: ignore[arg-type]
        with full_disk_refused():
            gathered: list[bytes] = []
            waiting = 0
            async for chunk in request.stream():
                gathered.append(chunk)
                waiting += len(chunk)
                if waiting >= BLOCK:
                    await run_in_threadpool(parser.write, b"".join(gathered))
                    gathered, waiting = [], 0
            await run_in_threadpool(parser.write, b"".join(gathered))
    except FormParserError as error:
        raise UploadMalformed(f"The upload cannot be read as multipart/form-data: {error}. Send it again.") from error
    except ClientDisconnect as error:
        raise UploadMalformed("The upload broke off. Send it again.") from error
    if not receiver.ended:
        raise UploadMalformed("The upload ends before its last boundary. Send it again.")


class _Receiver:
    """The callbacks of one parse; a part is a file when it names one, else a text field."""

    def __init__(self, found: Received, limits: Limits, check_path: Callable[[str], str]) -> None:
        self.found = found
        self.ended = False
        self._limits = limits
        self._check_path = check_path
        self._header, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._name = ""
        self._text = bytearray()
        self._file: BinaryIO | None = None
        self._size = 0
        self._unlooked, self._looked = 0, False  # bytes since the last look at the free disk, and whether there was one

    def callbacks(self) -> dict[str, Callable[..., None]]:
        """By the parser's names for them."""
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._part_data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def close(self) -> None:
        """Close what an interrupted upload left open."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _part_begin(self) -> None:
        self._disposition, self._name, self._size = b"", "", 0
        self._text.clear()

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        try:
            self._name = options[b"name"].decode()
            filename = options[b"filename"].decode() if b"filename" in options else None
        except (KeyError, UnicodeDecodeError) as error:
            raise UploadMalformed("Every part needs a Content-Disposition with a name, in UTF-8.") from error
        if filename is not None:
            self._open(self._check_path(filename))
        elif len(self.found.fields) >= self._limits.fields:
            raise UploadTooLarge(f"A form may have {self._limits.fields} fields.", limit=self._limits.fields)

    def _open(self, path: str) -> None:
        if path in self.found.files:
            raise UploadMalformed(f"The file {path} is in the upload twice. Send each file once.", file=path)
        if len(self.found.files) >= self._limits.files:
            raise UploadTooLarge(f"An upload may have {self._limits.files} files.", limit=self._limits.files)
        target = self.found.folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._file = target.open("xb")
        except (FileExistsError, NotADirectoryError) as error:
            raise UploadMalformed(f"{path} is a file and a folder in the same upload.", file=path) from error
        self.found.files[path] = target

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        limit = FIELD_BYTES if self._file is None else self._limits.file_bytes
        if self._size > limit:
            what = f"The field {self._name[:64]!r}" if self._file is None else "A file"
            raise UploadTooLarge(f"{what} may have {limit} bytes; this one has more.", limit=limit)
        if self._file is None:
            self._text.extend(data[start:end])
            return
        self._unlooked += end - start
        if self._unlooked < LOOK_EVERY and self._looked:
            self._file.write(data[start:end])
            return
        free = shutil.disk_usage(self.found.folder).free
        self._unlooked, self._looked = 0, True
        if free - (end - start) < self._limits.reserve_bytes:
            raise StoreFull(
                f"The disk for uploads has {free} bytes free and {self._limits.reserve_bytes} are kept in reserve; "
                "nothing was stored. Free some room or lower AIRD_MIN_FREE_BYTES.",
                free=free,
                reserve=self._limits.reserve_bytes,
            )
        self._file.write(data[start:end])

    def _part_end(self) -> None:
        if self._file is not None:
            self.close()
            return
        try:
            self.found.fields[self._name] = self._text.decode()
        except UnicodeDecodeError as error:
            raise UploadMalformed(f"The field {self._name[:64]!r} is not UTF-8 text.") from error
        check_text([self._name, self.found.fields[self._name]])

    def _end(self) -> None:
        self.ended = True
