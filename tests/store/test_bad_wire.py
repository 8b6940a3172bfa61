"""An S3 server that is down, slow, wrong or cut off: a clear error, no row without its blob, and a retry that works."""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from aird.catalog.models import Commit, Version
from aird.store.artifacts import Store
from aird.store.backends.s3 import S3Backend
from aird.store.errors import BlobDamaged, StoreUnavailable
from aird.store.manifest import sha256
from aird.testing import World
from tests.store import s3
from tests.store.wire import Wire, proxy

DATA = os.urandom(2_000_003)


@pytest.fixture
def wire(rclone: str) -> Iterator[Wire]:
    with proxy(rclone) as opened:
        yield opened


@pytest.fixture
def bucket(rclone: str) -> str:
    name = f"test-{uuid4().hex}"
    s3.place(rclone, name)
    return name


@pytest.fixture
def store(world: World, wire: Wire, bucket: str, tmp_path: Path) -> Store:
    """The world's store, over the bad line."""
    place = s3.located(wire.address, bucket, read_seconds=1.0, attempts=3)
    world.store = Store(S3Backend(place, tmp_path / "spool"), world.database)
    return world.store


def filed(world: World) -> int:
    with world.database.read() as session:
        return int(session.scalar(select(func.count()).select_from(Version)) or 0)


def hurt(wire: Wire, way: str, chance: random.Random) -> None:
    if way == "down":
        wire.down = True
    elif way == "slow":
        wire.delay = 1.5
    elif way == "sending cut":
        wire.cut_request_after = chance.randrange(len(DATA))
    else:
        wire.cut_after = chance.randrange(100)


@pytest.mark.parametrize("way", ["down", "slow", "sending cut", "answer cut"])
def test_nothing_is_filed_while_the_store_cannot_take_it(world: World, store: Store, wire: Wire, way: str) -> None:
    hurt(wire, way, random.Random(way))
    begun = time.monotonic()
    with pytest.raises(StoreUnavailable, match=r"s3://.*/in/here"):
        world.version("support/mail", files={"a.bin": DATA})
    assert time.monotonic() - begun < 30
    assert filed(world) == 0
    assert list(store.spool_folder.iterdir()) == []
    wire.mend()
    version = world.version("support/mail", files={"a.bin": DATA})
    assert (filed(world), store.read(sha256(DATA))) == (1, DATA)
    with world.database.read() as session:
        assert session.scalars(select(Commit.artifact)).all() == [version.artifact]


@pytest.mark.parametrize("seed", range(4))
def test_a_line_that_is_cut_once_or_twice_is_not_noticed(world: World, store: Store, wire: Wire, seed: int) -> None:
    chance = random.Random(seed)
    wire.cut_request_after, wire.faults = chance.randrange(len(DATA)), 2
    digest, _ = store.put_bytes(DATA)
    wire.mend()
    wire.cut_after, wire.faults = chance.randrange(len(DATA)), 2
    store.backend._client._http.clear()  # type: ignore[attr-defined]  # a connection of its own for the reading
    assert store.read(digest) == DATA


def test_wrong_bytes_are_never_handed_on_and_right_ones_later_are(
    world: World, store: Store, wire: Wire, tmp_path
) -> None:
    version = world.version("support/mail", files={"a.bin": DATA})
    store.backend._client._http.clear()  # type: ignore[attr-defined]
    wire.flip_at = 1_000_000
    with pytest.raises(BlobDamaged):
        store.fetch(version.artifact, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    wire.mend()
    assert store.hold([sha256(DATA)]) == {}
    store.put_bytes(DATA)
    assert (store.fetch(version.artifact, tmp_path / "out") / "a.bin").read_bytes() == DATA


def test_reading_says_that_the_store_is_down(world: World, store: Store, wire: Wire, tmp_path: Path) -> None:
    version = world.version("support/mail", files={"a.bin": DATA})
    wire.down = True
    with pytest.raises(StoreUnavailable):
        store.fetch(version.artifact, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    wire.mend()
    assert (store.fetch(version.artifact, tmp_path / "out") / "a.bin").read_bytes() == DATA


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"secret_key": "wrong-secret"}, "SignatureDoesNotMatch|AccessDenied|403"),
        ({"access_key": "somebodyelse"}, "InvalidAccessKeyId|AccessDenied|403|400"),
        ({"bucket": "no-such-bucket"}, "bucket|NoSuchBucket"),
    ],
)
def test_wrong_settings_are_said_at_once(rclone: str, bucket: str, tmp_path: Path, change: dict, said: str) -> None:
    place = s3.located(rclone, bucket)
    place = type(place)(**{**place.__dict__, **change})
    begun = time.monotonic()
    backend = S3Backend(place, tmp_path / "spool")
    path = backend.staging.new()
    path.write_bytes(b"x")
    with pytest.raises(StoreUnavailable, match=said):
        backend.adopt(path, sha256(b"x"), 1)
    assert time.monotonic() - begun < 5
