"""The gateway's line to the engines: which replica answers, what is tried again, and what is not."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from anyio.from_thread import BlockingPortal, start_blocking_portal

from aird.core.errors import AirdError, TooManyRequests
from aird.deploy.errors import EndpointNotReady, RuntimeFailed
from aird.deploy.gateway.meter import Usage
from aird.deploy.gateway.protocol.errors import QuestionRefused
from aird.deploy.gateway.tally import Tally
from aird.deploy.gateway.upstream import Upstream

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GOOD = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 5}}


class Replicas:
    """Engines on Unix sockets, each with an answer of its own, and the requests they got."""

    def __init__(self, portal: BlockingPortal, folder: Path) -> None:
        self.portal, self.folder = portal, folder
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}
        self.runners: list[web.AppRunner] = []
        self.upstream = portal.call(self._upstream)

    async def _upstream(self) -> Upstream:
        return Upstream("secret")

    def add(self, name: str, handler: Handler) -> str:
        async def start() -> None:
            async def noted(request: web.Request) -> web.StreamResponse:
                self.asked.append(name)
                self.headers = {name.lower(): value for name, value in request.headers.items()}
                return await handler(request)

            app = web.Application()
            app.router.add_post("/v1/chat/completions", noted)
            self.runners.append(web.AppRunner(app))
            await self.runners[-1].setup()
            await web.UnixSite(self.runners[-1], str(self.folder / name)).start()

        self.portal.call(start)
        return f"unix:{self.folder / name}"

    def ask(self, *addresses: str) -> Any:
        """The whole answer, or the pieces of a stream."""

        async def go() -> Any:
            exchange = await self.upstream.post(addresses, "chat/completions", b"{}", "id-1")
            try:
                if exchange._response.content_type == "text/event-stream":
                    return [piece async for pieces in exchange.pieces() for piece in pieces]
                return await exchange.whole()
            finally:
                exchange.close()

        return self.portal.call(go)

    async def close(self) -> None:
        await self.upstream.close()
        for each in self.runners:
            await each.cleanup()


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    with start_blocking_portal() as portal:
        made = Replicas(portal, tmp_path_factory.mktemp("s"))
        made.add("good", says(200, GOOD))
        yield made
        portal.call(made.close)


def says(status: int, body: dict[str, Any], **headers: str) -> Handler:
    async def handler(_request: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers=headers)

    return handler


def streams(*events: bytes) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for each in events:
            await response.write(each)
        return response

    return handler


def error(message: str, code: str = "") -> dict[str, Any]:
    return {"error": {"message": message, "code": code}}


@pytest.mark.parametrize("status", [404, 502, 503])
def test_what_a_replica_does_not_take_is_tried_once_on_another(replicas: Replicas, status: int):
    good, bad = f"unix:{replicas.folder / 'good'}", replicas.add(f"bad-{status}", says(status, error("no")))
    replicas.asked.clear()
    assert replicas.ask(bad, good) == GOOD
    assert replicas.asked == [f"bad-{status}", "good"]
    with pytest.raises(EndpointNotReady):
        replicas.ask(bad)


def test_a_replica_that_is_gone_is_passed_over(replicas: Replicas):
    gone, good = f"unix:{replicas.folder / 'gone'}", f"unix:{replicas.folder / 'good'}"
    assert replicas.ask(gone, good) == GOOD
    with pytest.raises(EndpointNotReady, match="started again"):
        replicas.ask(gone)
    with pytest.raises(EndpointNotReady):
        replicas.ask(gone, f"unix:{replicas.folder / 'gone too'}", good)
    with pytest.raises(EndpointNotReady):
        replicas.ask()


@pytest.mark.parametrize(
    ("status", "raised"), [(400, QuestionRefused), (429, TooManyRequests), (500, EndpointNotReady)]
)
def test_a_refusal_of_the_question_is_not_tried_again(replicas: Replicas, status: int, raised: type[AirdError]):
    refuses = replicas.add(f"no-{status}", says(status, error("why"), **{"retry-after": "7"}))
    replicas.asked.clear()
    with pytest.raises(raised, match="why") as caught:
        replicas.ask(refuses, f"unix:{replicas.folder / 'good'}")
    assert replicas.asked == [f"no-{status}"]
    if status == 429:
        assert caught.value.params["retry_after"] == "7"


def test_a_stream_is_read_however_its_events_are_cut(replicas: Replicas):
    one = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n'
    cut = replicas.add("cut", streams(one[:9], one[9:] + b": a comment\n\n" + one, b"data: [DONE]\n\n"))
    assert [each["choices"][0]["delta"]["content"] for each in replicas.ask(cut)] == ["a", "a"]


@pytest.mark.parametrize(
    ("name", "event", "says"),
    [
        ("short", b"", "stopped in the middle"),
        ("told", b'data: {"error": {"message": "NaN", "code": "version_unusable"}}\n\n', "NaN"),
        ("torn", b"data: {\n\n", "failed in the middle"),
        ("list", b"data: []\n\n", "that is no answer"),
    ],
)
def test_a_stream_that_breaks_is_a_failure(replicas: Replicas, name: str, event: bytes, says: str):
    broken = replicas.add(name, streams(b'data: {"choices": []}\n\n', *([event] if event else [])))
    replicas.asked.clear()
    with pytest.raises(RuntimeFailed, match=says):
        replicas.ask(broken, f"unix:{replicas.folder / 'good'}")
    assert replicas.asked == [name]


def test_the_least_busy_replica_is_asked_first(replicas: Replicas):
    good, other = f"unix:{replicas.folder / 'good'}", replicas.add("other", says(200, GOOD))

    async def two() -> None:
        first = await replicas.upstream.post([good, other], "chat/completions", b"{}", "1")
        second = await replicas.upstream.post([good, other], "chat/completions", b"{}", "2")
        first.close()
        second.close()

    replicas.asked.clear()
    replicas.portal.call(two)
    assert replicas.asked == ["good", "other"]
    assert not replicas.upstream._busy


def test_an_engine_of_the_network_is_told_the_key_and_a_child_is_not(replicas: Replicas):
    async def listen() -> str:
        async def handler(request: web.Request) -> web.Response:
            replicas.headers = {name.lower(): value for name, value in request.headers.items()}
            return web.json_response(GOOD)

        app = web.Application()
        app.router.add_post("/v1/chat/completions", handler)
        replicas.runners.append(web.AppRunner(app))
        await replicas.runners[-1].setup()
        await web.TCPSite(replicas.runners[-1], "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{replicas.runners[-1].addresses[0][1]}"

    replicas.ask(replicas.portal.call(listen))
    assert replicas.headers["authorization"] == "Bearer secret"
    assert replicas.headers["x-request-id"] == "id-1"
    replicas.ask(f"unix:{replicas.folder / 'good'}")
    assert "authorization" not in replicas.headers


def piece(index: int, tokens: int | None = None) -> dict[str, Any]:
    usage = {"usage": {"prompt_tokens": 7, "completion_tokens": tokens}} if tokens is not None else {}
    return {"choices": [{"index": index, "delta": {"content": "x"}}], **usage}


def test_usage_is_believed_added_over_choices_and_guessed_where_nobody_says_it():
    told, guessed = Tally(400), Tally(400)
    for each in (piece(0, 1), piece(1, 1), piece(0, 2)):
        told.take(each)
    assert (told.usage, told.estimated) == (Usage(7, 3), False)
    last = {"prompt_tokens": 7, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 5}}
    told.take({"choices": [], "usage": last})
    assert told.usage == Usage(7, 4, 5)
    for each in (piece(0), piece(1), piece(0)):
        guessed.take(each)
    assert (guessed.usage, guessed.estimated) == (Usage(100, 3), True)
    guessed.take({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 0}})
    assert (guessed.usage, guessed.estimated) == (Usage(7, 0), False)
