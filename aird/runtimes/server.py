"""The serving process: `python -m aird.runtimes.server --base FOLDER --name DIGEST --socket PATH`.

One model with any number of adapters, each a unit named by its digest, over HTTP as vLLM speaks it, so that gateway
and reconciler know one protocol for every engine:

    POST /v1/chat/completions, /v1/completions, /v1/embeddings     `model` is a unit's digest
    GET  /v1/models                 every unit, adapters with `root` (their folder) and `parent`
    POST /v1/load_lora_adapter      {"lora_name", "lora_path"}: load it and have it say one token
    POST /v1/unload_lora_adapter    {"lora_name"}: 409 while it answers, 404 when it is not there
    GET  /health, /metrics          200 or 503; Prometheus' text
    GET  /healthz                   {"state", "reason", "units", "in_flight", "in_flight_by_unit", "memory"}:
                                    200 ready, 503 loading, 500 cannot load

It listens on a Unix socket that only its owner can open, or with `--host`, `--port` and `--api-key-file` on an
address, where everything but /health then wants the key. A client that leaves stops its answer within one token. An
error before the first token has its own status; one after it is an event of the stream.
"""

import argparse
import asyncio
import base64
import hmac
import logging
import os
import signal
import struct
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from uuid import uuid4

from aiohttp import web

from aird.core.errors import AirdError, NotAuthenticated
from aird.runtimes import questions, replies
from aird.runtimes.base import Token
from aird.runtimes.errors import AdapterNotLoaded, EngineFailed
from aird.runtimes.lifeline import tie_to_parent
from aird.runtimes.replies import Reply
from aird.runtimes.resident import Resident

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 2**20
NO_BUFFERING = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
RESIDENT = web.AppKey("resident", Resident)
KEY = web.AppKey("key", bytes)
routes = web.RouteTableDef()


@routes.get("/healthz")
async def healthz(request: web.Request) -> web.Response:
    """Whether the model is there, which units, and what they do."""
    resident = request.app[RESIDENT]
    runs, waits = resident.scheduler.counts()
    body = {
        "state": resident.state,
        "reason": resident.reason,
        "units": resident.units(),
        "in_flight": sum(runs.values()) + sum(waits.values()),
        "in_flight_by_unit": {unit: runs.get(unit, 0) + waits.get(unit, 0) for unit in runs.keys() | waits.keys()},
        "memory": dict(resident.loaded.memory()) if resident.loaded is not None else {},
    }
    return web.json_response(body, status={"ready": 200, "starting": 503, "failed": 500}[resident.state])


@routes.get("/health")
async def health(request: web.Request) -> web.Response:
    """200 when it can answer."""
    return web.Response(status=200 if request.app[RESIDENT].state == "ready" else 503)


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """What it has counted."""
    resident = request.app[RESIDENT]
    engine = resident.loaded
    text = resident.telemetry.text(
        *resident.scheduler.counts(),
        adapters=len(engine.adapters) if engine else 0,
        memory=engine.memory() if engine else {},
    )
    return web.Response(body=text, headers={"content-type": "text/plain; version=0.0.4; charset=utf-8"})


@routes.get("/v1/models")
async def models(request: web.Request) -> web.Response:
    """The units that can answer."""
    resident = request.app[RESIDENT]
    context = resident.engine.context
    data = [
        {
            "id": unit,
            "object": "model",
            "created": request.app[STARTED],
            "owned_by": "aird",
            "root": resident.paths.get(unit, str(resident.base)),
            "parent": None if unit == resident.name else resident.name,
            "max_model_len": context,
        }
        for unit in resident.units()
    ]
    return web.json_response({"object": "list", "data": data})


@routes.post("/v1/load_lora_adapter")
async def load_adapter(request: web.Request) -> web.Response:
    """Load an adapter."""
    name, path = questions.text_field(await request.read(), "lora_name", "lora_path")
    await request.app[RESIDENT].add(name, Path(path))
    return web.Response(text=f"Success: LoRA adapter '{name}' added successfully.")


@routes.post("/v1/unload_lora_adapter")
async def unload_adapter(request: web.Request) -> web.Response:
    """Free an adapter."""
    (name,) = questions.text_field(await request.read(), "lora_name")
    if not await request.app[RESIDENT].remove(name):
        raise AdapterNotLoaded(f"The unit {name} is not loaded here.", param="lora_name")
    return web.Response(text=f"Success: LoRA adapter '{name}' removed successfully.")


