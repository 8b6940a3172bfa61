"""The gateway's line to the engines: OpenAI's protocol over HTTP, on Unix sockets or addresses of the network.

A request goes to the least busy replica of its arm. One that does not take it before its first byte (no connection,
502, 503, 404 for a version that is not loaded there yet) is tried once more, on another replica.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp
import orjson
from yarl import URL

from aird.core.errors import AirdError
from aird.deploy.errors import EndpointNotReady, RuntimeFailed
from aird.deploy.gateway.protocol import errors
from aird.deploy.gateway.protocol.sound import is_sound

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=2.0, sock_read=600.0)
IDLE_SECONDS = 2.0
"""A connection that was idle for longer is not used again: servers close theirs after five seconds."""
ELSEWHERE = frozenset({404, 502, 503})
"""Answers after which another replica may do better."""
MOST_EVENT = 16 * 2**20
"""Bytes of one event of a stream."""
NO_ANSWER = "The model's process answered with something that is no answer."
BROKEN = (aiohttp.ClientError, OSError, TimeoutError)


class Exchange:
    """One request that an engine took. Close it in any case: that stops the engine's work."""

    def __init__(self, upstream: "Upstream", address: str, response: aiohttp.ClientResponse) -> None:
        self._upstream, self._address, self._response = upstream, address, response
        self._ended = False

    async def whole(self) -> dict[str, Any]:
        """The answer in one piece. Raises RuntimeFailed."""
        try:
            raw = await self._response.read()
            answer = orjson.loads(raw)
        except (*BROKEN, ValueError) as error:
            raise RuntimeFailed("The model's process failed in the middle of the answer.") from error
        self._ended = True
        if not isinstance(answer, dict) or not is_sound(answer):
            raise RuntimeFailed(NO_ANSWER)
        return answer

    async def pieces(self) -> AsyncIterator[list[dict[str, Any]]]:
        """The pieces of a stream, as many at a time as have come. Raises RuntimeFailed."""
        rest, content = b"", self._response.content
        try:
            while data := await content.readany():
                *whole, rest = (rest + data).split(b"\n\n")
                found = list[dict[str, Any]]()
                failure: AirdError | None = None
                for each in whole:
                    if each == b"data: [DONE]":
                        self._ended = True
                    elif each.startswith(b"data:"):
                        piece, failure = _piece(each[5:])
                        if piece is None:
                            break
                        found.append(piece)
                if found:
                    yield found  # also those that came together with a failure
                if failure is not None:
                    raise failure
                if len(rest) > MOST_EVENT:
                    raise RuntimeFailed(NO_ANSWER)
                if self._ended:
                    await self._response.read()  # to its end, so that the connection can be used again
                    return
        except BROKEN as error:
            raise RuntimeFailed("The model's process failed in the middle of the answer.") from error
        raise RuntimeFailed("The model's process stopped in the middle of the answer.")

    def close(self) -> None:
        """Let go of the connection; it is cut when the answer has not come to its end."""
        if self._ended:
            self._response.release()
        else:
            self._response.close()
        self._upstream.left(self._address)


def _piece(raw: bytes) -> tuple[dict[str, Any] | None, AirdError | None]:
    """A piece of a stream, or why it is none."""
    try:
        piece = orjson.loads(raw)
    except ValueError:
        return None, RuntimeFailed("The model's process failed in the middle of the answer.")
    if not isinstance(piece, dict):
        return None, RuntimeFailed(NO_ANSWER)
    if "choices" not in piece:
        return None, errors.failed_midway(piece.get("error"))
    return (piece, None) if is_sound(piece) else (None, RuntimeFailed(NO_ANSWER))


class Upstream:
    """Connections to engines by their addresses: `unix:/path` or `http://host:port`, where `key` lets in."""

    def __init__(self, key: str = "") -> None:
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._urls: dict[tuple[str, str], URL] = {}
        self._busy: dict[str, int] = {}
        self._key = {"authorization": f"Bearer {key}"} if key else {}

    async def post(self, addresses: Sequence[str], path: str, body: bytes, request_id: str) -> Exchange:
        """Send a request to a replica that takes it.

        Raises EndpointNotReady, TooManyRequests, QuestionRefused.
        """
        refusal: AirdError = EndpointNotReady("No process of the model is there right now.")
        for address in sorted(addresses, key=lambda each: self._busy.get(each, 0))[:2]:
            self._busy[address] = self._busy.get(address, 0) + 1
            taken = False
            try:
                response = await self._send(address, path, body, request_id)
                if response.status == 200:
                    taken = True
                    return Exchange(self, address, response)
                refusal = errors.from_runtime(
                    response.status, await response.read(), retry_after=response.headers.get("retry-after")
                )
                if response.status not in ELSEWHERE:
                    break
            except BROKEN as error:
                await self._drop(address)
                refusal = EndpointNotReady("The model's process does not answer. It is being started again.")
                refusal.__cause__ = error
            finally:
                if not taken:
                    self.left(address)
        raise refusal

    def left(self, address: str) -> None:
        """Note that a request at this address is over."""
        busy = self._busy.get(address, 0) - 1
        if busy > 0:
            self._busy[address] = busy
        else:
            self._busy.pop(address, None)

    async def close(self) -> None:
        """Drop every connection."""
        for address in list(self._sessions):
            await self._drop(address)

    async def _send(self, address: str, path: str, body: bytes, request_id: str) -> aiohttp.ClientResponse:
        headers = {"content-type": "application/json", "x-request-id": request_id}
        if not address.startswith("unix:"):
            headers |= self._key
        url = self._url(address, path)
        return await self._session(address).post(url, data=body, headers=headers, allow_redirects=False)

    def _url(self, address: str, path: str) -> URL:
        url = self._urls.get((address, path))
        if url is None:
            host = "http://runtime" if address.startswith("unix:") else address.rstrip("/")
            url = self._urls[address, path] = URL(f"{host}/v1/{path}")
        return url

    async def _drop(self, address: str) -> None:
        session = self._sessions.pop(address, None)
        if session is not None:
            await session.close()
        self._urls = {each: url for each, url in self._urls.items() if each[0] in self._sessions}

    def _session(self, address: str) -> aiohttp.ClientSession:
        session = self._sessions.get(address)
        if session is None:
            session = self._sessions[address] = aiohttp.ClientSession(
                connector=_connector(address), timeout=TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("accept-encoding", "user-agent"),
            )  # fmt: skip
        return session


def _connector(address: str) -> aiohttp.BaseConnector:
    if address.startswith("unix:"):
        return aiohttp.UnixConnector(path=address.removeprefix("unix:"), limit=0, keepalive_timeout=IDLE_SECONDS)
    return aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS)
