"""One server for all tests of the Hub protocol that need a process to speak to."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import pytest_socket

from aird.core.db import Database
from aird.testing import World, test_settings
from tests.hub.house import Served, serving
from tests.tiny import tiny

__all__ = ["tiny"]


@pytest.fixture(autouse=True)
def _loopback_only(socket_enabled: None) -> None:
    pytest_socket.socket_allow_hosts(["127.0.0.1"])


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, empty_database: str, cluster: object) -> Iterator[Served]:
    """A server on SQLite with the world's people; every test opens models of its own."""
    if cluster is not None:
        pytest.skip("the clients' tests run once, on SQLite")
    settings = test_settings(tmp_path_factory.mktemp("hub") / "aird")
    settings.home.mkdir(parents=True, exist_ok=True)
    settings.hub_regular_bytes = 300_000
    settings.hub_part_bytes = 600_000
    shutil.copy(empty_database, settings.home / "aird.db")
    database = Database.open(settings.db_url())
    world = World(database, settings)
    with serving(world, settings) as found:
        yield found
    database.engine.dispose()


@pytest.fixture
def models(tiny: Mapping[str, Path]) -> Mapping[str, Path]:
    """Folders of tiny models: `base`, `other`, and adapters `one`, `two`, `three` of `base`."""
    return tiny