@routes.post("/v1/embeddings")
async def embeddings(request: web.Request) -> web.Response:
    """A vector for each input."""
    resident = request.app[RESIDENT]
    asked = questions.embedding(await request.read())
    prompts = await resident.encode(asked)
    vectors = await resident.embed(asked.unit, prompts)
    used = sum(len(each.ids) for each in prompts)
    data = [
        {"object": "embedding", "index": i, "embedding": _base64(vector) if asked.base64 else vector}
        for i, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": used, "total_tokens": used}
    return web.json_response({"object": "list", "data": data, "model": asked.unit, "usage": usage})


def _base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


@routes.post("/v1/chat/completions")
async def chat(request: web.Request) -> web.StreamResponse:
    """Answer a chat."""
    return await _answer(request, questions.chat(await request.read()), chat=True)


@routes.post("/v1/completions")
async def completion(request: web.Request) -> web.StreamResponse:
    """Go on with a text."""
    return await _answer(request, questions.completion(await request.read()), chat=False)


async def _answer(request: web.Request, question: questions.Question, *, chat: bool) -> web.StreamResponse:
    resident = request.app[RESIDENT]
    prompts = await resident.encode(question)
    reply = Reply(
        f"{'chatcmpl' if chat else 'cmpl'}-{uuid4().hex}",
        int(time.time()),
        question.unit,
        chat,
        sum(len(prompt.ids) for prompt in prompts),
        question.include_usage,
        question.continuous_usage,
    )
    async with aclosing(resident.answer(question, prompts)) as tokens:
        if question.stream:
            return await _stream(request, reply, tokens)
        async for index, token in tokens:
            reply.add(index, token)
    return web.Response(body=replies.encode(reply.whole()), content_type="application/json")


async def _stream(
    request: web.Request, reply: Reply, tokens: AsyncGenerator[tuple[int, Token], None]
) -> web.StreamResponse:
    first = await anext(tokens)  # what is wrong with the question shows here, while there is no status yet
    response = web.StreamResponse(headers=NO_BUFFERING)
    await response.prepare(request)
    await response.write(b"".join(reply.events(*first)))
    try:
        async for index, token in tokens:
            await response.write(b"".join(reply.events(index, token)))
        await response.write(b"".join(reply.end()))
    except ConnectionError:
        raise  # nobody is left who could be told
    except Exception as error:
        await response.write(replies.event(replies.envelope(_known(error))) + replies.DONE)
    return response


STARTED = web.AppKey("started", int)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _show_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        _check_key(request)
        return await handler(request)
    except (web.HTTPException, ConnectionError):
        raise
    except Exception as failure:
        error = _known(failure)
        wait = replies.RETRY_SECONDS.get(error.status)
        headers = {"retry-after": wait} if wait else {}
        return web.json_response(replies.envelope(error), status=error.status, headers=headers)


def _known(error: Exception) -> AirdError:
    if isinstance(error, AirdError):
        return error
    log.error("an answer failed", exc_info=error)
    return EngineFailed("The engine failed; the log of its process says why.")


def _check_key(request: web.Request) -> None:
    key = request.app.get(KEY)
    if key is None or request.path == "/health":
        return
    given = request.headers.get("authorization", "").removeprefix("Bearer ").encode("utf-8", "replace")
    if not hmac.compare_digest(given, key):
        raise NotAuthenticated("This engine answers those who have its key.")


def make_app(resident: Resident, key: bytes | None = None) -> web.Application:
    """The process's HTTP application; with a key, for those who have it."""
    resident.telemetry.name = resident.name
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_show_errors])
    app[RESIDENT], app[STARTED] = resident, int(time.time())
    if key is not None:
        app[KEY] = key
    app.add_routes(routes)
    return app


async def serve(resident: Resident, listen: Callable[[web.AppRunner], web.BaseSite], key: bytes | None = None) -> None:
    """Answer until SIGTERM or SIGINT; running answers get five seconds to end."""
    app = make_app(resident, key)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    await listen(runner).start()
    ended = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    loading = asyncio.create_task(resident.load())
    await ended.wait()
    loading.cancel()
    await runner.cleanup()


def main(arguments: list[str] | None = None, *, resident: type[Resident] = Resident) -> None:
    """Run the process; it ends with its parent."""
    parser = argparse.ArgumentParser(prog="python -m aird.runtimes.server")
    parser.add_argument("--base", type=Path, required=True, help="folder of the whole model")
    parser.add_argument("--name", required=True, help="its digest")
    parser.add_argument("--socket", type=Path, help="where to listen on this machine")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on, with --port")
    parser.add_argument("--port", type=int, help="where to listen for other machines")
    parser.add_argument("--api-key-file", type=Path, help="the key that --port wants of everybody")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the arithmetic")
    parser.add_argument("--cache-mib", type=int, default=2048, help="memory for keys and values of running answers")
    chosen = parser.parse_args(arguments)
    if (chosen.socket is None) == (chosen.port is None):
        parser.error("give either --socket or --port")
    if chosen.port is not None and chosen.api_key_file is None:
        parser.error("--port needs --api-key-file: whoever reaches an address could load files and ask")
    tie_to_parent()
    os.umask(0o077)
    os.environ.update(_threads(chosen.threads))
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    key = None if chosen.api_key_file is None else chosen.api_key_file.read_bytes().strip()

    def listen(runner: web.AppRunner) -> web.BaseSite:
        if chosen.socket is not None:
            return web.UnixSite(runner, str(chosen.socket))
        return web.TCPSite(runner, chosen.host, chosen.port)

    asyncio.run(serve(resident(chosen.name, chosen.base, chosen.threads, chosen.cache_mib * 2**20), listen, key))
    os._exit(0)  # the model's thread may be in the middle of a forward pass; there is nothing left to tidy up


def _threads(count: int) -> dict[str, str]:
    """So that workers beside each other do not fight for cores: as many threads as they were given, none that spins.

    Read when torch is imported, which is after this.
    """
    counts = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(count))
    return {**counts, "OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0", "TOKENIZERS_PARALLELISM": "false"}


if __name__ == "__main__":
    main()
