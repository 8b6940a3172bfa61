"""The commands against the client tests' stand-in server: sockets on the loopback address only."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import pytest_socket
from click.testing import CliRunner, Result

from aird.cli.main import main
from tests.client.stand_in import StandIn, running


@pytest.fixture(autouse=True)
def _loopback_only(socket_enabled: None) -> None:
    pytest_socket.socket_allow_hosts(["127.0.0.1"])


@pytest.fixture
def server() -> Iterator[StandIn]:
    with running() as found:
        yield found


@pytest.fixture
def env(server: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment in which commands talk to the stand-in."""
    for name in [name for name in os.environ if name.startswith("AIRD_")]:
        monkeypatch.delenv(name)
    mine = {
        "AIRD_URL": server.url,
        "AIRD_TOKEN": "t",
        "AIRD_DATA_DIR": str(tmp_path / "data"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "NO_COLOR": "1",
    }
    for name, value in mine.items():
        monkeypatch.setenv(name, value)
    return {**os.environ, **mine}


@pytest.fixture
def aird(env: dict[str, str]) -> Callable[..., Result]:
    """Run a command in this process; a bug in it is raised."""

    def run(*arguments: str, input: str | None = None) -> Result:
        result = CliRunner(env=env).invoke(main, arguments, input=input, prog_name="aird")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run
