"""Resumable uploads: tus 1.0.0 as its specification says, and versions made of finished uploads."""

import base64
import hashlib
import os
import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import update

from aird.auth.permissions import SYSTEM
from aird.catalog import queries, upkeep
from aird.catalog.models import Visibility
from aird.core.clock import now
from aird.server.app import create_app
from aird.store import uploads
from aird.store.artifacts import open_store
from aird.store.backends.local import LocalBackend
from aird.store.errors import StoreUnavailable
from aird.store.manifest import sha256
from aird.store.models import Upload
from aird.testing import World
from aird.testing_ml import make_base
from tests.server.house import House, contents

V = {"Tus-Resumable": "1.0.0"}
BODY = V | {"Content-Type": "application/offset+octet-stream"}
DATA = os.urandom(3_000_017)


def metadata(**given: str) -> str:
    return ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in given.items())


class Tus:
    """A small client of the protocol, for one person."""

    def __init__(self, world: World, client: TestClient, username: str = "sam") -> None:
        self.client = client
        self.auth = {"Authorization": f"Bearer {world.token(username)}"}

    def ask(self, method: str, url: str, data: bytes = b"", **headers: str) -> Response:
        named = {key.replace("_", "-"): text for key, text in headers.items()}
        kind = BODY if method == "PATCH" else V
        return self.client.request(method, url, content=data, headers=self.auth | kind | named)

    def begin(self, size: int, model: str = "support/mail", path: str = "model.safetensors", **more: str) -> Response:
        said = metadata(model=model, path=path, **more)
        return self.ask("POST", "/api/v1/uploads", Upload_Length=str(size), Upload_Metadata=said)

    def send(self, url: str, offset: int, data: bytes, **headers: str) -> Response:
        return self.ask("PATCH", url, data, Upload_Offset=str(offset), **headers)

    def whole(self, data: bytes, path: str, model: str = "support/mail") -> str:
        """Upload all of it; gives the upload's id."""
        url = self.begin(len(data), path=path, model=model).headers["location"]
        answer = self.send(url, 0, data)
        assert answer.status_code == 204, answer.text
        return url.rpartition("/")[2]


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    world.version("support/mail")
    app = create_app(world.settings, world.database, world.store, reconcile=False)
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def tus(world: World, client: TestClient) -> Tus:
    return Tus(world, client)


def test_the_protocol_is_described(tus: Tus) -> None:
    answer = tus.client.options("/api/v1/uploads", headers=tus.auth)
    assert (answer.status_code, answer.headers["tus-version"], answer.headers["tus-resumable"]) == (
        204,
        "1.0.0",
        "1.0.0",
    )
    assert set(answer.headers["tus-extension"].split(",")) == {"creation", "checksum", "termination", "expiration"}


def test_an_upload_in_pieces_of_any_size_is_the_file(world: World, tus: Tus) -> None:
    answer = tus.begin(len(DATA), digest=sha256(DATA))
    assert (answer.status_code, "upload-expires" in answer.headers) == (201, True)
    url, at, chance = answer.headers["location"], 0, random.Random(3)
    while at < len(DATA):
        piece = DATA[at : at + chance.randrange(1, 900_000)]
        answer = tus.send(url, at, piece)
        at += len(piece)
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(at))
        assert tus.ask("HEAD", url).headers["upload-offset"] == str(at)
    assert answer.headers["upload-digest"] == sha256(DATA)
    assert world.store.read(sha256(DATA)) == DATA
    assert list(world.store.partial_folder.iterdir()) == []


def test_an_upload_goes_on_after_the_server_was_started_again(world: World, tus: Tus) -> None:
    url = tus.begin(len(DATA)).headers["location"]
    assert tus.send(url, 0, DATA[:1_234_567]).status_code == 204
    partial = next(world.store.partial_folder.iterdir())
    with partial.open("ab") as file:
        file.write(b"written, but the machine stopped before it was on record")
    uploads._running.clear()
    app = create_app(world.settings, world.database, open_store(world.settings, world.database), reconcile=False)
    with TestClient(app) as second:
        again = Tus(world, second)
        assert again.ask("HEAD", url).headers["upload-offset"] == "1234567"
        assert again.send(url, 1_234_567, DATA[1_234_567:]).headers["upload-digest"] == sha256(DATA)
    assert world.store.read(sha256(DATA)) == DATA


