"""Bytes on their way in and out: hashed meanwhile, nothing published and nothing finished that is not right."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import pytest
from anyio.from_thread import start_blocking_portal

from aird.core.db import Database
from aird.store.artifacts import Store
from aird.store.backends.local import LocalBackend
from aird.store.backends.s3 import S3Backend
from aird.store.errors import ArtifactNotFound, BlobDamaged, DigestMismatch, FileTooLarge, SizeMismatch, StoreFull
from aird.store.manifest import sha256
from aird.store.models import Blob, BlobState
from aird.store.staging import BLOCK
from tests.store import s3
from tests.store.test_ledger import flip

DATA = os.urandom(3 * BLOCK + 17)
T = TypeVar("T")


@pytest.fixture(params=["local", "rclone"])
def store(request: pytest.FixtureRequest, tmp_path: Path, database: Database) -> Store:
    if request.param == "local":
        return Store(LocalBackend(tmp_path / "store"), database)
    place = s3.place(request.getfixturevalue("rclone"), f"test-{uuid4().hex}")
    return Store(S3Backend(place, tmp_path / "store"), database)


@pytest.fixture
def local(tmp_path: Path, database: Database) -> Store:
    return Store(LocalBackend(tmp_path / "store"), database)


def run(work: Callable[[], Awaitable[T]]) -> T:
    """In a thread of its own: a browser of other tests may hold this one's event loop."""
    with start_blocking_portal() as portal:
        return portal.call(work)


async def send(store: Store, data: bytes, *, step: int = 100_000, **announced: object) -> tuple[str, int]:
    async with store.spool(**announced) as spool:  # type: ignore[arg-type]
        for start in range(0, len(data), step):
            await spool.write(data[start : start + step])
        return await spool.publish()


async def read(store: Store, digest: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([block async for block in await store.download(digest, start, end)])


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 17])
def test_what_is_spooled_comes_back(store: Store, size: int) -> None:
    data = DATA[:size]
    digest, taken = run(lambda: send(store, data, size=size, digest=sha256(data)))
    assert (digest, taken) == (sha256(data), size)
    assert run(lambda: read(store, digest)) == data
    assert list(store.spool_folder.iterdir()) == []


@pytest.mark.parametrize(
    "part", [(0, 1), (5, 5), (BLOCK, None), (BLOCK - 1, BLOCK + 1), (3 * BLOCK + 16, None), (9, 10**9)]
)
def test_any_part_can_be_downloaded(store: Store, part: tuple[int, int | None]) -> None:
    digest, _ = run(lambda: send(store, DATA))
    assert run(lambda: read(store, digest, *part)) == DATA[part[0] : part[1]]


@pytest.mark.parametrize(
    ("announced", "error"),
    [
        ({"size": len(DATA) - 1}, SizeMismatch),
        ({"size": len(DATA) + 1}, SizeMismatch),
        ({"digest": sha256(b"x")}, DigestMismatch),
        ({"limit": len(DATA) - 1}, FileTooLarge),
        ({"size": len(DATA), "limit": 5}, FileTooLarge),
    ],
)
def test_what_was_not_announced_is_refused_and_leaves_nothing(
    store: Store, announced: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        run(lambda: send(store, DATA, **announced))
    assert list(store.backend.digests()) == []
    assert not store.spool_folder.is_dir() or list(store.spool_folder.iterdir()) == []


def test_a_full_disk_refuses_while_it_is_received(local: Store) -> None:
    local.backend.staging.min_free_bytes = 2**62
    with pytest.raises(StoreFull):
        run(lambda: send(local, DATA, size=len(DATA)))
    assert list(local.spool_folder.iterdir()) == []


def test_parts_are_joined_and_checked(store: Store, tmp_path: Path) -> None:
    async def work() -> list[Path]:
        parts = []
        for number, data in enumerate((DATA[:BLOCK], DATA[BLOCK:])):
            async with store.spool() as spool:
                await spool.write(data)
                parts.append(store.spool_folder / f"part-{number}")
                assert await spool.keep(parts[-1]) == (sha256(data), len(data))
        await store.publish_parts(parts, digest=sha256(DATA), size=len(DATA))
        with pytest.raises(DigestMismatch):
            await store.publish_parts(parts[::-1], digest=sha256(DATA), size=len(DATA))
        with pytest.raises(SizeMismatch):
            await store.publish_parts(parts[:1], digest=sha256(DATA), size=len(DATA))
        return parts

    parts = run(work)
    assert run(lambda: read(store, sha256(DATA))) == DATA
    assert sorted(store.spool_folder.iterdir()) == parts


def test_what_is_not_there_cannot_be_downloaded(store: Store) -> None:
    with pytest.raises(ArtifactNotFound):
        run(lambda: read(store, sha256(b"never")))


async def _until_it_breaks(store: Store, digest: str, start: int, got: bytearray) -> None:
    async for block in await store.download(digest, start):
        got += block


@pytest.mark.parametrize("start", [0, 1, BLOCK + 5, 3 * BLOCK + 16])
def test_a_flipped_bit_never_arrives_as_a_finished_download(local: Store, start: int) -> None:
    digest, size = run(lambda: send(local, DATA))
    flip(local, digest)
    got = bytearray()
    with pytest.raises(BlobDamaged):
        run(lambda: _until_it_breaks(local, digest, start, got))
    assert len(got) < size - start
    with local.database.read() as session:
        assert session.get_one(Blob, digest).state is BlobState.DAMAGED
    with pytest.raises(BlobDamaged):
        run(lambda: read(local, digest, 0, 1))
    assert run(lambda: send(local, DATA)) == (digest, size)
    assert run(lambda: read(local, digest)) == DATA


def test_a_small_damaged_file_fails_before_anything_is_sent(local: Store) -> None:
    digest, _ = local.put_bytes(b"small")
    flip(local, digest)
    with pytest.raises(BlobDamaged):
        run(lambda: local.download(digest))


def test_a_reader_who_goes_away_leaves_no_open_file(local: Store) -> None:
    digest, _ = run(lambda: send(local, DATA))

    async def work() -> None:
        async for _ in await local.download(digest):
            break

    run(work)
    for _ in range(100):
        if not _open_files(digest.removeprefix("sha256:")):
            return
        time.sleep(0.02)
    raise AssertionError("the blob's file is still open")


def test_more_ends_of_files_than_threads_are_asked_for_at_once(local: Store) -> None:
    digest, size = local.put_bytes(b"a small file")

    async def work() -> list[bytes]:
        parts = (read(local, digest, start % size) for start in range(1, 100))
        return await asyncio.wait_for(asyncio.gather(*parts), 30)

    assert run(work) == [b"a small file"[start % size :] for start in range(1, 100)]


def _open_files(name: str) -> list[str]:
    return [each for each in map(os.path.realpath, Path("/proc/self/fd").iterdir()) if each.endswith(name)]
