"""`aird models add`, `pull`, `export` and the rest of the catalog's commands against the real server."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from aird.catalog.models import Version
from aird.cli.main import main
from aird.store.models import Upload
from aird.testing import World
from tests.client.served import Served, serving
from tests.tiny import tiny

__all__ = ["tiny"]

Run = Callable[..., Result]


@pytest.fixture
def served(world: World) -> Iterator[Served]:
    with serving(world) as found:
        yield found


@pytest.fixture
def env(served: Served, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRD_", "HF_", "COV_"))}
    mine = {"AIRD_URL": served.url, "AIRD_TOKEN": served.token(), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    return {**kept, **mine, "NO_COLOR": "1", "HF_HOME": str(tmp_path / "hf")}


@pytest.fixture
def aird(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Result:
        result = CliRunner(env=env).invoke(main, arguments, prog_name="aird")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def many(tiny: Mapping[str, Path], tmp_path: Path) -> Path:
    """A folder of folders: adapters that name their base by its folder, which comes last by the alphabet."""
    for name, folder in (("one", "a-mail"), ("two", "b-calls"), ("three", "c-visits")):
        place = Path(shutil.copytree(tiny[name], tmp_path / "many" / "support" / folder))
        config = json.loads((place / "adapter_config.json").read_text())
        (place / "adapter_config.json").write_text(
            json.dumps({**config, "base_model_name_or_path": "../../platform/z-base"})
        )
    shutil.copytree(tiny["base"], tmp_path / "many" / "platform" / "z-base")
    return tmp_path / "many"


def states(result: Result) -> dict[str, str]:
    return {each["name"]: each["state"] for each in json.loads(result.stdout)}


def count(world: World, of: type) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(of)) or 0


@pytest.mark.slow
def test_a_folder_of_many_is_added_bases_first_and_once(aird: Run, many: Path, world: World) -> None:
    plan = json.loads(aird("models", "add", str(many), "--dry-run", "-o", "json").stdout)
    assert plan[0]["name"] == "platform/z-base"
    assert count(world, Version) == 0
    first = aird("models", "add", str(many), "--json")
    assert set(states(first).values()) == {"added"}
    assert "uploading" in first.stderr
    sent = count(world, Upload)
    again = aird("models", "add", str(many), "--json")
    assert set(states(again).values()) == {"there"}
    assert (count(world, Version), count(world, Upload)) == (4, sent)
    mail = json.loads(aird("models", "get", "support/a-mail", "--json").stdout)
    assert mail["base"] == "platform/z-base@1"


@pytest.mark.slow
def test_a_model_that_is_refused_does_not_stop_the_others(aird: Run, many: Path) -> None:
    (many / "support" / "b-calls" / "adapter_config.json").write_text('{"peft_type": "PROMPT_TUNING"}')
    result = aird("models", "add", str(many))
    assert result.exit_code == 1
    assert "1 of 4 models were not added" in result.stderr
    rows = {line.split()[0]: line.split()[1] for line in result.stdout.splitlines()[1:]}
    assert (rows["support/a-mail"], rows["support/b-calls"]) == ("added", "failed")


@pytest.mark.slow
def test_an_import_that_was_killed_goes_on_and_sends_nothing_twice(
    aird: Run, env: dict[str, str], many: Path, world: World
) -> None:
    command = [sys.executable, "-m", "aird.cli.main", "models", "add", str(many)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while count(world, Version) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    files = sum(1 for each in many.rglob("*") if each.is_file())
    found = states(aird("models", "add", str(many), "--json"))
    assert found["platform/z-base"] == "there"
    assert set(found.values()) <= {"there", "added"}
    assert count(world, Version) == 4
    assert count(world, Upload) <= files + 4  # at most the files that were on their way when the end came


@pytest.mark.slow
def test_a_hub_id_comes_from_the_cache_and_never_from_the_net(
    aird: Run, tiny: Mapping[str, Path], tmp_path: Path
) -> None:
    missing = aird("models", "add", "Qwen/tiny", "--department", "platform")
    assert missing.exit_code == 1
    assert "does not download" in missing.stderr
    place = tmp_path / "hf" / "hub" / "models--Qwen--tiny"
    shutil.copytree(tiny["base"], place / "snapshots" / "abc")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc")
    assert aird("models", "add", "Qwen/tiny", "--department", "platform").stdout == "platform/tiny@1\n"


def test_a_pull_and_an_export_are_checked_to_the_last_byte(aird: Run, tiny: Mapping[str, Path], tmp_path: Path) -> None:
    assert aird("models", "add", "platform/tiny", str(tiny["base"])).exit_code == 0
    pulled, exported = tmp_path / "pulled", tmp_path / "exported"
    assert aird("models", "pull", "platform/tiny@1", str(pulled)).stdout.strip() == str(pulled)
    assert (pulled / "model.safetensors").read_bytes() == (tiny["base"] / "model.safetensors").read_bytes()
    digest = aird("models", "export", "platform/tiny", str(exported)).stdout.strip()
    assert aird("models", "verify", str(exported)).stdout.strip() == digest
    sums = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=exported, capture_output=True, check=False)
    assert sums.returncode == 0
    (exported / "config.json").write_text("{}")
    damaged = aird("models", "verify", str(exported))
    assert damaged.exit_code == 1
    assert "config.json" in damaged.stderr


def test_aliases_are_moved_and_asked_about(aird: Run, world: World) -> None:
    for number in (1, 2):
        world.version("support/mail", files={"config.json": b"%d" % number})
        set_ = aird("models", "alias", "set", "support/mail", "staging", str(number), "--reason", "Try it")
        assert set_.exit_code == 0, set_.stderr
    listed = json.loads(aird("models", "alias", "ls", "support/mail", "-o", "json").stdout)
    assert [(each["name"], each["ref"]) for each in listed] == [("staging", "support/mail@2")]
    history = json.loads(aird("models", "alias", "history", "support/mail", "staging", "--json").stdout)
    assert [each["ref"] for each in history] == ["support/mail@2", "support/mail@1"]
    asked = aird("models", "alias", "at", "support/mail", "staging", history[1]["at"], "--json")
    assert json.loads(asked.stdout)["ref"] == "support/mail@1"
    assert "support/mail@2" in aird("models", "get", "support/mail@staging").stdout
    assert aird("models", "alias", "rm", "support/mail", "staging", "--reason", "Done").exit_code == 0
    assert "has no alias" in aird("models", "alias", "ls", "support/mail").stderr


def test_what_is_affected_what_differs_and_what_comes_next_is_shown(aird: Run, world: World) -> None:
    base = world.version("platform/base", files={"config.json": b'{"a": 1}'})
    world.version("platform/base", files={"config.json": b'{"a": 2}'})
    world.version("support/mail", base=base)
    assert "support/mail@1" in aird("models", "affected", "platform/base@1").stdout
    assert "config.json" in aird("models", "diff", "platform/base@1", "platform/base@2").stdout
    retired = aird("models", "retire", "platform/base@1", "--reason", "Old", "--successor", "platform/base@2")
    assert "platform/base@2" in retired.stderr
    assert "platform/base" in aird("models", "search", "base", "--department", "platform").stdout
    assert aird("models", "affected").exit_code == 2


def test_weights_are_granted_from_the_command_line(aird: Run, world: World) -> None:
    world.version("support/mail")
    assert "Nobody asked" in aird("models", "access", "ls", "support/mail").stderr
    assert aird("models", "access", "grant", "support/mail", "hr").exit_code == 0
    listed = json.loads(aird("models", "access", "ls", "support/mail", "--json").stdout)
    assert [each["department"] for each in listed["grants"]] == ["hr"]
    assert aird("models", "access", "revoke", "support/mail", "hr").exit_code == 0
    assert aird("models", "access", "ask", "support/mail", "--answer", "nonsense").exit_code == 2


@pytest.mark.slow
def test_a_pull_that_was_killed_goes_on_behind_the_last_byte(
    aird: Run, env: dict[str, str], world: World, tmp_path: Path
) -> None:
    data = os.urandom(1 << 20) * 96
    world.version("support/big", files={"model.safetensors": data})
    target = tmp_path / "pulled" / "big"
    command = [sys.executable, "-m", "aird.cli.main", "models", "pull", "support/big@1", str(target)]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    partial: list[Path] = []
    while not (partial and partial[0].stat().st_size > 1 << 20) and process.poll() is None and time.monotonic() < until:
        partial = list((tmp_path / "pulled").glob(".big.*.partial/model.safetensors"))
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not target.exists()
    there = partial[0].stat().st_size
    result = aird("models", "pull", "support/big@1", str(target))
    assert result.exit_code == 0, result.stderr
    assert there > 1 << 20
    assert (target / "model.safetensors").read_bytes() == data
    assert [each.name for each in (tmp_path / "pulled").iterdir()] == ["big"]
