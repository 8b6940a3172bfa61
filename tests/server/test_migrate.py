"""Which schema a database has, and bringing it up to the newest."""

import stat

from alembic.script import ScriptDirectory

from aird.core.db import Database
from aird.core.settings import Settings
from aird.server.migrate import alembic_config, revisions, upgrade
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
