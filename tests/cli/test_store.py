"""`aird store` where the database lies: exit codes, JSON, and words for people."""

import json

import pytest
from click.testing import CliRunner

from aird.cli.main import main
from aird.core.settings import Settings
from aird.store.manifest import sha256
from aird.testing import World
from tests.store.test_ledger import flip


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AIRD_DATA_DIR", str(settings.home))
    monkeypatch.setenv("AIRD_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("AIRD_MIN_FREE_BYTES", "0")
    return lambda *words: CliRunner().invoke(main, ["store", *words])


def test_usage_is_a_table_and_json(world: World, run) -> None:
    world.version("support/mail", files={"a": b"12345"})
    shown = run("usage")
    assert (shown.exit_code, "support" in shown.stdout) == (0, True)
    found = json.loads(run("usage", "--json").stdout)
    assert (found["blobs"], found["damaged"]) == (2, 0)


def test_what_nothing_needs_is_shown_first_and_removed_then(world: World, run) -> None:
    world.store.put_bytes(b"loose")
    assert json.loads(run("gc", "--json").stdout)["blobs"] == 0  # within the grace
    assert json.loads(run("gc", "--grace", "0", "--dry-run", "--json").stdout)["blobs"] == 1
    assert list(world.store.backend.digests())
    assert json.loads(run("gc", "--grace", "0", "--json").stdout)["blobs"] == 1
    assert list(world.store.backend.digests()) == []


def test_a_flipped_bit_is_exit_code_one_and_names_the_version(world: World, run) -> None:
    world.version("support/mail", files={"a": b"12345"})
    good = run("scrub")
    assert (good.exit_code, good.stdout.split()[0]) == (0, "checked")
    flip(world.store, sha256(b"12345"))
    bad = run("scrub")
    assert (bad.exit_code, "support/mail@1" in bad.stdout) == (1, True)
    found = json.loads(run("scrub", "--json").stdout)
    assert (found["sound"], found["faults"][0]["affected"]) == (False, ["support/mail@1"])
    assert run("scrub", "--unchecked-for", "1").exit_code == 1


def test_a_folder_without_a_database_is_said(run, tmp_path) -> None:
    answer = run("usage", "--data-dir", str(tmp_path / "none"))
    assert (answer.exit_code, "There is no database" in answer.stderr) == (1, True)