def test_bytes_that_the_disk_has_lost_are_asked_for_again(world: World, tus: Tus) -> None:
    url = tus.begin(len(DATA)).headers["location"]
    tus.send(url, 0, DATA[:1000])
    next(world.store.partial_folder.iterdir()).unlink()
    answer = tus.send(url, 1000, DATA[1000:])
    assert (answer.status_code, answer.json()["params"]) == (409, {"offset": 0})
    assert tus.send(url, 0, DATA).headers["upload-digest"] == sha256(DATA)


def test_a_checksum_keeps_changed_bytes_out_and_right_ones_in(tus: Tus) -> None:
    url = tus.begin(10).headers["location"]
    for algorithm in ("sha1", "sha256"):
        value = base64.b64encode(hashlib.new(algorithm, b"01234").digest()).decode()
        wrong = tus.send(url, 0, b"0123X", Upload_Checksum=f"{algorithm} {value}")
        assert (wrong.status_code, wrong.json()["code"]) == (460, "checksum_mismatch")
        assert tus.ask("HEAD", url).headers["upload-offset"] == "0"
    assert tus.send(url, 0, b"01234", Upload_Checksum=f"{algorithm} {value}").status_code == 204
    assert tus.send(url, 5, b"56789", Upload_Checksum="md5 abc=").json()["code"] == "checksum_unknown"
    assert tus.send(url, 5, b"56789").headers["upload-digest"] == sha256(b"0123456789")


def test_a_wrong_digest_ends_the_upload_and_stores_nothing(world: World, tus: Tus) -> None:
    before = set(world.store.backend.digests())
    url = tus.begin(3, digest=sha256(b"abc")).headers["location"]
    assert tus.send(url, 0, b"abX").json()["code"] == "digest_mismatch"
    assert set(world.store.backend.digests()) == before
    assert tus.send(url, 3, b"").status_code == 409


def test_an_empty_file_is_whole_at_once(world: World, tus: Tus) -> None:
    url = tus.begin(0).headers["location"]
    assert tus.ask("HEAD", url).headers["upload-digest"] == sha256(b"")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Tus_Resumable": "0.2.2"}, 412, "tus_version_unknown"),
        ({"Content_Type": "text/plain"}, 415, "tus_body_unknown"),
        ({"Upload_Offset": "1"}, 409, "offset_mismatch"),
        ({"Upload_Offset": "x"}, 422, "invalid_request"),
        ({"Upload_Offset": "-1"}, 422, "invalid_request"),
    ],
)
def test_a_wrong_request_changes_nothing(tus: Tus, headers: dict[str, str], status: int, code: str) -> None:
    url = tus.begin(5).headers["location"]
    given = {"Upload_Offset": "0"} | headers
    answer = tus.ask("PATCH", url, b"01234", **given)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers.get("tus-resumable") == ("1.0.0" if status != 422 else None)
    assert tus.send(url, 0, b"01234").status_code == 204


def test_more_than_was_announced_is_refused(tus: Tus) -> None:
    url = tus.begin(5).headers["location"]
    assert tus.send(url, 0, b"012345").json()["code"] == "file_too_large"
    assert tus.send(url, 0, b"01234").status_code == 204


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"path": "../x"}, 422),
        ({"path": ""}, 422),
        ({"model": "support/nobody"}, 404),
        ({"model": "no name"}, 422),
        ({"digest": "sha256:x"}, 409),
    ],
)
def test_what_cannot_become_a_file_is_refused_before_a_byte_is_sent(
    tus: Tus, said: dict[str, str], status: int
) -> None:
    assert tus.begin(5, **said).status_code == status
    assert tus.ask("POST", "/api/v1/uploads", Upload_Length="5", Upload_Metadata="model !!").status_code == 400


def test_a_file_above_the_limit_is_refused(world: World, tus: Tus) -> None:
    world.settings.max_upload_bytes = 10
    assert (tus.begin(11).status_code, tus.begin(10).status_code) == (413, 201)


def test_an_upload_is_its_owners_alone(world: World, client: TestClient, tus: Tus) -> None:
    url = tus.begin(5).headers["location"]
    other = Tus(world, client, "rui")
    assert other.begin(5).status_code == 403  # of another department
    for answer in (other.ask("HEAD", url), other.send(url, 0, b"01234"), other.ask("DELETE", url)):
        assert answer.status_code == 404
    assert tus.ask("DELETE", url).status_code == 204
    assert tus.ask("HEAD", url).status_code == 404


def test_an_expired_upload_is_gone_with_its_bytes(world: World, tus: Tus) -> None:
    url = tus.begin(5).headers["location"]
    tus.send(url, 0, b"012")
    with world.database.write() as session:
        session.execute(update(Upload).values(expires_at=now() - timedelta(seconds=1)))
    assert tus.ask("HEAD", url).status_code == 404
    assert uploads.expire(world.database, world.store) == 1
    assert list(world.store.partial_folder.iterdir()) == []


