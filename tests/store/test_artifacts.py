"""Folders in, the same folders out."""

import io
from pathlib import Path

import pytest

from aird.core.db import Database
from aird.store.artifacts import Store
from aird.store.backends.base import put
from aird.store.backends.local import LocalBackend
from aird.store.errors import ArtifactNotFound
from aird.store.manifest import Entry, Manifest, sha256


@pytest.fixture
def store(tmp_path: Path, database: Database) -> Store:
    return Store(LocalBackend(tmp_path / "store"), database)


def _folder(path: Path, **files: bytes) -> Path:
    path.mkdir()
    for name, data in files.items():
        (path / name).write_bytes(data)
    return path


def test_a_folder_comes_back_as_it_went_in(store: Store, tmp_path: Path) -> None:
    manifest = store.put_folder(_folder(tmp_path / "in", config=b"{}", weights=b"\0" * 9))
    out = store.fetch(manifest.digest, tmp_path / "out")
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {"config": b"{}", "weights": b"\0" * 9}
    assert manifest.size == 11


def test_the_digest_names_the_content_and_not_the_folder(store: Store, tmp_path: Path) -> None:
    first = store.put_folder(_folder(tmp_path / "a", x=b"1"))
    second = store.put_folder(_folder(tmp_path / "b", x=b"1"))
    third = store.put_folder(_folder(tmp_path / "c", y=b"1"))
    assert first.digest == second.digest != third.digest


def test_a_symlink_is_refused(store: Store, tmp_path: Path) -> None:
    folder = _folder(tmp_path / "in", x=b"1")
    (folder / "secret").symlink_to("/etc/hostname")
    with pytest.raises(ValueError, match="symbolic link"):
        store.put_folder(folder)


def test_one_file_can_be_read_alone(store: Store) -> None:
    manifest = store.put_files({"a.jsonl": b"one", "b.jsonl": b"two"})
    with store.open_file(manifest.digest, "b.jsonl") as source:
        assert source.read() == b"two"


def test_a_fetch_that_fails_leaves_no_folder(store: Store, tmp_path: Path) -> None:
    lost = Manifest.of([Entry("x", sha256(b"never stored"), 1)])
    put(store.backend, io.BytesIO(lost.to_json()))
    with pytest.raises(ArtifactNotFound):
        store.fetch(lost.digest, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aird", "store"]


@pytest.mark.parametrize("path", ["../x", "/x", "a/../x", "a//b", "", "a/./b", "a\\b", "a\0b", ".", "-rf"])
def test_no_path_of_a_manifest_leaves_its_folder(path: str) -> None:
    with pytest.raises(ValueError, match="not a manifest"):
        Manifest.of([Entry(path, sha256(b""), 0)])


def test_a_manifest_reads_back_what_it_wrote() -> None:
    manifest = Manifest.of([Entry("b", sha256(b"b"), 1), Entry("a/c.json", sha256(b"a"), 1)])
    assert Manifest.parse(manifest.to_json()) == manifest
    assert [entry.path for entry in manifest.entries] == ["a/c.json", "b"]
