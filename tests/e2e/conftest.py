"""What the browser tests share: Debian's chromium, and a small catalog and a rotation's parents on real servers."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from aird.core.db import Database
from aird.testing import World, test_settings
from tests.e2e.browsing import LAUNCH
from tests.e2e.catalog_house import CatalogHouse, catalog_house
from tests.e2e.journeys_house import JourneysHouse, journeys_house
from tests.e2e.rotation_house import RotationHouse, rotation_house
from tests.e2e.skills_house import SkillsHouse, skills_house
from tests.e2e.studio_house import StudioHouse, studio_house
from tests.tiny import tiny

__all__ = ["tiny"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for one module: until Playwright is closed no other test of this worker can run an event loop."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(**LAUNCH)


@contextmanager
def world_of_its_own(empty_database: str, folder: Path) -> Iterator[World]:
    """A world that lasts as long as the tests of a session."""
    settings = test_settings(folder / "aird")
    settings.home.mkdir(parents=True, exist_ok=True)
    shutil.copy(empty_database, settings.home / "aird.db")
    database = Database.open(settings.db_url())
    try:
        yield World(database, settings)
    finally:
        database.engine.dispose()


@pytest.fixture(scope="session")
def catalog(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CatalogHouse]:
    folder = tmp_path_factory.mktemp("catalog")
    with world_of_its_own(empty_database, folder) as world, catalog_house(world, folder / "files") as house:
        yield house


@pytest.fixture(scope="session")
def rotation(
    empty_database: str, tmp_path_factory: pytest.TempPathFactory, tiny: Mapping[str, Path]
) -> Iterator[RotationHouse]:
    folder = tmp_path_factory.mktemp("rotation")
    with world_of_its_own(empty_database, folder) as world, rotation_house(world, tiny) as house:
        yield house


@pytest.fixture(scope="session")
def studio(
    empty_database: str, tmp_path_factory: pytest.TempPathFactory, tiny: Mapping[str, Path]
) -> Iterator[StudioHouse]:
    folder = tmp_path_factory.mktemp("studio")
    with world_of_its_own(empty_database, folder) as world, studio_house(world, tiny) as house:
        yield house


@pytest.fixture(scope="session")
def skills(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SkillsHouse]:
    folder = tmp_path_factory.mktemp("skills")
    with world_of_its_own(empty_database, folder) as world, skills_house(world) as house:
        yield house


@pytest.fixture(scope="session")
def journeys(
    empty_database: str, tmp_path_factory: pytest.TempPathFactory, tiny: Mapping[str, Path]
) -> Iterator[JourneysHouse]:
    folder = tmp_path_factory.mktemp("journeys")
    with world_of_its_own(empty_database, folder) as world, journeys_house(world, tiny) as house:
        yield house
