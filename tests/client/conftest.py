"""The client against a stand-in server: these tests open sockets on the loopback address and nowhere else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_socket

from aird.client import Client
from tests.client.stand_in import StandIn, running


@pytest.fixture(autouse=True)
def _loopback_only(socket_enabled: None) -> None:
    pytest_socket.socket_allow_hosts(["127.0.0.1"])


@pytest.fixture(autouse=True)
def _no_server_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AIRD_URL", "AIRD_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AIRD_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def server() -> Iterator[StandIn]:
    with running() as found:
        yield found


@pytest.fixture
def client(server: StandIn) -> Iterator[Client]:
    with Client(server.url, "aird_user_secret", timeout=5, retry_pause=0.01) as found:
        yield found
