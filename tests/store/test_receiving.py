"""Multipart uploads, streamed into a scratch folder that is gone afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from aird.core.errors import BadInput
from aird.core.http import install_error_handlers
from aird.store.receiving import ANY_SIZE, FIELD_BYTES, Limits, received

BOUNDARY = "frontier"


def check_path(name: str) -> str:
    if ".." in name:
        raise BadInput("no")
    return name


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    return tmp_path / "uploads"


@pytest.fixture
def client(uploads: Path) -> Iterator[TestClient]:
    app = FastAPI(max_body_size=64)
    install_error_handlers(app)

    @app.post("/upload", max_body_size=ANY_SIZE)
    async def upload(request: Request, file_bytes: int = 1000, reserve: int = 0) -> dict[str, dict[str, str]]:
        limits = Limits(file_bytes, files=3, fields=2, reserve_bytes=reserve)
        async with received(request, uploads, limits, check_path) as found:
            assert all(path.parent.is_relative_to(found.folder) for path in found.files.values())
            return {"files": {name: path.read_text() for name, path in found.files.items()}, "fields": found.fields}

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def post(client: TestClient, body: bytes, query: str = "") -> tuple[int, dict[str, object]]:
    answer = client.post(
        f"/upload{query}", content=body, headers={"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    )
    return answer.status_code, answer.json()


def part(disposition: str, data: bytes = b"") -> bytes:
    return f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + data + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
FILE = part('name="files"; filename="a/b.txt"', b"hello")


def test_files_and_fields_arrive_and_the_folder_goes(client: TestClient, uploads: Path) -> None:
    files = [("files", ("a/b.txt", b"one")), ("files", ("c.txt", b"two" * 100))]
    answer = client.post("/upload", files=files, data={"card": "Grüße"})
    assert answer.json() == {"files": {"a/b.txt": "one", "c.txt": "two" * 100}, "fields": {"card": "Grüße"}}
    assert list(uploads.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "query", "status", "code"),
    [
        (FILE, "", 400, "upload_malformed"),  # broken off
        (b"", "", 400, "upload_malformed"),
        (b"nonsense", "", 400, "upload_malformed"),
        (FILE + FILE + END, "", 400, "upload_malformed"),  # one path twice
        (FILE + part('name="files"; filename="a"') + END, "", 400, "upload_malformed"),  # a folder and a file
        (part('filename="a"', b"x") + END, "", 400, "upload_malformed"),  # no name
        (part('name="card"', b"\xff") + END, "", 400, "upload_malformed"),
        (part('name="files"; filename="../a"', b"x") + END, "", 400, "bad_input"),
        (FILE + END, "?file_bytes=4", 413, "upload_too_large"),
        (b"".join(part(f'name="f"; filename="{n}"') for n in range(4)) + END, "", 413, "upload_too_large"),
        (b"".join(part(f'name="{n}"') for n in range(3)) + END, "", 413, "upload_too_large"),
        (part('name="card"', b"x" * (FIELD_BYTES + 1)) + END, "", 413, "upload_too_large"),
        (FILE + END, f"?reserve={2**60}", 507, "store_full"),
    ],
)
def test_a_refused_upload_leaves_no_folder(
    client: TestClient, uploads: Path, body: bytes, query: str, status: int, code: str
) -> None:
    found, problem = post(client, body, query)
    assert (found, problem["code"]) == (status, code)
    assert list(uploads.iterdir()) == []
    assert post(client, FILE + END)[1] == {"files": {"a/b.txt": "hello"}, "fields": {}}


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "text/plain; boundary=x"])
def test_another_kind_of_body_is_refused(client: TestClient, kind: str) -> None:
    answer = client.post("/upload", content=b"{}", headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (400, "upload_malformed")
