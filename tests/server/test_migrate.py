"""Which schema a database has, and bringing it up to the newest."""

import stat

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from aird.core.db import Database
from aird.core.settings import Settings
from aird.server.migrate import alembic_config, revisions, upgrade
from aird.server.schema import SchemaNotFitting, check_schema, known_revisions
from aird.testing import World


def newest() -> str | None:
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def test_an_upgraded_database_has_the_newest_revision(database: Database, settings: Settings) -> None:
    assert newest() is not None
    assert revisions(settings) == (newest(), newest())


def test_a_new_folder_is_made_private_and_upgraded(settings: Settings) -> None:
    assert not settings.home.exists()
    upgrade(settings)
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700
    assert revisions(settings) == (newest(), newest())


def test_an_empty_database_has_no_revision(settings: Settings) -> None:
    settings.home.mkdir(parents=True)
    assert revisions(settings) == (None, newest())


def test_upgrading_again_changes_nothing(world: World) -> None:
    upgrade(world.settings)
    assert world.actor("sam").label == "sam"
    assert revisions(world.settings) == (newest(), newest())


def test_the_revisions_are_those_of_the_files_names() -> None:
    found = [each.revision for each in ScriptDirectory.from_config(alembic_config()).walk_revisions()]
    assert known_revisions() == found[::-1]


def test_a_database_with_the_newest_schema_is_taken(world: World) -> None:
    check_schema(world.settings)


def test_a_server_does_not_start_where_there_are_no_tables(settings: Settings) -> None:
    with pytest.raises(SchemaNotFitting, match="aird db upgrade"):
        check_schema(settings)


@pytest.mark.parametrize(("schema", "then"), [("0003", "Run: aird db upgrade"), ("9000", "Install that one")])
def test_a_server_does_not_start_on_another_schema(world: World, schema: str, then: str) -> None:
    with world.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :schema"), {"schema": schema})
    with pytest.raises(SchemaNotFitting, match=then):
        check_schema(world.settings)
    if schema == "9000":
        with pytest.raises(SchemaNotFitting, match=then):
            upgrade(world.settings)
    with world.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :schema"), {"schema": newest()})