def test_finished_uploads_become_a_version(world: World, tus: Tus, tmp_path) -> None:
    files = contents(make_base(tmp_path / "base"))
    ids = [tus.whole(data, path) for path, data in files.items()]
    url = "/api/v1/models/support/mail/versions/from-uploads"
    answer = tus.client.post(url, json={"uploads": ids, "license": "mit"}, headers=tus.auth)
    assert (answer.status_code, answer.json()["ref"]) == (201, "support/mail@2"), answer.text
    filed = {each["path"]: each["digest"] for each in answer.json()["files"]}
    assert filed["model.safetensors"] == sha256(files["model.safetensors"])
    again = tus.client.post(url, json={"uploads": ids}, headers=tus.auth)
    assert again.json()["code"] == "version_exists"
    house = House(world)
    assert house.leftovers() == []


def test_uploads_that_make_no_version_are_refused(world: World, tus: Tus) -> None:
    url = "/api/v1/models/support/mail/versions/from-uploads"
    half = tus.begin(5).headers["location"].rpartition("/")[2]
    script = tus.whole(b"import os", "modeling.py")
    twice = [tus.whole(b"{}", "config.json") for _ in range(2)]
    world.version("support/other")
    elsewhere = tus.whole(b"{}", "config.json", model="support/other")
    for ids, code in [
        ([half], "offset_mismatch"),
        ([script], "intake_refused"),
        (twice, "upload_misplaced"),
        ([elsewhere], "upload_misplaced"),
        (["0" * 8 + "-0000-0000-0000-" + "0" * 12], "upload_not_found"),
    ]:
        answer = tus.client.post(url, json={"uploads": ids}, headers=tus.auth)
        assert answer.json()["code"] == code, answer.text


def test_headers_that_are_no_ascii_are_refused(tus: Tus) -> None:
    url = tus.begin(5).headers["location"]
    for method, address, name in (("POST", "/api/v1/uploads", "Upload-Metadata"), ("PATCH", url, "Upload-Checksum")):
        headers = {**tus.auth, **BODY, "Upload-Length": "5", "Upload-Offset": "0", name: b"sha256 \xe9\xe9"}
        answer = tus.client.request(method, address, content=b"01234", headers=headers)
        assert answer.status_code == 400, answer.text
    assert tus.send(url, 0, b"01234").status_code == 204


def test_what_came_whole_while_the_store_was_away_is_filed_later(
    world: World, tus: Tus, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = contents(make_base(tmp_path / "base"))
    weights = files.pop("model.safetensors")
    address = tus.begin(len(weights)).headers["location"]
    with monkeypatch.context() as away:
        away.setattr(LocalBackend, "adopt", _away)
        assert tus.send(address, 0, weights).json()["code"] == "store_unavailable"
        url = "/api/v1/models/support/mail/versions/from-uploads"
        ids = [address.rpartition("/")[2]]
        assert tus.client.post(url, json={"uploads": ids}, headers=tus.auth).status_code == 503
    assert tus.ask("HEAD", address).headers["upload-offset"] == str(len(weights))
    ids += [tus.whole(data, path) for path, data in files.items()]
    answer = tus.client.post(url, json={"uploads": ids}, headers=tus.auth)
    assert answer.status_code == 201, answer.text


def _away(*_: object) -> None:
    raise StoreUnavailable("The store is away.")


def test_uploads_say_nothing_of_a_private_model(world: World, client: TestClient, tus: Tus) -> None:
    rui = Tus(world, client, "rui")
    world.version("platform/own", by="rui")
    with world.database.write() as session:
        upkeep.change(session, SYSTEM, queries.get_model(session, "support/mail"), visibility=Visibility.PRIVATE)
    said = []
    for name in ("support/mail", "support/nobody"):
        for url, form in (
            (f"/api/v1/models/{name}/versions", {}),
            ("/api/v1/models/platform/own/versions", {"base": f"{name}@9"}),
            ("/api/v1/models/platform/own/versions", {"base": f"{name}@production"}),
        ):
            answer = client.post(url, data=form, files={"files": ("config.json", b"{}")}, headers=rui.auth)
            said.append((answer.status_code, answer.json()["detail"].replace(name, "*")))
    assert said[:3] == said[3:]
    assert {status for status, _ in said} == {404}
    answer = client.post("/api/v1/models/support/mail/versions", files={"files": ("x.py", b"")}, headers=tus.auth)
    assert answer.json()["code"] == "intake_refused"
