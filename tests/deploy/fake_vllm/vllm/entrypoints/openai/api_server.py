"""vLLM's server without vLLM: its arguments, and tests/deploy/fake_runtime.py behind its socket.

What differs from our own worker is kept: unloading is never refused, an adapter that is there is refused, and a child
process stands for the engine.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

sys.path.insert(0, str(Path(__file__).parents[4]))  # tests/deploy

import fake_runtime

from aird.runtimes import server


@web.middleware
async def takes_salts(request: web.Request, handler: Handler) -> web.StreamResponse:
    """It has prefix caches that a salt keeps apart."""
    raw = await request.read()
    if b'"cache_salt"' in raw:
        request._read_bytes = json.dumps({k: v for k, v in json.loads(raw).items() if k != "cache_salt"}).encode()
    return await handler(request)


async def version(_request: web.Request) -> web.Response:
    """As vLLM says it."""
    return web.json_response({"version": "0.0.fake"})


def main() -> None:
    """Serve until we are told to end."""
    parser = argparse.ArgumentParser()
    for name in ("--model", "--served-model-name"):
        parser.add_argument(name, required=True)
    for name in ("--uds", "--host", "--port"):
        parser.add_argument(name)
    chosen, rest = parser.parse_known_args()
    assert os.environ["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "1"
    assert "--enable-lora" in rest
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])  # its engine: ends only with the leash
    os.umask(0o077)
    resident = fake_runtime.FakeResident(chosen.served_model_name, Path(chosen.model), 1)
    key = os.environ.get("VLLM_API_KEY")
    app = server.make_app(resident, key.encode() if key else None)
    app.middlewares.append(takes_salts)
    app.router.add_get("/version", version)

    async def serve() -> None:
        runner = web.AppRunner(app, handler_cancellation=True)
        await runner.setup()
        here = web.UnixSite(runner, chosen.uds) if chosen.uds else web.TCPSite(runner, chosen.host, int(chosen.port))
        await here.start()
        await resident.load()
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
