"""The database: one declarative base, one engine for SQLite and PostgreSQL, sessions that are one transaction.

A write session on SQLite begins with BEGIN IMMEDIATE, so that two writers queue up instead of failing half-way;
on PostgreSQL the code that needs an order takes `advisory_lock`. Nobody calls commit: `sessions.begin()` does.
"""

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from aird.core import clock

BUSY_TIMEOUT_MS = 30_000
READ_ONLY = "25006"
"""What PostgreSQL says when a standby, or a primary that has become one, is asked to write."""
POSTGRES_WIRE = {
    "connect_timeout": 10,
    **{"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000},
    "options": " ".join(
        f"-c {name}={value}"
        for name, value in {
            "tcp_keepalives_idle": 30,
            "tcp_keepalives_interval": 10,
            "tcp_keepalives_count": 3,
            "tcp_user_timeout": 60_000,
            "idle_in_transaction_session_timeout": 300_000,
        }.items()
    ),
}
"""A line that went dead is given up after a minute at both of its ends, so that a client which was cut off inside a
transaction does not hold its locks until an operating system notices hours later."""


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC times on both databases; SQLite keeps them without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times, store UTC."""
        if value is not None and value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored; use aird.core.clock.now().")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True, eq=False):
    """Every table; constructors are checked by the type checker."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: UtcTime(),
        int: BigInteger().with_variant(Integer(), "sqlite"),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        list[str]: JSON(),
        list[dict[str, Any]]: JSON(),
        enum.StrEnum: Enum(
            enum.StrEnum, native_enum=False, length=32, values_callable=lambda kind: [each.value for each in kind]
        ),
    }


class Record(Base):
    """A row with an id of its own and the time it was made."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=uuid4, init=False)
    created_at: Mapped[datetime] = mapped_column(default_factory=clock.now, init=False)


def make_engine(url: str) -> Engine:
    """An engine for `sqlite:///file` or `postgresql+psycopg://...`, with the settings aird relies on."""
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        url, connect_args=POSTGRES_WIRE, pool_pre_ping=True, pool_size=10, max_overflow=20, pool_timeout=5
    )
    event.listen(engine, "handle_error", _leave_standby)
    return engine


def _leave_standby(context: ExceptionContext) -> None:
    """A server that takes no writes any more is as good as away: it was replaced, and its connections go.

    The next ones are made anew; with several hosts and `target_session_attrs=read-write` in the address, elsewhere.
    Raises OperationalError.
    """
    error = context.original_exception
    if getattr(error, "sqlstate", None) == READ_ONLY:
        context.is_disconnect = True
        raise OperationalError(context.statement, context.parameters, error) from error


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}", "synchronous=FULL"):
        connection.cursor().execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("aird_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@dataclass(frozen=True)
class Database:
    """An engine with its two kinds of sessions."""

    engine: Engine
    sessions: sessionmaker[Session]
    reading: sessionmaker[Session]

    @classmethod
    def open(cls, url: str) -> "Database":
        """Connect lazily to the database at `url`."""
        engine = make_engine(url)
        reading = engine.execution_options(aird_reading=True)
        return cls(engine, sessionmaker(engine, expire_on_commit=False), sessionmaker(reading, expire_on_commit=False))

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on any exception."""
        with self.sessions.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads."""
        with self.reading() as session:
            yield session


def reason(error: BaseException) -> str:
    """What the database or its driver said, on one line and without the statement, whose values are people's words."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def advisory_lock(session: Session, key: int) -> None:
    """Hold the lock `key` until this transaction ends; on SQLite the write transaction itself is the lock."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(key)))


def database_now(session: Session) -> datetime:
    """The database's clock, so that leases do not depend on the clocks of several hosts."""
    if session.get_bind().dialect.name == "postgresql":
        value: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return value.astimezone(UTC)
    return clock.now()
