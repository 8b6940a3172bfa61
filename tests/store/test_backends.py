"""One contract for every backend of the store."""

import errno
import io
import os
import threading
from pathlib import Path

import pytest

from aird.store.backends.base import Backend
from aird.store.backends.local import LocalBackend
from aird.store.errors import ArtifactNotFound, DigestMismatch, StoreFull
from aird.store.manifest import sha256

DATA = b"weights " * 1000


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    return LocalBackend(tmp_path / "store")


def test_what_is_put_comes_back(backend: Backend) -> None:
    digest, size = backend.put(io.BytesIO(DATA))
    assert (digest, size) == (sha256(DATA), len(DATA))
    with backend.open(digest) as source:
        assert source.read() == DATA
    assert backend.size(digest) == len(DATA)
    assert list(backend.digests()) == [digest]


def test_the_same_bytes_are_stored_once(backend: Backend) -> None:
    assert backend.put(io.BytesIO(DATA)) == backend.put(io.BytesIO(DATA))
    assert len(list(backend.digests())) == 1


def test_bytes_with_another_digest_are_refused_and_leave_nothing(backend: Backend) -> None:
    with pytest.raises(DigestMismatch):
        backend.put(io.BytesIO(DATA), sha256(b"other"))
    assert list(backend.digests()) == []
    assert backend.put(io.BytesIO(DATA), sha256(DATA))[0] == sha256(DATA)


@pytest.mark.parametrize("digest", ["", "sha256:", "sha256:../../etc/passwd", "sha256:" + "g" * 64, "md5:" + "0" * 32])
def test_only_digests_name_blobs(backend: Backend, digest: str) -> None:
    with pytest.raises(DigestMismatch):
        backend.open(digest)


def test_a_missing_blob_is_not_found(backend: Backend, tmp_path: Path) -> None:
    with pytest.raises(ArtifactNotFound):
        backend.open(sha256(b"never"))
    with pytest.raises(ArtifactNotFound):
        backend.fetch(sha256(b"never"), tmp_path / "out")
    assert backend.size(sha256(b"never")) is None


def test_a_deleted_blob_is_gone_and_deleting_again_is_harmless(backend: Backend) -> None:
    digest, _ = backend.put(io.BytesIO(DATA))
    backend.delete(digest)
    backend.delete(digest)
    assert backend.size(digest) is None


def test_an_empty_blob_is_a_blob(backend: Backend) -> None:
    digest, size = backend.put(io.BytesIO(b""))
    assert size == 0
    assert backend.size(digest) == 0


def test_many_writers_of_the_same_bytes_agree(backend: Backend) -> None:
    threads = [threading.Thread(target=lambda: backend.put(io.BytesIO(DATA))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(backend.digests()) == [sha256(DATA)]


def test_a_flipped_bit_never_leaves_the_store(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path / "store")
    digest, _ = backend.put(io.BytesIO(DATA))
    path = next((tmp_path / "store" / "sha256").glob("*/*"))
    path.chmod(0o644)
    path.write_bytes(b"X" + DATA[1:])
    with pytest.raises(DigestMismatch):
        backend.fetch(digest, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_full_disk_refuses_and_leaves_nothing(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path / "store", min_free_bytes=2**62)
    with pytest.raises(StoreFull):
        backend.put(io.BytesIO(DATA))
    assert list(backend.digests()) == []
    assert list((tmp_path / "store" / "tmp").iterdir()) == []


class FullDisk(io.BytesIO):
    """A source whose reading stands for a write that meets a full disk."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_the_disk_filling_up_half_way_leaves_nothing(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path / "store")
    with pytest.raises(StoreFull):
        backend.put(FullDisk())
    assert list((tmp_path / "store" / "tmp").iterdir()) == []


def test_a_batch_that_meets_a_full_disk_leaves_none_of_its_blobs(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path / "store")

    def fill() -> None:
        with backend.batch() as batch:
            batch.put(io.BytesIO(DATA))
            batch.put(FullDisk())

    with pytest.raises(StoreFull):
        fill()
    assert list(backend.digests()) == []
    assert list((tmp_path / "store" / "tmp").iterdir()) == []


def test_the_blobs_of_a_batch_appear_together_at_its_end(backend: Backend) -> None:
    with backend.batch() as batch:
        made = [batch.put(io.BytesIO(data)) for data in (DATA, b"", DATA)]
        assert list(backend.digests()) == []
    assert set(backend.digests()) == {digest for digest, _ in made} == {sha256(DATA), sha256(b"")}


def test_a_sweep_takes_old_leftovers_and_no_young_ones(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path / "store")
    backend.put(io.BytesIO(DATA))
    leftover = tmp_path / "store" / "tmp" / "half"
    leftover.write_bytes(b"half")
    assert backend.sweep() == 0
    assert backend.sweep(older_than_seconds=-1) == 1
    assert [path.name for path in leftover.parent.iterdir()] == []
    assert list(backend.digests()) == [sha256(DATA)]
