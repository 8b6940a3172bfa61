"""One response to a client of the gateway, and what happens when the client goes away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any
from uuid import uuid4

from aird.core.errors import AirdError
from aird.deploy.gateway.protocol import wire
from aird.deploy.gateway.protocol.errors import envelope, headers_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


log = logging.getLogger(__name__)

REQUEST_ID = b"x-request-id"


class ClientGone(Exception):
    """Nobody listens any more."""


def new_request_id() -> str:
    """The id of a response that is no answer of a model."""
    return f"req-{uuid4().hex}"


def named(send: Send) -> Send:
    """Sends responses that have an id, as every one of OpenAI's has; another application answers."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            identified = (REQUEST_ID, new_request_id().encode())
            message = {**message, "headers": [*message.get("headers", ()), identified]}
        await send(message)

    return sending


class Reply:
    """One response: JSON in one piece, or a stream of events. `request_id` is the answer's, if it is one."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False
        self.failed: Callable[[AirdError], bytes] = lambda error: wire.event(envelope(error))
        self.headers: list[tuple[bytes, bytes]] = []
        self.request_id = ""

    async def json(self, body: dict[str, Any], status: int = 200) -> None:
        """The whole response."""
        encoded = wire.encode(body)
        self.headers.append((b"content-length", str(len(encoded)).encode()))
        await self._begin(status, b"application/json")
        await self._send({"type": "http.response.body", "body": encoded})

    async def text(self, body: bytes, kind: str) -> None:
        """The whole response, as text."""
        await self._begin(200, kind.encode())
        await self._send({"type": "http.response.body", "body": body})

    async def error(self, error: AirdError) -> None:
        """The error as OpenAI's clients read it; inside a stream as its last event."""
        if self.begun:
            await self.events(self.failed(error), more=False)
            return
        self.headers += [(name.encode(), value.encode()) for name, value in headers_of(error).items()]
        if not self.request_id:
            self.request_id = new_request_id()
            # %r: a message may name what the caller sent, with line ends
            log.info("%s: %s %s: %r", self.request_id, error.status, error.code, error.message)
        await self.json(envelope(error), error.status)

    async def begin_events(self) -> None:
        """Open the stream."""
        self.headers += [(b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]
        await self._begin(200, b"text/event-stream; charset=utf-8")

    async def events(self, events: bytes, *, more: bool = True) -> None:
        """Events of the stream, encoded."""
        await self._send({"type": "http.response.body", "body": events, "more_body": more})

    async def _begin(self, status: int, kind: bytes) -> None:
        self.begun = True
        identified = (REQUEST_ID, (self.request_id or new_request_id()).encode())
        headers = [(b"content-type", kind), identified, *self.headers]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})


async def while_listening(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, and cancel it as soon as the client is gone; servers do not do that by themselves.

    Raises ClientGone, whatever became of the work then.
    """
    worker, left = asyncio.current_task(), False

    async def watch() -> None:
        nonlocal left
        while (await receive())["type"] != "http.disconnect":
            pass
        left = True
        if worker is not None:
            worker.cancel()

    watcher = asyncio.create_task(watch())
    try:
        await work
    except BaseException as error:
        if not left:
            raise
        if worker is not None:
            worker.uncancel()
        raise ClientGone from error
    finally:
        watcher.cancel()
