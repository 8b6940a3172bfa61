"""A real server in bad moments: cut uploads, two pushes at once, files larger than its memory."""

import hashlib
import os
import random
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx2
import pytest

from aird.catalog import commits, queries
from aird.store.manifest import Entry, Manifest
from tests.hub.caller import file
from tests.hub.house import Served, ndjson

MIB = 2**20
LARGE = int(os.environ.get("AIRD_TEST_LARGE_MIB", "256")) * MIB
"""The bound on memory does not depend on it; AIRD_TEST_LARGE_MIB=2048 for the size that the page promises."""
ABOVE_IDLE = 150 * MIB


def _create(served: Served, name: str) -> None:
    department, _, model = name.partition("/")
    answer = served.call("POST", "/api/repos/create", json={"name": model, "organization": department})
    assert answer.status_code == 200, answer.text


def _blocks(size: int, seed: int) -> Iterator[bytes]:
    block = random.Random(seed).randbytes(MIB)
    for at in range(0, size, MIB):
        yield (at.to_bytes(8, "big") + block[8:])[: size - at]


def _digest(size: int, seed: int) -> str:
    hasher = hashlib.sha256()
    for block in _blocks(size, seed):
        hasher.update(block)
    return hasher.hexdigest()


def _address(served: Served, name: str, oid: str, size: int) -> str:
    body = {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": oid, "size": size}]}
    answer = served.call("POST", f"/{name}.git/info/lfs/objects/batch", json=body)
    href: str = answer.json()["objects"][0]["actions"]["upload"]["href"]
    return href


@pytest.mark.xdist_group("hub")
def test_an_upload_that_is_cut_leaves_nothing_and_is_sent_again(served: Served) -> None:
    _create(served, "support/cut")
    data = random.Random(7).randbytes(500_000)
    href = _address(served, "support/cut", hashlib.sha256(data).hexdigest(), len(data))
    place = urlsplit(href)
    for cut in random.Random(8).sample(range(len(data)), 5):
        with socket.create_connection((place.hostname, place.port)) as line:
            head = f"PUT {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: {len(data)}\r\n\r\n"
            line.sendall(head.encode() + data[:cut])
    assert not served.world.store.has(f"sha256:{hashlib.sha256(data).hexdigest()}")
    assert httpx2.put(href, content=data, trust_env=False).status_code == 200
    assert httpx2.put(href, content=data, trust_env=False).status_code == 200, "an answer that got lost"
    assert served.world.store.read(f"sha256:{hashlib.sha256(data).hexdigest()}") == data


@pytest.mark.xdist_group("hub")
def test_of_pushes_at_once_one_wins_and_the_others_are_told(served: Served) -> None:
    _create(served, "support/race")
    head = served.call("GET", "/api/models/support/race").json()["sha"]
    start = threading.Barrier(4)

    def push(number: int) -> int:
        header = {"summary": f"push {number}", "description": "", "parentCommit": head}
        body = ndjson(("header", header), file("LICENSE", f"push {number}".encode()))
        start.wait()
        return served.call("POST", "/api/models/support/race/commit/main", content=body).status_code

    with ThreadPoolExecutor(4) as threads:
        answers = sorted(threads.map(push, range(4)))
    assert answers == [200, 412, 412, 412]
    assert len(served.call("GET", "/api/models/support/race/commits/main").json()) == 2


@pytest.mark.slow
@pytest.mark.xdist_group("hub")
def test_a_large_file_goes_up_and_down_in_little_memory(served: Served) -> None:
    _create(served, "support/large")
    oid = _digest(LARGE, 1)
    href = _address(served, "support/large", oid, LARGE)
    idle, most, ended = served.memory(), [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            most[0] = max(most[0], served.memory())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        headers = {"Content-Length": str(LARGE)}
        sent = httpx2.put(href, content=_blocks(LARGE, 1), headers=headers, trust_env=False, timeout=600)
        assert sent.status_code == 200, sent.text
        path = "/hf/support/large/resolve/main/model.safetensors"
        _commit_unexamined(served, "support/large", oid)
        hasher = hashlib.sha256()
        auth = {"Authorization": f"Bearer {served.token('sam')}"}
        with httpx2.stream("GET", served.url + path, headers=auth, trust_env=False, timeout=600) as answer:
            assert answer.status_code == 200
            for chunk in answer.iter_bytes():
                hasher.update(chunk)
    finally:
        ended.set()
        watching.join()
    assert hasher.hexdigest() == oid
    print(f"{LARGE // MIB} MiB: {(most[0] - idle) / MIB:.0f} MiB above {idle / MIB:.0f} MiB idle")
    assert most[0] - idle < ABOVE_IDLE


def _commit_unexamined(served: Served, name: str, oid: str) -> None:
    """Put the bytes into a commit without the intake, which would refuse them: they are no model."""
    world = served.world
    manifest = Manifest.of([Entry("model.safetensors", f"sha256:{oid}", LARGE)])
    world.store.put_manifest(manifest)
    with world.database.write() as session:
        commits.commit(session, world.actor("sam"), queries.get_model(session, name), manifest, "unexamined")


@pytest.mark.slow
@pytest.mark.xdist_group("hub")
def test_a_commit_with_a_large_file_inside_takes_little_memory(served: Served) -> None:
    _create(served, "support/inside")
    size = 60 * MIB
    idle, most, ended = served.memory(), [0], threading.Event()

    def body() -> Iterator[bytes]:
        yield ndjson(("header", {"summary": "x", "description": ""}))
        yield b'{"key": "file", "value": {"content": "'
        for _ in range(size // (3 * 2**18)):
            yield b"QUJD" * 2**18
        yield b'", "path": "model.safetensors", "encoding": "base64"}}\n'

    def watch() -> None:
        while not ended.wait(0.02):
            most[0] = max(most[0], served.memory())

    watching = threading.Thread(target=watch)
    watching.start()
    answer = served.call("POST", "/api/models/support/inside/commit/main", content=body())
    ended.set()
    watching.join()
    assert answer.status_code == 422, "it came whole, and is no model"
    assert "its header claims" in answer.json()["error"]
    assert most[0] - idle < ABOVE_IDLE
