"""Does the database have the tables of this code? Asked before anything is served; loads no Alembic, which is large."""

from pathlib import Path

from sqlalchemy import inspect, text

from aird.core.db import make_engine
from aird.core.settings import Settings
from aird.server.listening import CannotStart

PACKED = Path(__file__).parents[1] / "_migrations"
SOURCE = Path(__file__).parents[2] / "migrations"


class SchemaNotFitting(CannotStart):
    """The database's tables are not the ones that this code was written for."""


def scripts() -> Path:
    """Where the migrations lie: in the wheel, or beside the sources."""
    return PACKED if PACKED.is_dir() else SOURCE


def known_revisions() -> list[str]:
    """The revisions that this code knows, the newest last; they stand at the beginning of their files' names."""
    return sorted(each.name.partition("_")[0] for each in (scripts() / "versions").glob("[0-9]*_*.py"))


def check_schema(settings: Settings) -> None:
    """See that the database has the newest tables. Raises SchemaNotFitting, which says what to do."""
    if settings.embedded and not (settings.home / "aird.db").exists():
        raise SchemaNotFitting(f"There is no database in {settings.home}. Make it: aird db upgrade")
    found, newest = known_revision(settings), known_revisions()[-1]
    if found is None:
        raise SchemaNotFitting("The database has no tables of aird yet. Make them: aird db upgrade")
    if found != newest:
        raise SchemaNotFitting(f"The database has schema {found}, and {newest} is needed. Run: aird db upgrade")


def known_revision(settings: Settings) -> str | None:
    """The database's revision, None where there are no tables. Raises SchemaNotFitting when a newer aird made them."""
    engine = make_engine(settings.db_url())
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    finally:
        engine.dispose()
    known = known_revisions()
    if found is not None and found not in known:
        raise SchemaNotFitting(
            f"The database has schema {found}, and this aird knows up to {known[-1]}: it is older than the one that "
            "upgraded the database. Install that one, or restore the backup from before the upgrade."
        )
    return found
