"""The routes that a serving process had before it spoke OpenAI's protocol; they go when nothing asks them any more."""

import json
from pathlib import Path

from aiohttp import web

from aird.runtimes.base import Sampling, Token
from aird.runtimes.questions import Question
from aird.runtimes.resident import Resident


def add_routes(app: web.Application, resident: Resident) -> None:
    """Add /units and /generate."""

    async def add_unit(request: web.Request) -> web.Response:
        body = await request.json()
        await resident.add(body["name"], Path(body["path"]))
        return web.json_response({"units": resident.units()})

    async def remove_unit(request: web.Request) -> web.Response:
        await resident.remove(request.match_info["name"])
        return web.json_response({"units": resident.units()})

    async def generate(request: web.Request) -> web.StreamResponse:
        order = await request.json()
        sampling = Sampling(
            order["max_tokens"],
            order.get("temperature", 0.0),
            order.get("top_p", 1.0),
            order.get("seed"),
            tuple(order.get("stop") or ()),
        )
        question = Question(str(order["unit"]), (order["messages"],), sampling)
        tokens = resident.answer(question, await resident.encode(question))
        try:
            _, first = await anext(tokens)
            response = web.StreamResponse(headers={"content-type": "application/x-ndjson"})
            await response.prepare(request)
            await response.write(_line(first))
            try:
                async for _, token in tokens:
                    await response.write(_line(token))
            except Exception as error:
                code, message = getattr(error, "code", "error"), getattr(error, "message", str(error))
                await response.write(json.dumps({"error": {"code": code, "message": message}}).encode() + b"\n")
            return response
        finally:
            await tokens.aclose()

    app.router.add_post("/units", add_unit)
    app.router.add_delete("/units/{name}", remove_unit)
    app.router.add_post("/generate", generate)


def _line(token: Token) -> bytes:
    line: dict[str, object] = {
        "text": token.text,
        "prompt_tokens": token.prompt_tokens,
        "completion_tokens": token.completion_tokens,
    }
    if token.finish_reason is not None:
        line["finish_reason"] = token.finish_reason
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
