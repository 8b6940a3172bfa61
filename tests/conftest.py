"""Fixtures of every test: a real database made by the migrations, a real store, a small organisation."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Dialect, Engine, Table, create_engine, text
from sqlalchemy.util import LRUCache

from aird.core.db import Database
from aird.core.settings import Settings
from aird.server.migrate import upgrade_url
from aird.tables import metadata
from aird.testing import World, test_settings
from tests.postgres import throw_away_cluster


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", choices=["sqlite", "postgres"], default="sqlite", help="the database behind the tests")


MEMORY = Path("/dev/shm")  # a folder in memory on any Linux
ENOUGH_BYTES = 8 * 2**30


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep what tests write in memory where there is enough: on a disk every commit of every test waits for it.

    It goes when the tests have ended; `--basetemp=FOLDER` keeps what failed tests wrote.
    """
    if config.option.basetemp or hasattr(config, "workerinput") or not MEMORY.is_dir():
        return
    available = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    free = min(shutil.disk_usage(MEMORY).free, int(available[1]) * 1024 if available else 0)
    if free >= ENOUGH_BYTES:
        folder = tempfile.mkdtemp(prefix="aird-tests-", dir=MEMORY)
        config.option.basetemp = f"{folder}/{os.getpid()}"
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`--dist loadgroup`, with groups that are kept."""
    from tests.groups import GroupScheduling

    return GroupScheduling(config, log) if config.getoption("dist") == "loadgroup" else None


ONCE = (
    "tests/catalog/test_upload_cut.py",
    "tests/client/test_house.py",
    "tests/datasets/test_feedback.py",
    "tests/datasets/test_imports.py",
    "tests/datasets/test_near_leaks.py",
    "tests/datasets/test_quality_jobs.py",
    "tests/deploy/test_engines.py",
    "tests/deploy/test_gateway.py",
    "tests/deploy/test_gateway_routes.py",
    "tests/deploy/test_protocol_chat.py",
    "tests/deploy/test_real_runtime.py",
    "tests/deploy/test_stock_clients.py",
    "tests/deploy/test_vllm.py",
    "tests/evaluation/test_tasks.py",
    "tests/evaluation/test_tasks_judged.py",
    "tests/hub/test_answers.py",
    "tests/hub/test_bad_pushes.py",
    "tests/hub/test_limits.py",
    "tests/jobs/test_executors.py",
    "tests/jobs/test_runner.py",
    "tests/jobs/test_worker.py",
    "tests/jobs/test_workspaces.py",
    "tests/merge/test_dense_tasks.py",
    "tests/merge/test_engine.py",
    "tests/merge/test_export.py",
    "tests/merge/test_finish.py",
    "tests/merge/test_kinds_tasks.py",
    "tests/merge/test_reports.py",
    "tests/merge/test_search_kills.py",
    "tests/merge/test_secrets.py",
    "tests/merge/test_tasks.py",
    "tests/merge/test_yielding.py",
    "tests/planning/test_gates.py",
    "tests/server/test_bad_input_full_disk.py",
    "tests/server/test_bad_input_models.py",
    "tests/server/test_run.py",
    "tests/server/test_scrub.py",
    "tests/server/test_spa.py",
    "tests/store/test_bad_wire.py",
    "tests/store/test_streams.py",
    "tests/training/test_tasks.py",
    "tests/training/test_teacher_cache.py",
    "tests/training/test_yielding.py",
)
"""Tests of files, processes and numbers: what they ask of the database, other tests ask of both databases."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what touches the database runs a second time, and of what is slow only what is marked so."""
    if config.getoption("--db") == "sqlite":
        return
    once = {config.rootpath / path for path in ONCE}
    assert all(path.is_file() for path in once), "ONCE names a module that is gone"
    needs = [
        item for item in items
        if {"database", "house"} & set(getattr(item, "fixturenames", ()))
        and item.path not in once
        and (item.get_closest_marker("postgres") or not item.get_closest_marker("slow"))
    ]  # fmt: skip
    wanted = set(needs)
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = needs


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[URL | None]:
    """The address of a throw-away PostgreSQL cluster, None on SQLite."""
    if request.config.getoption("--db") == "sqlite":
        yield None
        return
    with throw_away_cluster() as address:
        yield address
        _filler(_address(address, "empty")).dispose()


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


Rows = list[tuple[Table, list[dict[str, Any]]]]
Compiled = tuple[Dialect, LRUCache[Any, Any]]


@pytest.fixture(scope="session")
def founded(cluster: URL | None, empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> str | Rows:
    """The world's people and departments, made once: a file to copy on SQLite, rows to insert on PostgreSQL."""
    settings = test_settings(tmp_path_factory.mktemp("founded"))
    if cluster is None:
        shutil.copy(empty_database, settings.home / "aird.db")
    else:
        settings.database_url = _address(cluster, empty_database)
        _fill(settings.database_url, [])
    database = Database.open(settings.db_url())
    World(database, settings)
    with database.read() as session:
        rows = [
            (table, [dict(row) for row in session.execute(table.select()).mappings()])
            for table in metadata.sorted_tables
        ]
    database.engine.dispose()
    return str(settings.home / "aird.db") if cluster is None else rows


@pytest.fixture
def database_url(request: pytest.FixtureRequest, cluster: URL | None, empty_database: str, settings: Settings) -> str:
    """The address of this test's own database, in the settings as well."""
    founded: str | Rows | None = request.getfixturevalue("founded") if "world" in request.fixturenames else None
    settings.home.mkdir(parents=True, exist_ok=True)
    if cluster is None:
        shutil.copy(founded if isinstance(founded, str) else empty_database, settings.home / "aird.db")
    else:
        settings.database_url = _address(cluster, empty_database)
        _fill(settings.database_url, founded if isinstance(founded, list) else [])
    return settings.db_url()


STRAYS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()"""
"""Ends what a killed process of an earlier test has left open: it would hold locks on rows that are to go."""


EMPTY = "; ".join(f'DELETE FROM "{table.name}"' for table in metadata.sorted_tables)


@cache
def _filler(address: str) -> Engine:
    """One connection that fills, so that its statements are compiled and its dialect looks around once."""
    return create_engine(address, pool_size=1, max_overflow=0, pool_pre_ping=True)


def _fill(address: str, rows: Rows) -> None:
    """Have the tables hold these rows and no others: several times faster than making a database anew.

    Triggers and foreign keys are off meanwhile.
    """
    with _filler(address).begin() as connection:
        connection.execute(text(STRAYS))
        connection.execute(text("SET LOCAL lock_timeout = '20s'"))
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.exec_driver_sql(EMPTY)
        for table, found in rows:
            if found:
                connection.execute(table.insert(), found)


@pytest.fixture(scope="session")
def compiled(cluster: URL | None, empty_database: str) -> Compiled:
    """A dialect, and what it has compiled: SQLAlchemy would compile every statement again for each test's engine."""
    engine = create_engine(f"sqlite:///{empty_database}" if cluster is None else _address(cluster, empty_database))
    with engine.connect():  # the dialect looks at what it speaks with
        pass
    engine.dispose()
    return engine.dialect, LRUCache(2000)


@pytest.fixture
def database(database_url: str, compiled: Compiled) -> Iterator[Database]:
    opened = Database.open(database_url)
    for engine in (opened.engine, opened.reading.kw["bind"]):
        engine.dialect, statements = compiled
        engine.update_execution_options(compiled_cache=statements)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def world(database: Database, settings: Settings) -> World:
    return World(database, settings)
