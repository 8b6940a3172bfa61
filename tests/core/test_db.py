"""Sessions that are one transaction, times with a zone, and writers that queue."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError, StatementError

from aird.auth.models import Department
from aird.core import clock
from aird.core.db import Database, advisory_lock, database_now
from aird.testing import World


def keys(database: Database) -> list[str]:
    with database.read() as session:
        return sorted(session.scalars(select(Department.key)))


def add(database: Database, key: str, **values: datetime) -> None:
    with database.write() as session:
        department = Department(key=key, title=key)
        for name, value in values.items():
            setattr(department, name, value)
        session.add(department)


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        add(database, "support", created_at=datetime(2026, 1, 1))
    assert keys(database) == []
    add(database, "support", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert keys(database) == ["support"]


def test_a_time_of_any_zone_comes_back_in_utc(database: Database) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=8)))
    add(database, "support", created_at=noon)
    with database.read() as session:
        found = session.scalars(select(Department.created_at)).one()
    assert (found, found.utcoffset(), found.hour) == (noon, timedelta(0), 4)


def test_a_transaction_is_kept_whole_or_not_at_all(database: Database) -> None:
    def fail() -> None:
        with database.write() as session:
            session.add(Department(key="one", title="One"))
            session.flush()
            session.add(Department(key="two", title="Two"))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert keys(database) == []
    add(database, "one")
    assert keys(database) == ["one"]


def test_a_session_for_reading_keeps_nothing(database: Database) -> None:
    with database.read() as session:
        session.add(Department(key="one", title="One"))
        session.flush()
    assert keys(database) == []


def test_a_reader_sees_what_was_there_when_it_began(database: Database) -> None:
    if database.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL reads what is committed by each statement")
    with database.read() as session:
        assert session.scalars(select(Department.key)).all() == []
        add(database, "one")
        assert session.scalars(select(Department.key)).all() == []
    assert keys(database) == ["one"]


def test_two_writers_queue_instead_of_failing(world: World) -> None:
    """Both read the same row first: without BEGIN IMMEDIATE (or the lock) one of them would fail or be lost."""
    ready = threading.Barrier(4)

    def rename() -> None:
        ready.wait()
        with world.database.write() as session:
            advisory_lock(session, 7)
            found = session.scalars(select(Department).where(Department.key == "support")).one()
            found.title += "+"

    threads = [threading.Thread(target=rename) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.database.read() as session:
        title = session.scalars(select(Department.title).where(Department.key == "support")).one()
    assert title == "Customer support++++"


def test_a_server_that_has_become_a_standby_is_away_and_its_connections_are_left(
    database: Database, database_url: str
) -> None:
    if database.engine.dialect.name == "sqlite":
        pytest.skip("a file has no standby")
    opened = Database.open(database_url)
    with opened.engine.begin() as connection:
        connection.execute(text("SET default_transaction_read_only = on"))  # as all are on a standby
    with pytest.raises(OperationalError, match="read-only"):
        add(opened, "one")
    add(opened, "two")
    assert keys(opened) == ["two"]
    opened.engine.dispose()


def test_on_sqlite_a_writer_takes_the_lock_at_once_and_a_reader_does_not(database: Database) -> None:
    if database.engine.dialect.name == "postgresql":
        pytest.skip("BEGIN IMMEDIATE is SQLite's")
    said: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *found: said.append(found[2]))
    for opened in (database.write, database.read):
        with opened() as session:
            session.execute(text("SELECT 1"))
    assert [each for each in said if each.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]


def test_on_sqlite_foreign_keys_count(database: Database) -> None:
    if database.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL always keeps them")
    with database.read() as session:
        pragmas = {name: session.scalar(text(f"PRAGMA {name}")) for name in ("foreign_keys", "journal_mode")}
    assert pragmas == {"foreign_keys": 1, "journal_mode": "wal"}


def test_the_databases_clock_is_aware_and_right(database: Database) -> None:
    with database.read() as session:
        found = database_now(session)
    assert found.utcoffset() == timedelta(0)
    assert abs(found - clock.now()) < timedelta(seconds=5)
