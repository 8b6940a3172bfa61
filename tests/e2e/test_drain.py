"""SIGTERM to the whole house under a job and 50 streams: what has begun ends well, and nothing new begins.

Row 24 of the faults in docs/jobs.md.
"""

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import Iterator, MutableMapping
from concurrent.futures import Future
from typing import Any

import aiohttp
import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from sqlalchemy import select

from aird.catalog.models import Kind
from aird.deploy import service
from aird.metering.models import Status, UsageEntry
from aird.testing import World
from tests.deploy.conftest import approved, deploy, make_key
from tests.deploy.gateway_process import WORD, Counting, listening
from tests.e2e.processes import Processes, eventually, living, patience, processes_of
from tests.e2e.test_up import served
from tests.jobs.conftest import TASKS, Desk
from tests.jobs.sample_tasks import Echo, Steps

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(600)]
STREAMS, WORDS, PAUSE = 50, 60, 0.2  # each answer takes twelve seconds
WORKER = (
    "from aird.core.settings import Settings; from aird.worker import main;"
    f"raise SystemExit(main(Settings(), modules=[{TASKS!r}], until_eof=True))"
)
UP = (
    "import sys; from aird.core.settings import Settings; from aird.server.run import up;"
    f"raise SystemExit(up(Settings(), worker=[sys.executable, '-c', {WORKER!r}]))"
)


class Outside(Counting):
    """A vLLM that others run, as far as a reconciler asks one."""

    unit = ""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        said = {
            "/v1/models": {"data": [{"id": self.unit}]},
            "/version": {"version": "0"},
            "/health": {},
            "/metrics": {},
        }
        found = said.get(scope["path"])
        if found is None:
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send(
            {"type": "http.response.body", "body": b"" if scope["path"] == "/metrics" else json.dumps(found).encode()}
        )


@pytest.fixture
def engine(world: World) -> Iterator[Outside]:
    """Serves what is deployed on support/desk."""
    made = Outside()
    with listening(made) as address:
        world.settings.vllm_urls, world.settings.runtime = [address], "vllm"
        version = approved(world, "support/assistant", kind=Kind.BASE)
        made.unit = version.artifact
        with world.database.write() as session:
            service.create_endpoint(session, world.actor("sam"), "support/desk", "Desk")
        deploy(world, "support/desk", version)
        yield made


class Readers:
    """Fifty clients, each with one answer."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._headers = url, {"authorization": f"Bearer {secret}"}
        self.begun, self.texts = 0, list[str]()

    async def read(self) -> None:
        """All of them at once."""
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(headers=self._headers, connector=connector) as session:
            self.texts = await asyncio.gather(*(self._one(session) for _ in range(STREAMS)))

    async def _one(self, session: aiohttp.ClientSession) -> str:
        ask = {"model": "support/desk", "messages": [{"role": "user", "content": "Count."}]}
        text = ""
        async with session.post(self._url, json={**ask, "max_tokens": WORDS, "stream": True}) as answer:
            async for line in answer.content:
                self.begun += not text
                text += line.decode()
        return text


def answers(url: str, secret: str) -> bool:
    ask = {"model": "support/desk", "messages": [{"role": "user", "content": "Count."}], "max_tokens": 1}
    try:
        return httpx.post(url, json=ask, headers={"authorization": f"Bearer {secret}"}, timeout=30).is_success
    except httpx.TransportError:
        return False


def is_closed(url: str) -> bool:
    try:
        httpx.get(url, timeout=5)
    except httpx.ConnectError:
        return True
    return False


def ends_well(processes: Processes, house: "subprocess.Popen[str]", reading: "Future[None]") -> None:
    """Within the thirty seconds that answers have, and what it takes to close."""
    assert house.wait(patience(60)) == 0, processes.said()
    reading.result(10)
    assert not living(processes.settings.home)


def test_what_has_begun_ends_well_and_nothing_new_begins(world: World, engine: Outside) -> None:
    desk, secret = Desk(world), make_key(world, "support")
    with processes_of(world.settings) as processes, start_blocking_portal() as portal:
        house = processes.start("-c", UP)
        eventually(lambda: served(world.settings.home), patience(60), processes.said)
        url = f"{served(world.settings.home)['url']}/v1/chat/completions"
        eventually(lambda: answers(url, secret), patience(60), processes.said)
        job = desk.order("test.steps", Steps(steps=1000))
        eventually(lambda: desk.job(job).stage == "counting", patience(60), processes.said)
        engine.seconds, readers = PAUSE, Readers(url, secret)
        reading = portal.start_task_soon(readers.read)
        eventually(lambda: readers.begun == STREAMS, patience(30), lambda: readers.begun)

        house.send_signal(signal.SIGTERM)
        began = time.monotonic()
        eventually(lambda: desk.job(job).state == "queued", patience(20), lambda: desk.job(job).reason)
        late = desk.order("test.echo", Echo())
        eventually(lambda: is_closed(url), patience(5))
        ends_well(processes, house, reading)
    assert time.monotonic() - began > WORDS * PAUSE / 2
    assert [len(WORD.findall(text)) for text in readers.texts] == [WORDS] * STREAMS
    assert all(text.endswith("data: [DONE]\n\n") for text in readers.texts)
    assert "checkpoint at step" in desk.job(job).reason
    assert (desk.job(late).state, desk.job(late).attempt) == ("queued", 0)
    with world.database.read() as session:
        entries = session.scalars(select(UsageEntry).where(UsageEntry.completion_tokens == WORDS)).all()
    assert [each.status for each in entries] == [Status.OK] * STREAMS
    assert not list((world.settings.home / "journal").iterdir())
