"""kill -9 of engines, of the server and of both at random moments under 20 streams: all is as wanted again, once."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from aird.catalog.models import Kind
from aird.core.clock import now
from aird.deploy import queries, service
from aird.deploy.models import Engine
from aird.deploy.placement import ReplicaState
from aird.jobs.models import Reservation
from aird.metering.models import UsageEntry
from aird.testing import World
from tests.deploy.conftest import approved, deploy, make_key, until
from tests.deploy.test_engines import configure, offer_chips

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("AIRD_TEST_ENGINE_KILLS", "3"))
STREAMS, ENGINES, LONGEST = 20, 2, 200.0
pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(300 + 200 * KILLS)]


class Server:
    """The process under test and what it started."""

    def __init__(self, world: World) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._world = world
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve."""
        settings = self._world.settings
        command = [sys.executable, "-m", "tests.deploy.serving_victim", str(settings.home), settings.db_url()]
        compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self._process = subprocess.Popen([*command, str(self.port)], cwd=ROOT, env=compiled)  # as when installed

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it, at once unless another signal is asked for."""
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(30)

    def engines(self) -> list[int]:
        """Process ids of the engines of this house that run, whoever started them."""
        found = []
        for each in Path("/proc").iterdir():
            try:
                words = (each / "cmdline").read_bytes().split(b"\0") if each.name.isdigit() else []
            except OSError:
                continue
            if any(word.endswith(b"fake_runtime.py") for word in words) and self._is_ours(words):
                found.append(int(each.name))
        return found

    def _is_ours(self, words: list[bytes]) -> bool:
        return any(word.startswith(os.fsencode(self._world.settings.home)) for word in words)


class Streams:
    """Read answers without a pause, each in a thread of its own, whatever becomes of them."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._headers = url, {"authorization": f"Bearer {secret}"}
        self.ended, self.silent, self.begun = Counter[str](), list[str](), set[str]()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._read_all) for _ in range(STREAMS)]

    def _read_all(self) -> None:
        with httpx.Client(timeout=30, headers=self._headers) as client:
            while not self._over.is_set():
                how = self._read(client)
                self.ended[how] += 1
                if how != "whole":
                    self._over.wait(0.5)

    def _read(self, client: httpx.Client) -> str:
        ask = {"model": "support/desk", "messages": [{"role": "user", "content": "slow"}], "max_tokens": 20}
        last = ""
        try:
            with client.stream("POST", f"{self._url}/chat/completions", json={**ask, "stream": True}) as answer:
                if answer.status_code != 200:
                    return "refused"
                for line in answer.iter_lines():
                    last = line.removeprefix("data: ") or last
                    if last.startswith('{"id"'):
                        self.begun.add(json.loads(last)["id"])
        except httpx.HTTPError:
            return "cut"
        if last != "[DONE]" and "error" not in last:
            self.silent.append(last)
        return "whole" if last == "[DONE]" else "broken"

    def __enter__(self) -> "Streams":
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for each in self._threads:
            each.join()


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    made = Server(world)
    made.start()
    yield made
    made.kill()
    until(lambda: not made.engines(), "no engine outlives it", seconds=30)


def ready(world: World) -> list[int]:
    """Process ids of the engines that the database says are ready."""
    with world.database.read() as session:
        rows = session.scalars(select(Engine).where(Engine.state == ReplicaState.READY))
        return sorted(each.pid for each in rows if each.pid)


def recovered(world: World, server: Server, secret: str) -> bool:
    """Whether as many engines as are wanted run and are noted, and an answer comes."""
    running = sorted(server.engines())
    if len(running) != ENGINES or ready(world) != running:
        return False
    ask = {"model": "support/desk", "messages": [{"role": "user", "content": "short"}]}
    try:
        answer = httpx.post(
            f"{server.url}/chat/completions", json=ask, timeout=10, headers={"authorization": f"Bearer {secret}"}
        )
    except httpx.HTTPError:
        return False
    return answer.status_code == 200


def test_after_kills_at_random_moments_each_engine_stands_once_and_streams_never_end_silently(
    world: World, server: Server
):
    """AIRD_TEST_ENGINE_KILLS=30 kills thirty times."""
    offer_chips(world, ENGINES, deserved=ENGINES)
    base = world.version("platform/base", kind=Kind.BASE)
    with world.database.write() as session:
        service.create_endpoint(session, world.actor("sam"), "support/desk", "Help desk")
    configure(world, replicas=ENGINES, chip="h100")
    version, secret = approved(world, "support/bot", kind=Kind.ADAPTER, base=base), make_key(world, "support")
    deploy(world, "support/desk", version)
    until(lambda: recovered(world, server, secret), "it serves", seconds=LONGEST)
    chance, took = random.Random(6), []
    with Streams(server.url, secret) as streams:
        for number in range(KILLS):
            whole, kind = streams.ended["whole"], ("engine", "server", "both")[number % 3]
            until(lambda whole=whole: streams.ended["whole"] >= whole + STREAMS, "answers come", seconds=LONGEST)
            time.sleep(chance.random())
            began = time.monotonic()
            if kind != "server":
                killed = chance.choice(server.engines())
                os.kill(killed, signal.SIGKILL)
                until(lambda killed=killed: killed not in server.engines(), "it is gone")
            if kind != "engine":
                server.kill()
                server.start()
            until(lambda: recovered(world, server, secret), f"all is well after {kind} {number}", seconds=LONGEST)
            took.append(f"{kind} {time.monotonic() - began:.1f} s")
            seats_are_given_once(world)
    print(f"\n{', '.join(took)}; streams {dict(streams.ended)}")
    assert not streams.silent
    assert streams.begun
    until(lambda: streams.begun <= charged(world), "each answer that began is charged", seconds=30)
    with world.database.read() as session:
        endpoint = queries.get_endpoint(session, "support/desk")
        assert (endpoint.current_number, endpoint.serving_number) == (1, 1)


def charged(world: World) -> set[str]:
    with world.database.read() as session:
        return set(session.scalars(select(UsageEntry.request_id).where(UsageEntry.created_at <= now())))


def seats_are_given_once(world: World) -> None:
    """Two engines hold two chips, and no chip is held twice."""
    with world.database.read() as session:
        seats = [seat for each in session.scalars(select(Reservation)) for seat in each.seats]
    assert sorted(chip for seat in seats for chip in seat["chips"]) == list(range(ENGINES))
