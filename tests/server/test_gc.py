"""Collecting what nothing needs: everything that is needed stays, whoever publishes meanwhile."""

import io
import random
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import String, select, update

from aird.catalog import commits
from aird.catalog import queries as catalog_queries
from aird.core.clock import now
from aird.core.db import Base, Database
from aird.core.settings import Settings
from aird.server import gc
from aird.store import proofs
from aird.store.artifacts import open_store
from aird.store.backends.base import put
from aird.store.errors import ArtifactNotFound, StoreUnavailable
from aird.store.manifest import sha256
from aird.store.models import ArtifactFile, Blob
from aird.testing import World
from tests.server.house import LINE, House

DAY = timedelta(days=1)


def age(database: Database, days: float = 2) -> None:
    """Let everything stored until now have been touched so long ago."""
    with database.write() as session:
        session.execute(update(Blob).values(touched_at=now() - timedelta(days=days)))


def collect(world: World, *, dry_run: bool = False) -> gc.Collected:
    return gc.collect(world.database, world.store, grace=DAY, dry_run=dry_run)


def test_what_nothing_needs_goes_after_the_grace_and_not_before(world: World) -> None:
    kept = world.version("support/mail", files={"a": b"kept"})
    loose = world.store.put_files({"a": b"loose", "b": b"kept"})
    assert collect(world).blobs == 0
    age(world.database)
    assert collect(world, dry_run=True).blobs == 2
    found = collect(world)
    assert (found.blobs, found.bytes) == (2, 5 + len(loose.to_json()))
    assert set(world.store.backend.digests()) == {kept.artifact, sha256(b"kept")}
    assert collect(world).blobs == 0


def test_everything_that_is_in_use_stays(world: World) -> None:
    house = House(world).furnish()
    commit_only = world.store.put_files({"README.md": b"soon"})
    with world.database.write() as session:
        model = catalog_queries.get_model(session, "support/mail")
        commits.commit(session, world.actor("sam"), model, commit_only, "Begin")
    before = house.blobs()
    assert sha256(LINE) in before
    age(world.database)
    assert collect(world).blobs == 0
    assert house.blobs() == before


def test_an_upload_is_kept_for_as_long_as_it_may_be_named(world: World) -> None:
    sam = world.actor("sam").id
    assert sam is not None
    digest, size = world.store.put_bytes(b"uploaded")
    with world.database.write() as session:
        upload = proofs.record(session, sam, digest, size)
    age(world.database)
    assert collect(world).blobs == 0
    with world.database.write() as session:
        session.execute(update(type(upload)).values(expires_at=now()))
    found = collect(world)
    assert (found.uploads, found.blobs, world.store.has(digest)) == (1, 1, False)


def test_what_was_stored_before_there_was_a_ledger_is_put_on_record(world: World) -> None:
    version = world.version("support/mail", files={"a": b"old"})
    stray, _ = put(world.store.backend, io.BytesIO(b"stray"))
    with world.database.write() as session:
        for table in (ArtifactFile, Blob):
            session.execute(Base.metadata.tables[table.__tablename__].delete())
    found = collect(world)
    assert (found.indexed, found.blobs) == (2, 0)
    with world.database.read() as session:
        assert set(session.scalars(select(Blob.digest))) == {version.artifact, sha256(b"old"), stray}
        assert session.scalars(select(ArtifactFile.path)).all() == ["a"]


def test_nothing_is_collected_while_a_list_of_files_cannot_be_read(world: World) -> None:
    version = world.version("support/mail", files={"a": b"one"})
    loose, _ = world.store.put_bytes(b"loose")
    with world.database.write() as session:
        session.execute(Base.metadata.tables["artifact_files"].delete())
    world.store.backend.delete(version.artifact)
    age(world.database)
    found = collect(world)
    assert (found.unreadable, found.blobs, world.store.has(loose)) == ([version.artifact], 0, True)


def test_a_blob_that_cannot_be_deleted_keeps_its_row(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    digest, _ = world.store.put_bytes(b"loose")
    age(world.database)

    class Down(type(world.store.backend)):  # type: ignore[misc]
        def delete(self, digest: str) -> None:
            raise StoreUnavailable("down")

    up, world.store.backend.__class__ = type(world.store.backend), Down
    with pytest.raises(StoreUnavailable):
        collect(world)
    world.store.backend.__class__ = up
    with world.database.read() as session:
        assert session.get(Blob, digest) is not None
    assert collect(world).blobs == 1


def test_every_column_with_digests_is_a_root_or_says_why_not() -> None:
    holding = {
        str(column)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, String) and column.type.length == 71
    }
    roots = {f"{root.class_.__tablename__}.{root.key}" for root in gc.ROOTS}
    assert roots.isdisjoint(gc.FOLLOWERS)
    assert holding == roots | set(gc.FOLLOWERS)


def test_the_collector_races_with_publishers_and_never_wins_against_one(world: World, settings: Settings) -> None:
    """Publishers store and file the same few files again and again while everything unfiled is collected at once."""
    failures: list[Exception] = []
    filed: list[str] = []
    stop = time.monotonic() + 4
    seeds = range(3)

    def publish(seed: int) -> None:
        chance = random.Random(seed)
        store = open_store(settings, world.database)
        actor = world.actor("sam")
        number = 0
        while time.monotonic() < stop:
            number += 1
            files = {"a": bytes([chance.randrange(4)]), "b": f"{seed}-{number}".encode()}
            try:
                manifest = store.put_files(files)
                time.sleep(chance.random() * 0.01)
                with world.database.write() as session:
                    model = catalog_queries.get_model(session, f"support/race{seed}")
                    commits.commit(session, actor, model, manifest, "Push")
                filed.append(manifest.digest)
            except ArtifactNotFound:
                continue  # the collector was first, and said so before anything was filed
            except Exception as error:
                failures.append(error)
                return

    for seed in seeds:
        world.version(f"support/race{seed}", files={"a": b"first", "seed": bytes([seed])})
    threads = [threading.Thread(target=publish, args=(seed,)) for seed in seeds]
    for thread in threads:
        thread.start()
    collected = 0
    while time.monotonic() < stop:
        collected += gc.collect(world.database, world.store, grace=timedelta(0)).blobs
    for thread in threads:
        thread.join()
    assert failures == []
    assert filed
    for digest in filed:
        for entry in world.store.manifest(digest).entries:
            assert sha256(world.store.read(entry.digest)) == entry.digest
