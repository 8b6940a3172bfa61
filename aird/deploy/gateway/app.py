"""The OpenAI-compatible gateway: one raw ASGI application, mounted at /v1 of the server or run by itself.

    GET  /v1/models, /v1/models/{department}/{endpoint}
    POST /v1/chat/completions      streamed or whole

What was used is in the ledger before the client sees the end of its answer. A client that leaves stops the
runtime's work, and what was delivered until then is in the ledger as well. The completion id, which is also
the header x-request-id, is the ledger's request id.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aird.auth.models import TokenKind
from aird.auth.service import Caller
from aird.core.db import Database
from aird.core.errors import AirdError, BadInput, NotFound, NotOffered, TooLarge
from aird.core.settings import Settings
from aird.deploy.errors import ModelNotServed
from aird.deploy.gateway import openai_api as api
from aird.deploy.gateway.access import Access, may_use
from aird.deploy.gateway.ledger import Ledger
from aird.deploy.gateway.upstream import Piece, Upstream
from aird.deploy.routing import Arm, Route, choose, shown
from aird.metering import service as metering
from aird.metering.models import Status

log = logging.getLogger(__name__)

Pieces = AsyncGenerator[Piece, None]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

NOT_OFFERED = frozenset(
    {"audio", "batches", "completions", "embeddings", "files", "fine_tuning", "images", "moderations"}
    | {"responses", "uploads", "vector_stores"}
)
"""Parts of OpenAI's API that exist there and not here."""
RETRY_AFTER_SECONDS = 2


class ClientGone(Exception):
    """Nobody listens any more."""


class MethodNotAllowed(BadInput):
    """This address takes another method"""

    status = 405


class UnknownAddress(NotFound):
    """There is nothing at this address"""


@dataclass
class Answer:
    """One answer in the making, and what is known of its cost."""

    route: Route
    arm: Arm
    caller: Caller
    asked: api.ChatRequest
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    started: float = field(default_factory=time.monotonic)
    first_text_after: float | None = None
    last: Piece | None = None
    settled: bool = False

    @property
    def usage(self) -> api.Usage:
        """Tokens used so far."""
        return api.Usage(self.last.prompt_tokens, self.last.completion_tokens) if self.last else api.Usage(0, 0)

    def entry(self, status: Status) -> metering.Answer:
        """What the ledger shall say of it."""
        token, first = self.caller.token, self.first_text_after
        by_key = token is not None and token.kind is TokenKind.KEY
        return metering.Answer(
            request_id=self.id,
            department_id=self.route.department_id,
            endpoint=self.route.name,
            unit=self.arm.unit,
            version=self.arm.version,
            token_id=token.id if token else None,
            person_id=None if by_key else self.caller.actor.id,
            prompt_tokens=self.usage.prompt_tokens,
            completion_tokens=self.usage.completion_tokens,
            status=status,
            milliseconds=_milliseconds(time.monotonic() - self.started),
            ttft_milliseconds=_milliseconds(first) if first is not None else None,
        )

    def take(self, piece: Piece) -> None:
        """Note that this piece has come."""
        self.last = piece
        if self.first_text_after is None:
            self.first_text_after = time.monotonic() - self.started


