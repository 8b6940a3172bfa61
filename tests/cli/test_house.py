import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text

from aird.audit import service as audit
from aird.core.db import Database
from aird.core.settings import Settings
from aird.server.run import data_folder_lock
from aird.testing import World
from tests.client.stand_in import StandIn

FIELDS = ("sound", "entries", "head", "anchors", "fault")


@pytest.fixture
def home(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """The data folder of a small organisation; the environment names its database when that lies elsewhere."""
    if world.settings.database_url:
        monkeypatch.setenv("AIRD_DATABASE_URL", world.settings.database_url)
    return str(world.settings.home)


def test_the_audit_log_is_verified_where_it_lies(aird: Callable[..., Result], home: str, world: World) -> None:
    with world.database.read() as session:
        audit.anchor(session, world.settings.anchors())
    result = aird("audit", "verify", "--data-dir", home, "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["sound"], found["anchors"]) == (0, True, 1)
    assert tuple(found) == FIELDS


def test_an_entry_that_was_cut_off_is_found_by_an_anchor_kept_elsewhere(
    aird: Callable[..., Result], home: str, tmp_path: Path
) -> None:
    (tmp_path / "anchors.jsonl").write_text('{"seq": 100000, "hash": "00"}\n')
    result = aird("audit", "verify", "--data-dir", home, "--anchors", str(tmp_path / "anchors.jsonl"))
    assert result.exit_code == 1
    assert "entry 100000 was anchored" in result.stderr


def test_an_entry_that_was_changed_is_found(aird: Callable[..., Result], home: str, database: Database) -> None:
    with database.write() as session:
        if database.engine.dialect.name == "postgresql":
            session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            session.execute(text("DROP TRIGGER audit_entries_no_update"))
        session.execute(text("UPDATE audit_entries SET reason = 'another' WHERE seq = 2"))
    result = aird("audit", "verify", "--data-dir", home)
    assert result.exit_code == 1
    assert "entry 2 was changed after it was written" in result.stderr


def test_verifying_makes_no_database_where_none_is(aird: Callable[..., Result], tmp_path: Path) -> None:
    result = aird("audit", "verify", "--data-dir", str(tmp_path))
    assert result.exit_code == 1
    assert "There is no database" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_audit_log_is_exported_as_json_lines(aird: Callable[..., Result], server: StandIn, tmp_path: Path) -> None:
    server.on("GET", "/api/v1/audit/export", server.stream(b'{"seq": 1}\n{"seq": 2}\n'))
    assert aird("audit", "export").stdout == '{"seq": 1}\n{"seq": 2}\n'
    assert aird("audit", "export", "-o", str(tmp_path / "out.jsonl")).exit_code == 0
    assert (tmp_path / "out.jsonl").read_text() == '{"seq": 1}\n{"seq": 2}\n'


def test_half_an_export_is_not_left_behind(aird: Callable[..., Result], server: StandIn, tmp_path: Path) -> None:
    server.on("GET", "/api/v1/audit/export", server.stream(b'{"seq": 1}\n', cut=True))
    assert aird("audit", "export", "-o", str(tmp_path / "out.jsonl")).exit_code == 1
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("out")]


def test_the_schema_is_brought_up_to_date_again_and_again(aird: Callable[..., Result], tmp_path: Path) -> None:
    for _ in range(2):
        assert aird("db", "upgrade", "--data-dir", str(tmp_path / "new")).exit_code == 0
    assert (tmp_path / "new" / "aird.db").exists()


def test_the_doctor_reports_line_by_line(aird: Callable[..., Result], home: str) -> None:
    result = aird("doctor", "--data-dir", home, "--json")
    found = json.loads(result.stdout)
    assert {"name", "state", "detail", "fix"} == found[0].keys()
    assert result.exit_code == (1 if any(each["state"] == "fail" for each in found) else 0)
    assert "database" in aird("doctor", "--data-dir", home).stdout


def test_the_doctor_fails_when_a_line_fails(aird: Callable[..., Result], home: str, env: dict[str, str]) -> None:
    env["AIRD_MIN_FREE_BYTES"] = str(2**60)
    result = aird("doctor", "--data-dir", home)
    assert result.exit_code == 1
    assert "fail   disk" in result.stdout


def test_a_setting_that_cannot_be_used_is_wrong_usage(
    aird: Callable[..., Result], env: dict[str, str], tmp_path: Path
) -> None:
    env["AIRD_PORT"] = "many"
    result = aird("db", "upgrade", "--data-dir", str(tmp_path / "new"))
    assert result.exit_code == 2
    assert "AIRD_PORT" in result.stderr


def test_a_data_folder_in_use_is_not_taken_twice(aird: Callable[..., Result], settings: Settings) -> None:
    with data_folder_lock(settings):
        result = aird("up", "--data-dir", str(settings.home), "--exit")
    assert result.exit_code == 1
    assert "already runs" in result.stderr


def test_the_description_of_the_api_is_printed(aird: Callable[..., Result]) -> None:
    document = json.loads(aird("openapi").stdout)
    assert document["openapi"].startswith("3.")
    assert "/api/v1/versions" in document["paths"]


@pytest.mark.parametrize("command", ["server", "worker", "gateway"])
def test_nothing_starts_without_tables(aird: Callable[..., Result], tmp_path: Path, command: str) -> None:
    result = aird(command, "--data-dir", str(tmp_path / "new"))
    assert result.exit_code == 1
    assert "Make it: aird db upgrade" in result.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://somewhere/aird", "aird works with PostgreSQL"),
        ("postgresql://aird@127.0.0.1:many/aird", "AIRD_DATABASE_URL: "),
        ("postgresql://aird@127.0.0.1:1/aird", "Check AIRD_DATABASE_URL"),
    ],
)
@pytest.mark.parametrize("command", [["server"], ["gateway"], ["db", "upgrade"], ["store", "usage"]])
def test_a_database_that_cannot_be_reached_is_said_in_words(
    aird: Callable[..., Result], env: dict[str, str], command: list[str], url: str, said: str
) -> None:
    env["AIRD_DATABASE_URL"] = url
    result = aird(*command)
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_the_doctor_says_why_a_database_does_not_answer(aird: Callable[..., Result], env: dict[str, str]) -> None:
    env["AIRD_DATABASE_URL"] = "postgresql://aird@127.0.0.1:1/aird"
    assert "Connection refused" in aird("doctor").stdout
