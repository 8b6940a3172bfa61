"""The gateway's line to the runtime processes: one answer as a stream of pieces over their Unix sockets."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import aiohttp

from aird.core.errors import AirdError, BadInput, TooManyRequests
from aird.deploy.errors import EndpointNotReady, RuntimeFailed
from aird.deploy.gateway.openai_api import ChatRequest

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=2.0, sock_read=300.0)


@dataclass(frozen=True)
class Piece:
    """Some text, and what was used up to it; `finish_reason` is set on the last piece alone."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str | None


class QuestionRefused(BadInput):
    """The runtime cannot take this question"""


class Upstream:
    """Connections to runtime processes by their sockets' paths."""

    def __init__(self) -> None:
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def answer(self, address: str, unit: str, asked: ChatRequest) -> AsyncGenerator[Piece, None]:
        """The pieces of an answer; closing the iterator, or cancelling, stops the runtime's work.

        Raises EndpointNotReady, TooManyRequests, QuestionRefused, and RuntimeFailed on the way.
        """
        order = {
            "unit": unit,
            "messages": asked.messages,
            "max_tokens": asked.max_tokens,
            "temperature": asked.temperature,
            "top_p": asked.top_p,
            "seed": asked.seed,
            "stop": asked.stop,
        }
        try:
            response = await self._session(address).post("http://runtime/generate", json=order)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            await self._drop(address)
            raise EndpointNotReady("The model's process does not answer. It is being started again.") from error
        try:
            if response.status != 200:
                raise _refusal(response.status, await response.read())
            async for line in response.content:
                piece = _piece(json.loads(line))
                yield piece
                if piece.finish_reason is not None:
                    return
            raise RuntimeFailed("The model's process stopped in the middle of the answer.")
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise RuntimeFailed("The model's process failed in the middle of the answer.") from error
        finally:
            response.close()

    async def close(self) -> None:
        """Drop every connection."""
        for address in list(self._sessions):
            await self._drop(address)

    async def _drop(self, address: str) -> None:
        session = self._sessions.pop(address, None)
        if session is not None:
            await session.close()

    def _session(self, address: str) -> aiohttp.ClientSession:
        session = self._sessions.get(address)
        if session is None:
            session = self._sessions[address] = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(path=address, limit=0),
                timeout=TIMEOUT,
            )
        return session


def _piece(line: dict[str, Any]) -> Piece:
    if "error" in line:
        raise RuntimeFailed(str(line["error"]["message"]), cause=line["error"]["code"])
    return Piece(line["text"], line["prompt_tokens"], line["completion_tokens"], line.get("finish_reason"))


def _refusal(status: int, raw: bytes) -> AirdError:
    try:
        said = json.loads(raw)["error"]
        message, code = str(said["message"]), str(said["code"])
    except (ValueError, KeyError, TypeError):
        message, code = "The model's process failed; its log says why.", "runtime_failed"
    if status == 429:
        return TooManyRequests(message)
    if status == 400:
        refused = QuestionRefused(message, param="messages")
        refused.params["cause"] = code
        return refused
    return EndpointNotReady(message, cause=code)
