"""An engine answers with something that is no answer: the client is told, nothing is held, and the ledger is right."""

import json
import threading
from collections.abc import Iterator, MutableMapping
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import select

from aird.deploy.gateway.app import Gateway
from aird.deploy.gateway.upstream import MOST_EVENT, NO_ANSWER
from aird.metering.models import Status, UsageEntry
from aird.testing import World
from tests.deploy.conftest import make_key, until
from tests.deploy.gateway_process import listening, put_on

WORD = {"index": 0, "delta": {"content": "word "}, "finish_reason": None}
SAID = {"index": 0, "message": {"role": "assistant", "content": "word"}, "finish_reason": "stop"}
USAGE = {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}


def event(body: Any) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"


class Babbling:
    """An engine that says what it is told to, to whoever asks."""

    def __init__(self) -> None:
        self.says = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.status = 200
        self.heard: list[str] = []

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        while (await receive()).get("more_body"):
            pass
        self.heard.append(scope["path"])
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        for at in range(0, len(self.says), 65536):
            await send({"type": "http.response.body", "body": self.says[at : at + 65536], "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class Desk:
    """A gateway before a babbling engine."""

    def __init__(self, world: World, engine: Babbling, url: str) -> None:
        self.world, self.engine, self.url = world, engine, url
        self.client = httpx.Client(timeout=60, headers={"authorization": f"Bearer {make_key(world, 'support')}"})

    def ask(self, says: bytes, *, stream: bool = False, status: int = 200, **headers: str) -> httpx.Response:
        """What the client gets when the engine says this."""
        self.engine.says, self.engine.status = says, status
        self.engine.headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        body = {"model": "support/desk", "messages": [{"role": "user", "content": "x"}], "max_tokens": 9}
        return self.client.post(f"{self.url}/v1/chat/completions", json={**body, "stream": stream})

    def ledger(self, number: int) -> list[UsageEntry]:
        """The entries, once there are so many."""
        until(lambda: len(self._entries()) >= number, f"{number} entries", seconds=30)
        return self._entries()

    def _entries(self) -> list[UsageEntry]:
        with self.world.database.read() as session:
            return list(session.scalars(select(UsageEntry).order_by(UsageEntry.created_at)))


@pytest.fixture
def desk(world: World) -> Iterator[Desk]:
    engine = Babbling()
    with listening(engine) as address:
        put_on(world, address)
        gateway = Gateway(world.database, world.settings)
        server = uvicorn.Server(uvicorn.Config(gateway, port=0, log_level="warning", loop="asyncio", lifespan="on"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        until(lambda: server.started, "the gateway listens")
        found = Desk(world, engine, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
        yield found
        found.client.close()
        server.should_exit = True
        thread.join()


def usage(**tokens: Any) -> dict[str, Any]:
    return {"choices": [SAID], "usage": {**USAGE, **tokens}}


WHOLE: list[Any] = [
    [], None, {}, {"choices": "abc"}, {"choices": [7]}, {"choices": [{"message": 7}]},
    {"choices": [{**SAID, "finish_reason": {}}]}, {"choices": [SAID], "usage": "abc"}, {"choices": [SAID], "usage": {}},
    usage(prompt_tokens="many"), usage(prompt_tokens=1.5), usage(completion_tokens=-5), usage(completion_tokens=10**30),
    usage(prompt_tokens_details={"cached_tokens": "a"}),
]  # fmt: skip
PIECES: list[Any] = [
    {"choices": "abc"}, {"choices": [7]}, {"choices": [{**WORD, "delta": 7}]}, {"choices": [{**WORD, "index": [1]}]},
    {"choices": [{**WORD, "delta": {"content": 7}}]}, {"choices": [WORD], "usage": {**USAGE, "completion_tokens": "a"}},
    {"choices": [{**WORD, "delta": {"tool_calls": [{"function": 7}]}}]},
]  # fmt: skip


def test_a_whole_answer_that_is_none_is_told_and_costs_nothing(desk: Desk) -> None:
    for says in [b"", b"<html>", *(json.dumps(each).encode() for each in WHOLE)]:
        got = desk.ask(says)
        assert (got.status_code, got.json()["error"]["code"]) == (503, "runtime_failed"), says
    good = desk.ask(json.dumps(usage()).encode())
    assert good.json()["choices"][0]["message"]["content"] == "word"
    *failed, last = desk.ledger(len(WHOLE) + 3)
    assert {(each.status, each.completion_tokens) for each in failed} == {(Status.ERROR, 0)}
    assert (last.status, last.prompt_tokens, last.completion_tokens) == (Status.OK, 5, 1)


def test_a_stream_of_no_answers_ends_with_an_error_and_is_charged_for_what_came_before(desk: Desk) -> None:
    first = event({"choices": [WORD], "usage": USAGE})
    cut = [b"", b'data: {"cho', b"data: [7]\n\n", b"data: 7\n\n", *map(event, PIECES)]
    for says in cut:
        got = desk.ask(first + says, stream=True)
        *_, last, rest = got.text.split("\n\n")
        assert json.loads(last.removeprefix("data: "))["error"]["code"] == "runtime_failed", says
        assert ('"word "' in got.text, rest) == (True, "")
    assert desk.ask(first + b"data: [DONE]\n\n", stream=True).text.endswith("data: [DONE]\n\n")
    *failed, last = desk.ledger(len(cut) + 1)
    assert {(each.status, each.prompt_tokens, each.completion_tokens) for each in failed} == {(Status.ERROR, 5, 1)}
    assert (last.status, last.completion_tokens) == (Status.OK, 1)


def test_an_event_without_an_end_is_not_read_for_ever(desk: Desk) -> None:
    got = desk.ask(b"data: " + b"x" * (MOST_EVENT + 2**20), stream=True)
    assert (got.status_code, got.json()["error"]["message"]) == (503, NO_ANSWER)


def test_nobody_is_asked_whom_an_engine_names(desk: Desk) -> None:
    for status in (302, 307):
        got = desk.ask(b"", status=status, location="/v1/elsewhere")
        assert got.status_code == 503
    assert set(desk.engine.heard) == {"/v1/chat/completions"}
    assert desk.ask(json.dumps(usage()).encode()).status_code == 200
