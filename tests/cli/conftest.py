"""The commands against the client tests' stand-in server: sockets on the loopback address only."""

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aird.cli.main import main

_file = Path(__file__).parents[1] / "client" / "stand_in.py"
_spec = importlib.util.spec_from_file_location("aird_stand_in_for_commands", _file)
assert _spec is not None
assert _spec.loader is not None
stand_in = sys.modules["aird_stand_in_for_commands"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stand_in)


@pytest.fixture
def server() -> Iterator[Any]:
    with stand_in.running() as found:
        yield found


@pytest.fixture
def env(server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment in which commands talk to the stand-in."""
    for name in [name for name in os.environ if name.startswith("AIRD_")]:
        monkeypatch.delenv(name)
    mine = {
        "AIRD_URL": server.url,
        "AIRD_TOKEN": "t",
        "AIRD_DATA_DIR": str(tmp_path / "data"),
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