class Gateway:
    """The ASGI application. Close it when the server ends."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._settings = settings
        self._access = Access(database, settings)
        self._upstream = Upstream()
        self._ledger = Ledger(database)

    async def close(self) -> None:
        """Finish writing the ledger, drop the connections."""
        await self._ledger.close()
        await self._upstream.close()
        self._access.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = Reply(send)
        try:
            await self._dispatch(scope, receive, reply)
        except ClientGone:
            return
        except AirdError as error:
            await reply.error(error)
        except Exception:
            log.exception("bug in the gateway")
            await reply.error(AirdError("An error in the gateway; its log has the details."))

    async def _dispatch(self, scope: Scope, receive: Receive, reply: "Reply") -> None:
        path, method = _path(scope), scope["method"]
        if path == "chat/completions":
            _require_method(method, "POST")
            caller = await self._access.caller(dict(scope))
            await self._chat(caller, await self._body(scope, receive), receive, reply)
        elif path == "models" or path.startswith("models/"):
            _require_method(method, "GET")
            caller = await self._access.caller(dict(scope))
            await self._models(caller, path.removeprefix("models").removeprefix("/"), reply)
        elif path.split("/")[0] in NOT_OFFERED:
            raise NotOffered(f"/v1/{path[:96]} is not offered. Offered are /v1/chat/completions and /v1/models.")
        else:
            raise UnknownAddress(f"There is nothing at /v1/{path[:96]}.")

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        limit, parts, size = self._settings.max_body_bytes, list[bytes](), 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                raise TooLarge(f"The body is larger than {limit} bytes.", limit=limit)
            if not message.get("more_body", False):
                return b"".join(parts)

    async def _models(self, caller: Caller, name: str, reply: "Reply") -> None:
        usable = [each for each in (await self._access.routes()).values() if may_use(caller, each)]
        if not name:
            await reply.json({"object": "list", "data": [_model(each) for each in usable if each.arms]})
            return
        found = next((each for each in usable if each.name == name), None)
        if found is None:
            raise ModelNotServed(f"There is no endpoint {name[:96]!r} that you may use.", param="model")
        await reply.json(_model(found))

    async def _chat(self, caller: Caller, body: bytes, receive: Receive, reply: "Reply") -> None:
        asked = api.parse(body, default_max_tokens=self._settings.max_tokens_default)
        route = await self._access.route(caller, asked.model)
        sticky = str(caller.token.id if caller.token else caller.actor.id)
        answer = Answer(route, choose(route, sticky), caller, asked)
        reply.headers.append((b"x-request-id", answer.id.encode()))
        await _while_listening(receive, self._answer(answer, reply))

    async def _answer(self, answer: Answer, reply: "Reply") -> None:
        """Carry the runtime's pieces to the client; whatever happens, what was used is noted."""
        pieces = self._upstream.answer(answer.arm.addresses[0].removeprefix("unix:"), answer.arm.unit, answer.asked)
        status = Status.ERROR
        try:
            if answer.asked.stream:
                await self._stream(answer, pieces, reply)
            else:
                await self._whole(answer, pieces, reply)
        except asyncio.CancelledError:
            status = Status.CANCELLED
            raise
        finally:
            await pieces.aclose()
            if answer.last is not None and not answer.settled:
                await self._settle(answer, status)

    async def _whole(self, answer: Answer, pieces: Pieces, reply: "Reply") -> None:
        text, reason = "", ""
        async for piece in pieces:
            answer.take(piece)
            text, reason = text + piece.text, piece.finish_reason or ""
        await self._settle(answer, Status.OK)
        shape = api.Completion(answer.id, int(time.time()), shown(answer.route, answer.arm))
        await reply.json(shape.whole(text, reason, answer.usage))

    async def _stream(self, answer: Answer, pieces: Pieces, reply: "Reply") -> None:
        shape, asked = api.Completion(answer.id, int(time.time()), shown(answer.route, answer.arm)), answer.asked
        async for piece in pieces:
            if answer.last is None:
                await reply.begin_events()
                first = {"role": "assistant", "content": ""}
                await reply.event(shape.chunk(first, usage_follows=asked.include_usage))
            answer.take(piece)
            if piece.text:
                await reply.event(shape.chunk({"content": piece.text}, usage_follows=asked.include_usage))
        await self._settle(answer, Status.OK)
        reason = answer.last.finish_reason if answer.last else None
        await reply.event(shape.chunk({}, reason, usage_follows=asked.include_usage))
        if asked.include_usage:
            await reply.event(shape.usage_chunk(answer.usage))
        await reply.end_events()

    async def _settle(self, answer: Answer, status: Status) -> None:
        """Write the ledger, also when this request is being cancelled. Raises LedgerNotWritten."""
        answer.settled = True
        await self._ledger.write(answer.entry(status))


class Reply:
    """One response: JSON in one piece, or a stream of events."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False
        self.headers: list[tuple[bytes, bytes]] = []

    async def json(self, body: dict[str, Any], status: int = 200) -> None:
        """The whole response."""
        await self._begin(status, b"application/json")
        await self._send({"type": "http.response.body", "body": api.encode(body)})

    async def error(self, error: AirdError) -> None:
        """The error as OpenAI's clients read it; inside a stream as its last event."""
        if self._begun:
            await self._body(api.event(api.envelope(error)), more=False)
            return
        if error.status in (429, 503):
            self.headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
        if error.status == 401:
            self.headers.append((b"www-authenticate", b"Bearer"))
        if error.status == 501:
            self.headers.append((b"x-should-retry", b"false"))
        await self.json(api.envelope(error), error.status)

    async def begin_events(self) -> None:
        """Open the stream."""
        self.headers += [(b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]
        await self._begin(200, b"text/event-stream; charset=utf-8")

    async def event(self, body: dict[str, Any]) -> None:
        """One event of the stream."""
        await self._body(api.event(body))

    async def end_events(self) -> None:
        """Close the stream the way OpenAI's does."""
        await self._body(b"data: [DONE]\n\n", more=False)

    async def _begin(self, status: int, kind: bytes) -> None:
        self._begun = True
        headers = [(b"content-type", kind), *self.headers]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def _body(self, body: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})


async def _while_listening(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, and cancel it as soon as the client is gone; servers do not do that by themselves."""
    task, gone = asyncio.create_task(work), asyncio.create_task(_disconnected(receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        left = not task.done()
        if left:
            task.cancel()
            await asyncio.wait({task})
    if left:
        raise ClientGone
    task.result()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _path(scope: Scope) -> str:
    """The path below /v1, mounted there or not."""
    path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
    return path.removeprefix("/v1").strip("/")


def _require_method(method: str, wanted: str) -> None:
    if method != wanted:
        raise MethodNotAllowed(f"This address takes {wanted}, not {method}.")


def _model(route: Route) -> dict[str, Any]:
    return {"id": route.name, "object": "model", "created": route.created, "owned_by": route.department}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
