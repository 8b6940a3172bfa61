"""`aird gateway` as a process of its own, in front of an engine of this process that counts: "word1 word2 ..."."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from aird.catalog.models import Kind
from aird.core.clock import now
from aird.deploy import service
from aird.deploy.models import Engine, Replica
from aird.deploy.placement import ReplicaState, RuntimeKind
from aird.testing import World
from tests.deploy.conftest import approved, deploy, until
from tests.deploy.metering_victim import PROMPT

WORD = re.compile(r"word(\d+) ")


class Counting:
    """An engine that says so many words as are asked for, with the usage in every piece."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.heard = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        asked = json.loads(body)
        self.heard += 1
        kind = b"text/event-stream" if asked.get("stream") else b"application/json"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
        most = asked["max_tokens"]
        if not asked.get("stream"):
            said = {"role": "assistant", "content": "".join(f"word{n} " for n in range(1, most + 1))}
            choice = {"index": 0, "message": said, "finish_reason": "stop"}
            whole = json.dumps({"choices": [choice], "usage": _usage(most)}).encode()
            await send({"type": "http.response.body", "body": whole})
            return
        for n in range(1, most + 1):
            choice = {"index": 0, "delta": {"content": f"word{n} "}, "finish_reason": None if n < most else "stop"}
            await _event(send, {"choices": [choice], "usage": _usage(n)})
            await asyncio.sleep(self.seconds)
        await _event(send, {"choices": [], "usage": _usage(most)})
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


def _usage(words: int) -> dict[str, int]:
    return {"prompt_tokens": PROMPT, "completion_tokens": words, "total_tokens": PROMPT + words}


async def _event(send: Any, body: dict[str, Any]) -> None:
    event = b"data: " + json.dumps(body).encode() + b"\n\n"
    await send({"type": "http.response.body", "body": event, "more_body": True})


@contextmanager
def listening(engine: Counting) -> Iterator[str]:
    """The address of an engine that listens in a thread."""
    config = uvicorn.Config(engine, port=0, log_level="warning", loop="asyncio", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, "the engine listens")
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.force_exit = server.should_exit = True
        thread.join()


def put_on(world: World, address: str) -> None:
    """support/desk, with an approved version that this engine has ready."""
    version = approved(world, "support/assistant", kind=Kind.BASE)
    with world.database.write() as session:
        endpoint = service.create_endpoint(session, world.actor("sam"), "support/desk", "Desk")
        endpoint.serving_number = 1
        engine = Engine(
            base=version.artifact, runtime=RuntimeKind.VLLM, number=1, state=ReplicaState.READY, since=now(),
            address=address,
        )  # fmt: skip
        session.add(engine)
        session.flush()
        session.add(Replica(unit=version.artifact, engine=engine, state=ReplicaState.READY, since=now()))
    deploy(world, "support/desk", version)


class Process:
    """`aird gateway`, or the whole `aird server`, which may be killed and started again."""

    def __init__(self, world: World, *, processes: int = 1, command: str = "gateway") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._command = [
            str(Path(sys.executable).with_name("aird")), command, "--port", str(self.port),
            "--data-dir", str(world.settings.home),
        ]  # fmt: skip
        if processes > 1:
            self._command += ["--processes", str(processes)]
        self._env = {**os.environ, "AIRD_DATABASE_URL": world.settings.database_url}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Wait until it answers."""
        self.process = subprocess.Popen(self._command, env=self._env)
        until(self._answers, "the gateway answers", seconds=90)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "it ended"
        try:
            return httpx.get(f"{self.url}/models", timeout=30).status_code == 401
        except httpx.TransportError:
            return False

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def gateway(world: World, *, processes: int = 1, command: str = "gateway") -> Iterator[Process]:
    """A gateway that answers; killed at the end, where it lives still."""
    made = Process(world, processes=processes, command=command)
    made.start()
    try:
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.end(signal.SIGKILL if processes == 1 else signal.SIGTERM)
