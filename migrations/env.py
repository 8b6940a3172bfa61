"""Runs the migrations on the connection of aird.server.migrate, or on AIRD_DATABASE_URL for alembic."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Enum

from aird.core.db import UtcTime, make_engine
from aird.core.settings import Settings
from aird.tables import metadata


def render(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Migrations name plain types, so that they still run when our own classes have changed."""
    if kind == "type" and isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String({item.length})"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=render,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with make_engine(Settings().db_url()).connect() as connection:
        run(connection)
        connection.commit()
