"""Scrubbing: every flipped bit is found, named with the versions it hurts, and repaired by the right bytes."""

import random
from datetime import timedelta

from sqlalchemy import select, update

from aird.core.clock import now
from aird.server import scrub
from aird.server.scrub import Scrubbed
from aird.store.manifest import sha256
from aird.store.models import Blob
from aird.testing import World
from tests.server.house import House
from tests.store.test_ledger import flip


def run(world: World, hours: float | None = None) -> Scrubbed:
    before = None if hours is None else now() - timedelta(hours=hours)
    return scrub.scrub(world.database, world.store, checked_before=before)


def test_a_sound_store_is_sound_and_all_of_it_was_looked_at(world: World) -> None:
    House(world).furnish()
    found = run(world)
    assert found.sound
    assert found.blobs == len(list(world.store.backend.digests()))
    with world.database.read() as session:
        assert None not in session.scalars(select(Blob.checked_at)).all()


def test_every_flipped_bit_is_found_and_named_with_whom_it_hurts(world: World) -> None:
    chance = random.Random(7)
    versions = [world.version(f"support/m{n}", files={"a": chance.randbytes(50 + n), "b": b"same"}) for n in range(30)]
    hurt = chance.sample(range(30), 20)
    for number in hurt:
        entries = {each.path: each.digest for each in world.store.manifest(versions[number].artifact).entries}
        flip(world.store, entries["a"])
    found = run(world)
    assert sorted(name for each in found.faults for name in each.affected) == sorted(f"support/m{n}@1" for n in hurt)
    assert not found.sound


def test_a_shared_file_names_everybody_it_hurts(world: World) -> None:
    for name in ("support/a", "hr/b"):
        world.version(name, files={"shared": b"shared", "own": name.encode()})
    flip(world.store, sha256(b"shared"))
    (fault,) = run(world).faults
    assert (fault.digest, fault.affected) == (sha256(b"shared"), ["hr/b@1", "support/a@1"])


def test_bytes_that_are_gone_are_a_fault_when_something_needs_them(world: World) -> None:
    version = world.version("support/mail", files={"a": b"gone"})
    loose, _ = world.store.put_bytes(b"loose")
    for digest in (sha256(b"gone"), loose):
        world.store.backend.delete(digest)
    (fault,) = run(world).faults
    assert (fault.digest, fault.affected) == (sha256(b"gone"), [version.ref])


def test_right_bytes_end_the_fault(world: World) -> None:
    version = world.version("support/mail", files={"a": b"mail"})
    flip(world.store, sha256(b"mail"))
    assert not run(world).sound
    flip(world.store, sha256(b"mail"))  # a backup was restored
    found = run(world)
    assert (found.sound, found.restored) == (True, 1)
    flip(world.store, version.artifact)
    assert [each.affected for each in run(world).faults] == [[version.ref]]
    world.store.put_files({"a": b"mail"})  # or the file was uploaded again
    assert run(world).sound


def test_a_run_that_was_cut_is_continued(world: World) -> None:
    world.version("support/mail", files={"a": b"one", "b": b"two"})
    flip(world.store, sha256(b"one"))
    with world.database.write() as session:
        session.execute(update(Blob).where(Blob.digest == sha256(b"two")).values(checked_at=now()))
    found = run(world, hours=1)
    assert (found.blobs, [each.digest for each in found.faults]) == (2, [sha256(b"one")])
    again = run(world, hours=1)
    assert (again.blobs, [each.digest for each in again.faults]) == (0, [sha256(b"one")])


def test_usage_counts_a_departments_files_once(world: World) -> None:
    world.version("support/a", files={"x": b"12345", "y": b"1"})
    world.version("support/b", files={"x": b"12345"})
    world.version("hr/c", files={"x": b"12345"})
    _, size = world.store.put_bytes(b"loose")
    found = scrub.usage(world.database)
    assert {each["department"]: each["bytes"] for each in found["departments"]} == {
        "support": 6, "hr": 5, "finance": 0, "platform": 0,
    }  # fmt: skip
    assert (found["blobs"], found["unneeded"], found["damaged"]) == (5, {"blobs": 1, "bytes": size}, 0)
