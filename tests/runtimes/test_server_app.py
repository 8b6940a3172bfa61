"""The serving process's application in this process: bad starts, keys, full lines, failures on the way."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from aird.runtimes import server
from aird.runtimes.resident import Resident
from aird.runtimes.scheduler import Scheduler
from tests.deploy.fake_runtime import FakeResident

BASE = "sha256:base-of-all"
Visit = Callable[[TestClient[Any, Any]], Awaitable[None]]


def visit(resident: Resident, what: Visit, key: bytes | None = None) -> None:
    """Serve it, loaded or failed, and let a client do something."""

    async def go() -> None:
        async with TestClient(TestServer(server.make_app(resident, key), handler_cancellation=True)) as client:
            await resident.load()
            await what(client)

    asyncio.run(go())


def asked(said: str, **fields: Any) -> dict[str, Any]:
    return {"model": BASE, "messages": [{"role": "user", "content": said}], "max_tokens": 6, **fields}


@pytest.fixture
def fake(tmp_path: Path) -> FakeResident:
    return FakeResident(BASE, tmp_path, 1)


def test_a_base_that_cannot_be_loaded_is_told_by_its_health(tmp_path: Path):
    async def look(client: TestClient[Any, Any]) -> None:
        health = await client.get("/healthz")
        assert (health.status, (await health.json())["state"]) == (500, "failed")
        assert "config.json is missing" in (await health.json())["reason"]
        assert (await client.get("/health")).status == 503
        refused = await client.post("/v1/chat/completions", json=asked("hello"))
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")

    visit(Resident(BASE, tmp_path, 1), look)


def test_with_a_key_only_those_who_have_it_are_answered(fake: FakeResident):
    async def look(client: TestClient[Any, Any]) -> None:
        assert (await client.get("/health")).status == 200
        for path in ("/healthz", "/metrics", "/v1/models"):
            assert (await client.get(path)).status == 401
            assert (await client.get(path, headers={"authorization": "Bearer wrong"})).status == 401
            assert (await client.get(path, headers={"authorization": "Bearer right"})).status == 200

    visit(fake, look, b"right")


def test_a_full_line_is_told_with_when_to_come_back(tmp_path: Path):
    fake = FakeResident(BASE, tmp_path, 1, scheduler=Scheduler(running=1, waiting=0))

    async def look(client: TestClient[Any, Any]) -> None:
        posts = [client.post("/v1/chat/completions", json=asked("slow", max_tokens=20)) for _ in range(30)]
        found = [(each.status, each.headers.get("retry-after")) for each in await asyncio.gather(*posts)]
        assert set(found) == {(200, None), (429, "1")}

    visit(fake, look)


@pytest.mark.parametrize(
    ("said", "code", "status"), [("break", "version_unusable", 422), ("crash", "engine_failed", 500)]
)
def test_a_failure_on_the_way_is_the_last_event_of_the_stream(fake: FakeResident, said: str, code: str, status: int):
    async def look(client: TestClient[Any, Any]) -> None:
        broken = await client.post("/v1/chat/completions", json=asked(said, stream=True))
        *_, error, done, _ = (await broken.text()).split("\n\n")
        assert (broken.status, done) == (200, "data: [DONE]")
        assert json.loads(error.removeprefix("data: "))["error"]["code"] == code
        whole = await client.post("/v1/chat/completions", json=asked(said))
        assert whole.status == status
        assert (await client.post("/v1/chat/completions", json=asked("short"))).status == 200

    visit(fake, look)


def test_a_port_without_a_key_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        server.main(["--base", str(tmp_path), "--name", BASE, "--port", "0"])
    assert "--api-key-file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"{", None),
        (b"[]", None),
        (b'{"model": NaN}', None),
        (b"\xff", None),
        (b"[" * 100_000, None),
        (b'{"model": "", "messages": [{"role": "user", "content": "x"}]}', "model"),
        (b'{"model": "x", "messages": []}', "messages"),
        (b'{"model": "x", "messages": [{"role": "tool", "content": "x"}]}', "messages[0].role"),
        (b'{"model": "x", "messages": [{"role": "user", "content": "\\ud800"}]}', "messages[0].content"),
        (b'{"model": "x", "messages": [{"role": "user", "content": "x", "name": 1}]}', "messages[0].name"),
        (b'{"model": "x", "messages": [{"role": "user", "content": "x", "id": "x"}]}', "messages[0]"),
        (b'{"model": "x", "messages": [{"role": "user", "content": "x"}], "max_tokens": true}', "max_tokens"),
        (b'{"model": "x", "messages": [{"role": "user", "content": "x"}], "seed": 1e3}', "seed"),
        (b'{"model": "x", "messages": [{"role": "user", "content": "x"}], "lora_path": "/etc"}', "lora_path"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_refusal_that_names_the_field(
    fake: FakeResident, body: bytes, param: str | None
):
    async def look(client: TestClient[Any, Any]) -> None:
        refused = await client.post("/v1/chat/completions", data=body)
        said = (await refused.json())["error"]
        assert (refused.status, said["param"], said["type"]) == (400, param, "invalid_request_error")
        assert (await client.post("/v1/chat/completions", json=asked("short"))).status == 200

    visit(fake, look)
