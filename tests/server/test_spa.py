"""The web UI is served beside the API: deep links, cache headers, security headers, streams."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from aird.core.http import install_error_handlers
from aird.server.spa import mount_ui

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>aird</title>")
    (tmp_path / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "assets" / "index-abc.js").write_text("console.log(1);" * 200)
    (tmp_path.parent / "secret.txt").write_text("secret")
    return tmp_path


def application(folder: Path) -> FastAPI:
    app = FastAPI()
    install_error_handlers(app)
    mount_ui(app, folder)

    @app.get("/api/v1/things")
    def things() -> dict[str, int]:
        return {"things": 1}

    @app.get("/api/v1/stream")
    def stream() -> StreamingResponse:
        def lines() -> Iterator[str]:
            yield "data: 1\n\n"
            yield "data: 2\n\n"

        headers = {"cache-control": "no-cache"}
        return StreamingResponse(lines(), media_type="text/event-stream", headers=headers)

    return app


@pytest.fixture
def browser(folder: Path) -> Iterator[TestClient]:
    with TestClient(application(folder)) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/models/support/agent", "/jobs/1?tab=log", "/index.html"])
def test_a_deep_link_opens_the_ui_and_is_asked_for_again_next_time(browser: TestClient, path: str) -> None:
    answer = browser.get(path, headers=BROWSER)
    assert answer.status_code == 200
    assert "<title>aird" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_a_program_that_asks_for_an_unknown_path_gets_a_problem(browser: TestClient) -> None:
    answer = browser.get("/models/support/agent", headers={"accept": "*/*"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/api/v1/nope", "/api", "/v1/nope", "/v1", "/assets/nope.js", "/assets/", "/metrics"])
def test_a_browser_gets_no_page_for_a_missing_resource(browser: TestClient, path: str) -> None:
    answer = browser.get(path, headers=BROWSER)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_only_reading_reaches_the_ui(browser: TestClient) -> None:
    assert browser.post("/models", headers=BROWSER).status_code == 404
    assert browser.post("/api/v1/things", headers=BROWSER).status_code == 405
    assert browser.head("/models", headers=BROWSER).status_code == 200


def test_an_asset_may_be_kept_for_ever_and_travels_compressed(browser: TestClient) -> None:
    answer = browser.get("/assets/index-abc.js", headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert "javascript" in answer.headers["content-type"]


def test_a_file_beside_the_page_is_served(browser: TestClient) -> None:
    answer = browser.get("/favicon.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")


@pytest.mark.parametrize("path", ["/assets/%2e%2e/index.html", "/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt"])
def test_no_path_leaves_the_folder(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code == 404


def test_every_response_is_guarded(browser: TestClient) -> None:
    for path in ("/", "/assets/index-abc.js", "/api/v1/things", "/api/v1/nope"):
        headers = browser.get(path, headers=BROWSER).headers
        assert headers["content-security-policy"].startswith("default-src 'self'; ")
        assert "script-src" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_answers_of_the_api_are_not_stored_but_a_stream_keeps_its_own_header(browser: TestClient) -> None:
    assert browser.get("/api/v1/things").headers["cache-control"] == "no-store"
    stream = browser.get("/api/v1/stream", headers={"accept-encoding": "gzip"})
    assert stream.headers["cache-control"] == "no-cache"
    assert "content-encoding" not in stream.headers
    assert stream.text == "data: 1\n\ndata: 2\n\n"


def test_without_a_built_ui_the_api_works_and_a_browser_reads_what_to_do(tmp_path: Path) -> None:
    with TestClient(application(tmp_path / "missing")) as client:
        assert client.get("/api/v1/things").json() == {"things": 1}
        page = client.get("/", headers=BROWSER)
        assert page.status_code == 503
        assert "npm run build" in page.text
        assert client.get("/assets/index-abc.js").status_code == 404
