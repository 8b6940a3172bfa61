"""A model server that computes nothing: OpenAI's chat protocol, whole or as a stream of 64 chunks.

`python -m benchmarks.gateway_upstream PORT`. Each chunk carries the usage when it is asked for, as vLLM's do.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

CHUNKS, PROMPT_TOKENS = 64, 250
CHUNK_SECONDS = 0.02

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def app(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Answer one request."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    asked = json.loads(body) if body else {}
    if not asked.get("stream"):
        await _send(send, b"application/json", [json.dumps(_whole(asked)).encode()])
        return
    continuous = (asked.get("stream_options") or {}).get("continuous_usage_stats", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for number in range(1, CHUNKS + 1):
        await asyncio.sleep(CHUNK_SECONDS)
        await _event(send, _chunk(asked, number, {"content": f"word{number} "}, None, continuous))
    await _event(send, _chunk(asked, CHUNKS, {}, "stop", continuous))
    if (asked.get("stream_options") or {}).get("include_usage"):
        await _event(send, {**_head(asked, "chat.completion.chunk"), "choices": [], "usage": _usage(CHUNKS)})
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n", "more_body": False})


def _whole(asked: Message) -> Message:
    message = {"role": "assistant", "content": "yes " * 20}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {**_head(asked, "chat.completion"), "choices": [choice], "usage": _usage(20)}


def _chunk(asked: Message, tokens: int, delta: Message, reason: str | None, usage: bool) -> Message:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    chunk = {**_head(asked, "chat.completion.chunk"), "choices": [choice]}
    return {**chunk, "usage": _usage(tokens)} if usage else chunk


def _head(asked: Message, kind: str) -> Message:
    return {"id": "chatcmpl-upstream", "object": kind, "created": 1, "model": asked.get("model", "")}


def _usage(tokens: int) -> Message:
    total = PROMPT_TOKENS + tokens
    return {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": tokens, "total_tokens": total}


async def _event(send: Send, body: Message) -> None:
    await send(
        {"type": "http.response.body", "body": b"data: " + json.dumps(body).encode() + b"\n\n", "more_body": True}
    )


async def _send(send: Send, kind: bytes, parts: list[bytes]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": b"".join(parts)})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", loop="uvloop", http="httptools")
