"""The serving process: `python -m aird.runtimes.server --base FOLDER --name DIGEST --socket PATH`.

One model with any number of adapters, each a unit named by its digest, over HTTP on a Unix socket that only
its owner can open. Spoken to by the gateway and the reconciler alone:

    GET    /healthz        {"state", "reason", "units", "in_flight"}: 200 ready, 503 loading, 500 cannot load
    POST   /units          {"name", "path"}: load an adapter and have it say one token
    DELETE /units/{name}   409 while it answers
    POST   /generate       {"unit", "messages", "max_tokens", "temperature", "top_p", "seed", "stop"}
                           -> JSON lines {"text", "prompt_tokens", "completion_tokens"}, the last with
                           "finish_reason"; {"error": {"code", "message"}} when it fails on the way

A client that leaves stops its answer within one token. An error before the first token has its own status.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from aird.core.errors import AirdError, Unavailable
from aird.runtimes.base import BASE, Message, Token
from aird.runtimes.errors import AdapterAlreadyLoaded, AdapterNotLoaded
from aird.runtimes.lifeline import tie_to_parent
from aird.runtimes.scheduler import Answer, Scheduler

if TYPE_CHECKING:
    from aird.runtimes.hf import LoadedModel

log = logging.getLogger(__name__)

WARM_UP: list[Message] = [{"role": "user", "content": "."}]
MAX_BODY_BYTES = 64 * 2**20


class NotLoadedYet(Unavailable):
    """The model is still being loaded"""


class UnitInUse(AdapterAlreadyLoaded):
    """The unit is answering"""


@dataclass
class Resident:
    """The model of this process and what became of loading it."""

    name: str
    base: Path
    threads: int
    scheduler: Scheduler = field(default_factory=Scheduler)
    loaded: "LoadedModel | None" = None
    reason: str = ""

    async def load(self) -> None:
        """Load the base and have it say one token; what goes wrong is told by /healthz."""
        try:
            await asyncio.wrap_future(self.scheduler.call(self._load))
        except Exception as error:
            log.exception("%s cannot be loaded", self.name)
            self.reason = str(error) or type(error).__name__

    def _load(self) -> None:
        # Imported here, in the model's thread: it takes seconds, in which /healthz must answer.
        from aird.runtimes import hf

        model = hf.load(self.base, threads=self.threads)
        _say_one_token(model, BASE)
        self.loaded = model

    @property
    def model(self) -> "LoadedModel":
        """The loaded model. Raises NotLoadedYet."""
        if self.loaded is None:
            raise NotLoadedYet(self.reason or "The model is still being loaded. Try again in a moment.")
        return self.loaded

    @property
    def state(self) -> str:
        """starting, ready or failed."""
        return "ready" if self.loaded is not None else "failed" if self.reason else "starting"

    def units(self) -> list[str]:
        """The units that can answer."""
        return [] if self.loaded is None else [self.name, *self.loaded.adapters]

    def adapter(self, unit: str) -> str:
        """The model's own name for a unit. Raises AdapterNotLoaded."""
        if unit not in self.units():
            raise AdapterNotLoaded(f"The unit {unit} is not loaded here.", unit=unit)
        return BASE if unit == self.name else unit

    async def add(self, name: str, path: Path) -> None:
        """Load an adapter; nothing happens when it is there."""
        model = self.model

        def load() -> None:
            if name in self.units():
                return
            model.add_adapter(name, path)
            try:
                _say_one_token(model, name)
            except BaseException:
                model.remove_adapter(name)
                raise

        await asyncio.wrap_future(self.scheduler.call(load))

    async def remove(self, name: str) -> None:
        """Free an adapter; nothing happens when it is not there. Raises UnitInUse."""
        model = self.model

        def free() -> None:
            if self.scheduler.in_flight(name):
                raise UnitInUse(f"The unit {name} is answering. Remove it when it is done.", unit=name)
            if name in model.adapters:
                model.remove_adapter(name)

        await asyncio.wrap_future(self.scheduler.call(free))

    async def generate(self, order: dict[str, Any]) -> AsyncGenerator[Token, None]:
        """The answer's tokens; closing the iterator stops the work."""
        model, unit = self.model, str(order["unit"])
        adapter = self.adapter(unit)
        loop, arrived = asyncio.get_running_loop(), asyncio.Queue[Token | BaseException | None]()

        def start() -> Iterator[Token]:
            return model.generate(
                order["messages"],
                max_tokens=order["max_tokens"],
                temperature=order.get("temperature", 0.0),
                top_p=order.get("top_p", 1.0),
                seed=order.get("seed"),
                stop=order.get("stop") or (),
                adapter=adapter,
            )

        answer = Answer(unit, start, lambda item: _hand_over(loop, arrived, item))
        self.scheduler.submit(answer)
        try:
            while (item := await arrived.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            answer.cancelled.set()


def _hand_over(loop: asyncio.AbstractEventLoop, queue: "asyncio.Queue[Any]", item: object) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(queue.put_nowait, item)


def _say_one_token(model: "LoadedModel", adapter: str) -> None:
    for _ in model.generate(WARM_UP, max_tokens=1, adapter=adapter):
        pass


RESIDENT = web.AppKey("resident", Resident)
routes = web.RouteTableDef()


@routes.get("/healthz")
async def health(request: web.Request) -> web.Response:
    """Whether the model is there, and which units."""
    resident = request.app[RESIDENT]
    body = {
        "state": resident.state,
        "reason": resident.reason,
        "units": resident.units(),
        "in_flight": resident.scheduler.in_flight(),
    }
    return web.json_response(body, status={"ready": 200, "starting": 503, "failed": 500}[resident.state])


@routes.post("/units")
async def add_unit(request: web.Request) -> web.Response:
    """Load an adapter."""
    body = await request.json()
    await request.app[RESIDENT].add(body["name"], Path(body["path"]))
    return web.json_response({"units": request.app[RESIDENT].units()})


@routes.delete("/units/{name}")
async def remove_unit(request: web.Request) -> web.Response:
    """Free an adapter."""
    await request.app[RESIDENT].remove(request.match_info["name"])
    return web.json_response({"units": request.app[RESIDENT].units()})


@routes.post("/generate")
async def generate(request: web.Request) -> web.StreamResponse:
    """Answer, one JSON line a token."""
    tokens = request.app[RESIDENT].generate(await request.json())
    try:
        first = await anext(tokens)  # what is wrong with the question shows here, while there is no status yet
        response = web.StreamResponse(headers={"content-type": "application/x-ndjson"})
        await response.prepare(request)
        await response.write(_line(first))
        try:
            async for token in tokens:
                await response.write(_line(token))
        except AirdError as error:
            await response.write(json.dumps({"error": _error(error)}).encode() + b"\n")
        return response
    finally:
        await tokens.aclose()


def _line(token: Token) -> bytes:
    line: dict[str, object] = {
        "text": token.text,
        "prompt_tokens": token.prompt_tokens,
        "completion_tokens": token.completion_tokens,
    }
    if token.finish_reason is not None:
        line["finish_reason"] = token.finish_reason
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _error(error: AirdError) -> dict[str, str]:
    return {"code": error.code, "message": error.message}


@web.middleware
async def _show_errors(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
        return response
    except AirdError as error:
        return web.json_response({"error": _error(error)}, status=error.status)


def make_app(resident: Resident) -> web.Application:
    """The process's HTTP application."""
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_show_errors])
    app[RESIDENT] = resident
    app.add_routes(routes)
    return app


async def serve(resident: Resident, socket: Path) -> None:
    """Answer on the socket until SIGTERM or SIGINT; running answers get five seconds to end."""
    runner = web.AppRunner(make_app(resident), handler_cancellation=True, access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    await web.UnixSite(runner, str(socket)).start()
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
    parser.add_argument("--socket", type=Path, required=True, help="where to listen")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of the arithmetic")
    chosen = parser.parse_args(arguments)
    tie_to_parent()
    os.umask(0o077)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(serve(resident(chosen.name, chosen.base, chosen.threads), chosen.socket))
    os._exit(0)  # the model's thread may be in the middle of a forward pass; there is nothing left to tidy up


if __name__ == "__main__":
    main()
