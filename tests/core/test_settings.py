"""Settings from arguments, the environment and files, and on to a child process."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from aird.core.settings import Settings, settings_env


def test_the_environment_wins_over_the_default_and_an_argument_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().port == 8321
    monkeypatch.setenv("AIRD_PORT", "9000")
    monkeypatch.setenv("AIRD_ALLOWED_HOSTS", '["a.example", "b.example"]')
    assert (Settings().port, Settings(port=9001).port) == (9000, 9001)
    assert Settings().allowed_hosts == ["a.example", "b.example"]


def test_a_file_in_the_folder_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "aird.toml").write_text('port = 9100\nworkers = 5\npublic_url = "https://aird.example"\n')
    monkeypatch.setenv("AIRD_PORT", "9000")
    found = Settings()
    assert (found.port, found.workers, found.public_url) == (9000, 5, "https://aird.example")


@pytest.mark.parametrize(
    "wrong",
    [{"port": 65536}, {"port": -1}, {"workers": -1}, {"lease_seconds": 0}, {"max_body_bytes": 1}, {"token_days": 0}],
)
def test_a_value_out_of_bounds_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)  # type: ignore[arg-type]
    assert Settings(port=0, workers=0, lease_seconds=0.1, max_body_bytes=1024, token_days=1).port == 0


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
    ],
)
def test_a_databases_address_names_its_driver(given: str, url: str) -> None:
    settings = Settings(database_url=given)
    assert (settings.db_url(), settings.embedded) == (url, False)


def test_everything_lies_in_the_data_folder_unless_it_is_said_otherwise(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert (settings.db_url(), settings.embedded) == (f"sqlite:///{tmp_path / 'aird.db'}", True)
    assert (settings.store_folder(), settings.anchors()) == (tmp_path / "store", tmp_path / "audit-anchors.jsonl")
    other = Settings(data_dir=tmp_path, store_url=str(tmp_path / "s"), anchor_file=tmp_path / "a")
    assert (other.store_folder(), other.anchors()) == (tmp_path / "s", tmp_path / "a")
    assert Settings(data_dir=Path("~/x")).home == Path.home() / "x"


def test_a_child_process_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = Settings(
        data_dir=tmp_path, port=9000, lease_seconds=1.5, allowed_hosts=["a.example", "*"], anchor_file=tmp_path / "a"
    )
    for name, value in settings_env(given).items():
        monkeypatch.setenv(name, value)
    assert Settings() == given


def test_the_password_is_not_handed_on_and_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, admin_password=SecretStr("correct horse"))
    assert settings_env(settings)["AIRD_DATA_DIR"] == str(tmp_path)
    assert "correct horse" not in str(settings_env(settings)) + repr(settings)
