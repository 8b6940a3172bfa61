"""Fixtures of every test: a real database made by the migrations, a real store, a small organisation."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, inspect, text

from aird.core.db import Database
from aird.core.settings import Settings
from aird.server.migrate import upgrade_url
from aird.testing import World, test_settings
from tests.postgres import throw_away_cluster


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", choices=["sqlite", "postgres"], default="sqlite", help="the database behind the tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what touches the database runs a second time."""
    if config.getoption("--db") == "sqlite":
        return
    needs = [item for item in items if {"database", "house"} & set(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=[item for item in items if item not in needs])
    items[:] = needs


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[URL | None]:
    """The address of a throw-away PostgreSQL cluster, None on SQLite."""
    if request.config.getoption("--db") == "sqlite":
        yield None
        return
    with throw_away_cluster() as address:
        yield address


@pytest.fixture(scope="session")
def empty_database(cluster: URL | None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated database: on SQLite every test gets a copy of it, on PostgreSQL every test finds it emptied."""
    if cluster is None:
        path = tmp_path_factory.mktemp("database") / "empty.db"
        upgrade_url(f"sqlite:///{path}")
        return str(path)
    _create(cluster, "empty", "template1")
    upgrade_url(_address(cluster, "empty"))
    return "empty"


def create_database(cluster: URL, name: str) -> str:
    """A new, empty database in the cluster; gives its address."""
    _create(cluster, name, "template1")
    return _address(cluster, name)


def _address(cluster: URL, name: str) -> str:
    return cluster.set(database=name).render_as_string(hide_password=False)


def _create(cluster: URL, name: str, template: str) -> None:
    engine = create_engine(cluster, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    engine.dispose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return test_settings(tmp_path / "aird")


@pytest.fixture
def database_url(cluster: URL | None, empty_database: str, settings: Settings, tmp_path: Path) -> str:
    """The address of this test's own database, in the settings as well."""
    settings.home.mkdir(parents=True, exist_ok=True)
    if cluster is None:
        shutil.copy(empty_database, settings.home / "aird.db")
        return settings.db_url()
    settings.database_url = _address(cluster, empty_database)
    _wipe(settings.database_url)
    return settings.db_url()


def _wipe(address: str) -> None:
    """Empty every table: five times faster than making a database anew. Triggers and foreign keys are off meanwhile."""
    engine = create_engine(address)
    tables = inspect(engine).get_table_names()
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL lock_timeout = '20s'"))
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in tables:
            if table != "alembic_version":
                connection.execute(text(f'DELETE FROM "{table}"'))
    engine.dispose()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database.open(database_url)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def world(database: Database, settings: Settings) -> World:
    return World(database, settings)
