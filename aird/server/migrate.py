"""Bring the database to the newest schema, fill what only our own code can fill, and say which schema it has."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.orm import sessionmaker

from aird.catalog import search
from aird.core.db import make_engine
from aird.core.settings import Settings
from aird.server.schema import known_revision, scripts


def alembic_config() -> Config:
    """Alembic's configuration, wherever the scripts lie: in the wheel or beside the sources."""
    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    return config


def upgrade_url(url: str) -> None:
    """Run the migrations that the database at `url` lacks, each in its own transaction; file models for searches."""
    engine = make_engine(url)
    config = alembic_config()
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        search.fill(sessionmaker(engine, expire_on_commit=False))
    finally:
        engine.dispose()


def upgrade(settings: Settings) -> None:
    """Bring the settings' database to the newest schema; makes the data folder of an embedded one.

    Raises SchemaNotFitting when a newer aird has been at work on it.
    """
    if settings.embedded:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    known_revision(settings)
    upgrade_url(settings.db_url())


def revisions(settings: Settings) -> tuple[str | None, str | None]:
    """(the revision the database has, the newest one)."""
    engine = make_engine(settings.db_url())
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return found, ScriptDirectory.from_config(alembic_config()).get_current_head()
