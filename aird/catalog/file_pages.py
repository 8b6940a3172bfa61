"""One file of a version as a page shows it: a text, or the header of a weights file; within limits."""

import json
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from aird.catalog.errors import FileNotFound, NotShownAsText
from aird.catalog.models import Version
from aird.catalog.schemas_files import HeaderRead, TensorRead, TextRead
from aird.core.text import unstorable
from aird.store import queries as ledger
from aird.store.artifacts import Store
from aird.store.manifest import Entry

MAX_TEXT = 2 * 1024 * 1024
MAX_HEADER = 8 * 1024 * 1024
MAX_TENSORS = 5000
WEIGHTS = ".safetensors"


def entries(session: Session, store: Store, version: Version) -> dict[str, Entry]:
    """The version's files by path; the ledger knows them, else the store does."""
    found = ledger.files_of(session, version.artifact)
    if found:
        return {path: Entry(path, each.digest, each.size) for path, each in found.items()}
    return {each.path: each for each in store.manifest(version.artifact).entries}


def entry(session: Session, store: Store, version: Version, path: str) -> Entry:
    """One file. Raises FileNotFound."""
    found = entries(session, store, version).get(path)
    if found is None:
        raise FileNotFound(f"{version.ref} has no file {path[:200]!r}.", ref=version.ref, path=path[:200])
    return found


def text(session: Session, store: Store, version: Version, path: str) -> TextRead:
    """A text file of up to 2 MiB. Raises FileNotFound, NotShownAsText."""
    found = entry(session, store, version, path)
    if path.endswith(WEIGHTS) or found.size > MAX_TEXT:
        raise NotShownAsText(
            f"{path} has {found.size} bytes and is not shown as text. Download it, or look at its header.",
            size=found.size,
            limit=MAX_TEXT,
        )
    try:
        content = read(store, version, path, MAX_TEXT).decode("utf-8")
    except UnicodeDecodeError:
        raise NotShownAsText(f"{path} is not UTF-8 text. Download it.", size=found.size, limit=MAX_TEXT) from None
    if unstorable(content) is not None:
        raise NotShownAsText(f"{path} holds a NUL and is not shown as text. Download it.", size=found.size)
    return TextRead(path=path, size=found.size, digest=found.digest, text=content)


def read(store: Store, version: Version, path: str, most: int) -> bytes:
    """The first `most` bytes of a file."""
    with store.open_file(version.artifact, path) as source:
        return source.read(most)


def header(session: Session, store: Store, version: Version, path: str) -> HeaderRead:
    """What a weights file says it holds; no weight is read. Raises FileNotFound, NotShownAsText."""
    found = entry(session, store, version, path)
    if not path.endswith(WEIGHTS):
        raise NotShownAsText(f"{path} is no safetensors file, so it has no header.", size=found.size)
    with store.open_file(version.artifact, path) as source:
        content = _header(source)
    if content is None:
        raise NotShownAsText(f"{path} has no header that can be read.", size=found.size)
    metadata = content.pop("__metadata__", {})
    tensors = sorted(content.items(), key=lambda each: each[1]["data_offsets"][0])
    shown = [
        TensorRead(
            name=name,
            dtype=each["dtype"],
            shape=each["shape"],
            bytes=each["data_offsets"][1] - each["data_offsets"][0],
        )
        for name, each in tensors[:MAX_TENSORS]
    ]
    return HeaderRead(
        path=path,
        tensors=shown,
        metadata=metadata,
        total=len(tensors),
        parameters=sum(_size(each["shape"]) for _, each in tensors),
    )


def _header(source: BinaryIO) -> dict[str, Any] | None:
    """The JSON at the head of the file: 8 bytes of length, little endian, then as many of JSON."""
    length = int.from_bytes(source.read(8), "little")
    if not 2 <= length <= MAX_HEADER:
        return None
    try:
        found = json.loads(source.read(length))
        for name, each in found.items():
            if name != "__metadata__":
                _ = (each["dtype"], list(each["shape"]), each["data_offsets"][1] - each["data_offsets"][0])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return None
    return dict(found)


def _size(shape: list[int]) -> int:
    count = 1
    for each in shape:
        count *= each
    return count
