"""An upload over a real connection that is cut at a random byte, and goes on; a disk that fills up meanwhile."""

import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn

from aird.server.app import create_app
from aird.store.manifest import sha256
from aird.testing import World
from tests.catalog.test_upload_routes import BODY, V, metadata
from tests.store.test_ledger import flip

DATA = os.urandom(9_000_001)
IN_FLIGHT = 2**20  # bytes that were sent and not taken when the line went dead


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """A server of the world on a port of its own."""
    world.version("support/mail")
    app = create_app(world.settings, world.database, world.store, reconcile=False)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def api(world: World, address: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {world.token('sam')}"} | V
    with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        yield client


def begin(api: httpx.Client) -> str:
    said = metadata(model="support/mail", path="model.safetensors", digest=sha256(DATA))
    answer = api.post("/api/v1/uploads", headers={"Upload-Length": str(len(DATA)), "Upload-Metadata": said})
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def send_and_cut(api: httpx.Client, url: str, at: int, upto: int) -> None:
    """Announce all that is left, send only some of it, and hang up."""
    address = urlsplit(str(api.base_url))
    lines = [f"PATCH {url} HTTP/1.1", f"Host: {address.netloc}", f"Authorization: {api.headers['authorization']}"]
    lines += [f"{name}: {value}" for name, value in BODY.items()]
    lines += [f"Upload-Offset: {at}", f"Content-Length: {len(DATA) - at}", "", ""]
    with socket.create_connection((address.hostname or "", address.port or 0)) as wire:
        wire.sendall("\r\n".join(lines).encode() + DATA[at:upto])
        wire.shutdown(socket.SHUT_WR)
        wire.settimeout(5)
        try:
            wire.recv(1000)
        except OSError:
            return


def offset(api: httpx.Client, url: str) -> int:
    return int(api.head(url).headers["upload-offset"])


@pytest.mark.parametrize("seed", range(3))
def test_an_upload_that_is_cut_at_random_bytes_goes_on(world: World, api: httpx.Client, seed: int) -> None:
    chance, url, upto = random.Random(seed), begin(api), 0
    for _ in range(3):
        upto = chance.randrange(upto, len(DATA))
        for _ in range(200):  # what the last cut left may still be on its way into the file: ask, and send what is left
            at = offset(api, url)
            if at >= upto - IN_FLIGHT:
                break
            send_and_cut(api, url, at, upto)
            time.sleep(0.05)
        assert upto - IN_FLIGHT <= at <= upto
        assert not world.store.has(sha256(DATA))
    for _ in range(50):  # as clients do: while the cut request is still being put away, ask again where it goes on
        at = offset(api, url)
        answer = api.patch(url, content=DATA[at:], headers=BODY | {"Upload-Offset": str(at)})
        if answer.status_code not in (409, 423):
            break
    assert (answer.status_code, answer.headers.get("upload-digest")) == (204, sha256(DATA)), answer.text
    assert world.store.read(sha256(DATA)) == DATA


def test_a_full_disk_is_said_at_once_and_the_upload_goes_on_when_there_is_room(world: World, api: httpx.Client) -> None:
    url = begin(api)
    staging = world.store.backend.staging
    staging.min_free_bytes = 2**62
    refused = api.post("/api/v1/uploads", headers={"Upload-Length": "5", "Upload-Metadata": metadata(
        model="support/mail", path="a.safetensors")})  # fmt: skip
    assert (refused.status_code, refused.json()["code"]) == (507, "store_full")
    staging.min_free_bytes = 0
    answer = api.patch(url, content=DATA, headers=BODY | {"Upload-Offset": "0"})
    assert answer.headers.get("upload-digest") == sha256(DATA)


def test_two_requests_do_not_write_to_one_upload_at_once(api: httpx.Client) -> None:
    url = begin(api)
    first, second = iter([DATA[:1000]]), threading.Event()

    def slowly() -> Iterator[bytes]:
        yield next(first)
        second.wait(20)
        yield DATA[1000:2000]

    headers = BODY | {"Upload-Offset": "0", "Content-Length": "2000"}
    answers: list[int] = []
    with httpx.Client(base_url=api.base_url, headers=api.headers, timeout=60) as other:
        thread = threading.Thread(
            target=lambda: answers.append(other.patch(url, content=slowly(), headers=headers).status_code)
        )
        thread.start()
        time.sleep(1)  # the first has the upload by now, and waits
        found = api.patch(url, content=b"x", headers=BODY | {"Upload-Offset": "0"})
        second.set()
        thread.join()
    assert found.json()["code"] == "upload_locked"
    assert answers == [204]


def test_a_flipped_bit_breaks_the_download_off_and_is_said_the_next_time(world: World, api: httpx.Client) -> None:
    world.version("support/large", files={"model.safetensors": DATA})
    url = "/hf/support/large/resolve/main/model.safetensors"
    assert api.get(url).content == DATA
    flip(world.store, sha256(DATA))
    with pytest.raises(httpx.RemoteProtocolError):
        api.get(url)
    assert api.get(url).status_code == 503
