"""Both clients against a stand-in server: these tests open sockets on the loopback address and nowhere else."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_socket

from aird.client import AsyncClient, Client
from tests.client.both import Waited
from tests.client.stand_in import StandIn, running


@pytest.fixture(autouse=True)
def _loopback_only(socket_enabled: None) -> None:
    pytest_socket.socket_allow_hosts(["127.0.0.1"])


@pytest.fixture(autouse=True)
def _no_server_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AIRD_URL", "AIRD_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AIRD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def server() -> Iterator[StandIn]:
    with running() as found:
        yield found


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., Client]]:
    """Makes clients of both kinds, used the same way."""
    if request.param == "sync":
        with contextlib.ExitStack() as clients:
            yield lambda *given, **named: clients.enter_context(Client(*given, **named))
        return
    loop = asyncio.new_event_loop()
    made: list[AsyncClient] = []

    def make(*given: Any, **named: Any) -> Client:
        made.append(AsyncClient(*given, **named))
        return cast(Client, Waited(made[-1], loop))

    yield make
    for each in made:
        loop.run_until_complete(each.close())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def client(server: StandIn, connect: Callable[..., Client]) -> Client:
    return connect(server.url, "aird_user_secret", timeout=5, retry_pause=0.01)
