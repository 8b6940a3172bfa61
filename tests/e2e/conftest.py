"""What the browser tests share: Debian's chromium, and one small catalog on a real server."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from aird.core.db import Database
from aird.testing import World, test_settings
from tests.e2e.browsing import LAUNCH
from tests.e2e.catalog_house import CatalogHouse, catalog_house


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return LAUNCH


@pytest.fixture(scope="session")
def catalog(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CatalogHouse]:
    folder = tmp_path_factory.mktemp("catalog")
    settings = test_settings(folder / "aird")
    settings.home.mkdir(parents=True, exist_ok=True)
    shutil.copy(empty_database, settings.home / "aird.db")
    database = Database.open(settings.db_url())
    try:
        with catalog_house(World(database, settings), folder / "files") as house:
            yield house
    finally:
        database.engine.dispose()
