"""A world behind a real server on a loopback port, for both clients and for the commands."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from aird.server.app import create_app
from aird.testing import World


@dataclass
class Served:
    """Where the server is, and the world behind it."""

    url: str
    world: World

    def token(self, username: str = "sam") -> str:
        """A token of this person."""
        return self.world.token(username)


@contextmanager
def serving(world: World) -> Iterator[Served]:
    """The world's server, for as long as the block runs."""
    app = create_app(world.settings, world.database, world.store, reconcile=False)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Served(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", world)
    finally:
        server.should_exit = True
        thread.join()
