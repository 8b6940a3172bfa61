"""The ledger of blobs: touched before they are relied on, damaged ones are given to nobody."""

import io
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from aird.audit.queries import entries
from aird.core.clock import now
from aird.core.db import Database
from aird.store import proofs, queries
from aird.store import service as ledger
from aird.store.artifacts import Store
from aird.store.backends.base import put
from aird.store.backends.local import LocalBackend
from aird.store.errors import ArtifactNotFound, BlobDamaged, QuotaExceeded
from aird.store.manifest import Entry, Manifest, sha256
from aird.store.models import Blob, BlobState, Upload
from aird.testing import World


@pytest.fixture
def store(tmp_path: Path, database: Database) -> Store:
    return Store(LocalBackend(tmp_path / "store"), database)


def flip(store: Store, digest: str) -> None:
    """Change one bit of a stored blob."""
    name = digest.removeprefix("sha256:")
    path = store.spool_folder.parent / "sha256" / name[:2] / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def blob(store: Store, digest: str) -> Blob | None:
    with store.database.read() as session:
        return session.get(Blob, digest)


def test_whatever_is_put_has_a_row(store: Store) -> None:
    manifest = store.put_files({"a": b"one", "b": b"two"})
    with store.database.read() as session:
        found = dict(session.execute(select(Blob.digest, Blob.size)).all())  # type: ignore[arg-type]
    assert found == {manifest.digest: len(manifest.to_json()), sha256(b"one"): 3, sha256(b"two"): 3}


def test_putting_the_same_again_touches_the_row_and_stores_nothing(store: Store) -> None:
    digest, _ = store.put_bytes(b"one")
    with store.database.write() as session:
        session.execute(update(Blob).values(touched_at=now() - timedelta(days=9)))
    store.put_bytes(b"one")
    found = blob(store, digest)
    assert found is not None
    assert now() - found.touched_at < timedelta(minutes=1)
    assert list(store.backend.digests()) == [digest]


def test_only_what_is_there_and_sound_is_held(store: Store) -> None:
    kept, lost, hurt = (store.put_bytes(data)[0] for data in (b"kept", b"lost", b"hurt"))
    old, _ = put(store.backend, io.BytesIO(b"from before there was a ledger"))
    store.backend.delete(lost)
    flip(store, hurt)
    with pytest.raises(BlobDamaged):
        store.read(hurt)
    assert store.hold([kept, lost, hurt, old, sha256(b"never")]) == {kept: 4, old: 30}
    assert blob(store, old) is not None


def test_damage_is_noted_once_and_an_upload_repairs_it(store: Store) -> None:
    manifest = store.put_files({"a": b"one"})
    flip(store, sha256(b"one"))
    for _ in range(2):
        with pytest.raises(BlobDamaged):
            store.fetch(manifest.digest, store.spool_folder.parent / "out")
    found = blob(store, sha256(b"one"))
    assert found is not None
    assert found.state is BlobState.DAMAGED
    store.put_files({"b": b"one"})
    assert store.read(sha256(b"one")) == b"one"
    with store.database.read() as session:
        assert [each.event for each in entries(session, limit=9)][::-1] == ["store.blob.damaged", "store.blob.restored"]


def test_a_manifest_that_was_changed_is_not_read(store: Store) -> None:
    manifest = store.put_files({"a": b"one"})
    flip(store, manifest.digest)
    with pytest.raises(BlobDamaged):
        store.manifest(manifest.digest)


def test_an_artifact_can_be_made_of_blobs_that_are_there(store: Store) -> None:
    digest, size = store.put_bytes(b"one")
    manifest = Manifest.of([Entry("again", digest, size)])
    assert store.put_manifest(manifest) == store.manifest(manifest.digest)
    with pytest.raises(ArtifactNotFound):
        store.put_manifest(Manifest.of([Entry("x", sha256(b"never"), 1)]))


def test_nothing_is_filed_that_the_store_no_longer_has(store: Store) -> None:
    manifest = store.put_files({"a": b"one"})
    with store.database.write() as session:
        session.delete(session.get_one(Blob, sha256(b"one")))
    with store.database.write() as session, pytest.raises(ArtifactNotFound):
        ledger.record_artifact(session, manifest)
    store.put_files({"a": b"one"})
    with store.database.write() as session:
        ledger.record_artifact(session, manifest)


def test_putting_within_a_transaction_uses_it(store: Store) -> None:
    with store.database.write() as session:
        manifest = store.put_files({"a": b"one"}, session=session)
        ledger.record_artifact(session, manifest)
    assert store.has(manifest.digest)


def test_laid_out_files_are_not_read_again_unless_they_changed(store: Store, tmp_path: Path) -> None:
    weights, config = store.put_bytes(b"weights")[0], store.put_bytes(b"{}")[0]
    known = store.lay_out({"model.safetensors": weights, "sub/config.json": config}, tmp_path / "out")
    flip(store, weights)  # the second name of the same file: seen by nobody who trusts `known`
    (tmp_path / "out" / "sub" / "config.json").write_text('{"a": 1}')
    manifest = store.put_folder(tmp_path / "out", known={"sub/config.json": known["sub/config.json"]})
    assert {each.path: each.digest for each in manifest.entries}["sub/config.json"] == sha256(b'{"a": 1}')
    assert store.read(config) == b"{}"
    fresh = store.lay_out({"config.json": config}, tmp_path / "again")
    assert store.put_folder(tmp_path / "again", known=fresh).entries == (Entry("config.json", config, 2),)


def test_whoever_sent_every_byte_may_name_the_digest_and_nobody_else(world: World) -> None:
    sam, omar = (world.actor(name).id for name in ("sam", "omar"))
    assert sam is not None
    assert omar is not None
    digest, size = world.store.put_bytes(b"secret")
    with world.database.write() as session:
        proofs.record(session, sam, digest, size)
    with world.database.read() as session:
        assert proofs.may_claim(session, sam, [digest, sha256(b"other")]) == {digest}
        assert proofs.may_claim(session, omar, [digest]) == set()
    with world.database.write() as session:
        session.execute(update(Upload).values(expires_at=now()))
    with world.database.read() as session:
        assert proofs.may_claim(session, sam, [digest]) == set()


def test_a_quota_counts_every_file_once_and_says_what_is_missing(world: World) -> None:
    world.settings.department_quota_bytes = 25
    small = World(world.database, world.settings)
    small.version("support/mail", files={"a.bin": b"0123456789"})
    small.version("support/calls", files={"a.bin": b"0123456789", "b.bin": b"01234"})
    with pytest.raises(QuotaExceeded) as refused:
        small.version("support/large", files={"a.bin": b"0123456789", "c.bin": b"0123456789x"})
    assert refused.value.params == {"used": 15, "limit": 25, "needed": 11}
    small.version("hr/large", files={"c.bin": b"0123456789x"})
    small.version("support/fits", files={"c.bin": b"012345678"})


def test_two_transactions_may_note_the_same_artifact_at_once(store: Store) -> None:
    manifest = store.put_files({"a": b"one", "b": b"two"})
    with ThreadPoolExecutor(1) as other:
        with store.database.write() as session:
            ledger.record_artifact(session, manifest)
            second = other.submit(_note, store, manifest)
            time.sleep(0.3)
        second.result(30)
    with store.database.read() as session:
        assert sorted(queries.files_of(session, manifest.digest)) == ["a", "b"]


def _note(store: Store, manifest: Manifest) -> None:
    with store.database.write() as session:
        ledger.record_artifact(session, manifest)
