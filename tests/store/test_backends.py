"""One contract for every backend of the store: a local folder, rclone's S3 server, Ceph's S3 gateway."""

import errno
import io
import os
import threading
from pathlib import Path
from uuid import uuid4

import pytest

from aird.store.backends.base import Backend, fetch, put
from aird.store.backends.local import LocalBackend
from aird.store.backends.s3 import PART, S3Backend
from aird.store.errors import ArtifactNotFound, BlobDamaged, DigestMismatch, StoreFull, StoreUnavailable
from aird.store.manifest import sha256
from tests.store import s3

DATA = b"weights " * 1000
BACKENDS = ["local", "rclone", pytest.param("ceph", marks=[pytest.mark.s3, pytest.mark.slow])]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "local":
        return LocalBackend(tmp_path / "store")
    endpoint = request.getfixturevalue(request.param)
    return S3Backend(s3.place(endpoint, f"test-{uuid4().hex}"), tmp_path / "store")


def temporary(backend: Backend) -> list[Path]:
    """Files on their way that were left behind."""
    return list(backend.staging.folder.iterdir())


def read(backend: Backend, digest: str, start: int, end: int) -> bytes:
    return b"".join(backend.blocks(digest, start, end))


def test_what_is_put_comes_back(backend: Backend, tmp_path: Path) -> None:
    digest, size = put(backend, io.BytesIO(DATA))
    assert (digest, size) == (sha256(DATA), len(DATA))
    with backend.open(digest) as source:
        assert source.read() == DATA
        source.seek(8)
        assert source.read(7) == b"weights"
    fetch(backend, digest, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == DATA
    assert backend.size(digest) == len(DATA)
    assert list(backend.digests()) == [digest]
    assert temporary(backend) == []


def test_any_part_can_be_read(backend: Backend) -> None:
    digest, size = put(backend, io.BytesIO(DATA))
    for start, end in [(0, 1), (5, 100), (size - 3, size), (0, size), (7, 7), (size, size)]:
        assert read(backend, digest, start, end) == DATA[start:end]


def test_the_same_bytes_are_stored_once(backend: Backend) -> None:
    assert put(backend, io.BytesIO(DATA)) == put(backend, io.BytesIO(DATA))
    assert len(list(backend.digests())) == 1


def test_bytes_with_another_digest_are_refused_and_leave_nothing(backend: Backend) -> None:
    with pytest.raises(DigestMismatch):
        put(backend, io.BytesIO(DATA), sha256(b"other"))
    assert (list(backend.digests()), temporary(backend)) == ([], [])
    assert put(backend, io.BytesIO(DATA), sha256(DATA))[0] == sha256(DATA)


@pytest.mark.parametrize("digest", ["", "sha256:", "sha256:../../etc/passwd", "sha256:" + "g" * 64, "md5:" + "0" * 32])
def test_only_digests_name_blobs(backend: Backend, digest: str) -> None:
    for act in (backend.open, backend.size, backend.delete):
        with pytest.raises(DigestMismatch):
            act(digest)


def test_a_missing_blob_is_not_found(backend: Backend, tmp_path: Path) -> None:
    never = sha256(b"never")
    with pytest.raises(ArtifactNotFound):
        backend.open(never)
    with pytest.raises(ArtifactNotFound):
        read(backend, never, 0, 1)
    with pytest.raises(ArtifactNotFound):
        fetch(backend, never, tmp_path / "out")
    assert backend.size(never) is None
    assert not (tmp_path / "out").exists()


def test_a_deleted_blob_is_gone_and_deleting_again_is_harmless(backend: Backend) -> None:
    digest, _ = put(backend, io.BytesIO(DATA))
    backend.delete(digest)
    backend.delete(digest)
    assert backend.size(digest) is None
    assert list(backend.digests()) == []


def test_an_empty_blob_is_a_blob(backend: Backend, tmp_path: Path) -> None:
    digest, size = put(backend, io.BytesIO(b""))
    fetch(backend, digest, tmp_path / "out")
    assert (size, backend.size(digest), (tmp_path / "out").read_bytes()) == (0, 0, b"")


def test_many_writers_of_the_same_bytes_agree(backend: Backend) -> None:
    threads = [threading.Thread(target=put, args=(backend, io.BytesIO(DATA))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(backend.digests()) == [sha256(DATA)]
    assert (read(backend, sha256(DATA), 0, len(DATA)), temporary(backend)) == (DATA, [])


def test_a_blob_of_several_parts_comes_back(backend: Backend, tmp_path: Path) -> None:
    data = os.urandom(2**20) * (PART // 2**20 + 2)
    digest, size = put(backend, io.BytesIO(data))
    fetch(backend, digest, tmp_path / "out")
    assert sha256((tmp_path / "out").read_bytes()) == digest
    assert read(backend, digest, size - 10, size) == data[-10:]
    with backend.open(digest) as source:
        source.seek(-10, os.SEEK_END)
        assert source.read() == data[-10:]


def test_a_flipped_bit_never_leaves_the_store(backend: Backend, tmp_path: Path) -> None:
    digest, size = put(backend, io.BytesIO(DATA))
    wrong = backend.staging.new()
    wrong.write_bytes(b"X" + DATA[1:])
    backend.adopt(wrong, digest, size)
    with pytest.raises(BlobDamaged):
        fetch(backend, digest, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    right = backend.staging.new()
    right.write_bytes(DATA)
    backend.adopt(right, digest, size)
    fetch(backend, digest, tmp_path / "out")
    assert temporary(backend) == []


def test_only_a_local_blob_can_have_a_second_name(backend: Backend, tmp_path: Path) -> None:
    digest, _ = put(backend, io.BytesIO(DATA))
    assert backend.link(digest, tmp_path / "again") is isinstance(backend, LocalBackend)
    assert (tmp_path / "again").exists() is isinstance(backend, LocalBackend)


def test_a_full_disk_refuses_and_leaves_nothing(backend: Backend) -> None:
    backend.staging.min_free_bytes = 2**62
    with pytest.raises(StoreFull):
        put(backend, io.BytesIO(DATA))
    assert (list(backend.digests()), temporary(backend)) == ([], [])


class FullDisk(io.BytesIO):
    """A source whose reading stands for a write that meets a full disk."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_the_disk_filling_up_half_way_leaves_nothing(backend: Backend) -> None:
    with pytest.raises(StoreFull):
        put(backend, FullDisk())
    assert temporary(backend) == []


def test_a_sweep_takes_old_leftovers_and_no_young_ones(backend: Backend) -> None:
    put(backend, io.BytesIO(DATA))
    leftover = backend.staging.folder / "half"
    leftover.write_bytes(b"half")
    assert backend.staging.sweep() == 0
    assert backend.staging.sweep(older_than_seconds=-1) == 1
    assert temporary(backend) == []
    assert list(backend.digests()) == [sha256(DATA)]


def test_a_store_that_is_away_is_named_with_the_cause(tmp_path: Path) -> None:
    gone = s3.located(f"http://127.0.0.1:{s3.free_port()}", "nobody", pause_seconds=0.0)
    with pytest.raises(StoreUnavailable, match=r"Connection refused\. Nothing was changed"):
        S3Backend(gone, tmp_path).size(sha256(DATA))
