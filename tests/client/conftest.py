"""The client against a stand-in server: these tests open sockets on the loopback address and nowhere else."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aird.client import Client

_spec = importlib.util.spec_from_file_location("aird_stand_in", Path(__file__).with_name("stand_in.py"))
assert _spec is not None
assert _spec.loader is not None
stand_in = sys.modules["aird_stand_in"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(stand_in)


@pytest.fixture(autouse=True)
def _no_server_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AIRD_URL", "AIRD_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AIRD_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def server() -> Iterator[Any]:
    with stand_in.running() as found:
        yield found


@pytest.fixture
def client(server: Any) -> Iterator[Client]:
    with Client(server.url, "aird_user_secret", timeout=5, retry_pause=0.01) as found:
        yield found
