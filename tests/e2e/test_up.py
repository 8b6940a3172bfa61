"""`aird up` as a person starts it: what it answers, how it ends, what is left when it is killed."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Role
from aird.catalog.models import Kind
from aird.core.settings import Settings
from aird.deploy import service as deploy_service
from aird.testing import World
from aird.testing_ml import make_adapter, make_base
from tests.deploy.conftest import approved, deploy
from tests.e2e.processes import ROOT, Processes, eventually, living, patience, processes_of

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def processes(settings: Settings) -> Iterator[Processes]:
    settings.home.mkdir(parents=True, exist_ok=True)
    with processes_of(settings) as opened:
        yield opened


def served(home: Path) -> dict[str, Any]:
    """What server.json says; empty while there is none."""
    try:
        found: dict[str, Any] = json.loads((home / "server.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def healthy(home: Path, pid: int) -> bool:
    """Whether this process answers."""
    server = served(home)
    if server.get("pid") != pid:
        return False
    try:
        return httpx2.get(f"{server['url']}/healthz", timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False


def up(processes: Processes, within: float = 60.0) -> subprocess.Popen[str]:
    """A house that answers."""
    process = processes.start("-m", "aird.cli.main", "up", "--data-dir", str(processes.settings.home), "--port", "0")
    eventually(lambda: healthy(processes.settings.home, process.pid), within, lambda: processes.said())
    return process


def aird(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command on this house, as another terminal runs it."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("AIRD_")} | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "aird.cli.main", *arguments, "--data-dir", str(home)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def printed(home: Path, *arguments: str) -> Any:
    """The JSON that a command prints."""
    done = aird(home, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_up_answers_and_its_commands_find_it_and_sigterm_ends_all_of_it(processes: Processes) -> None:
    home = processes.settings.home
    process = up(processes)
    assert stat.S_IMODE((home / "server.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "initial_admin_password").stat().st_mode) == 0o600
    assert printed(home, "models", "ls", "--json") == []
    assert not [line for line in printed(home, "doctor", "--json") if line["state"] == "fail"]
    token = printed(home, "tokens", "create", "--name", "laptop", "--json")["token"]
    answer = httpx2.get(f"{served(home)['url']}/api/v1/session", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["person"]["username"] == "admin"
    assert aird(home, "audit", "verify").returncode == 0

    process.send_signal(signal.SIGTERM)
    assert process.wait(patience(20)) == 0
    eventually(lambda: not living(home), 2, lambda: living(home))
    assert not (home / "server.json").exists()
    assert aird(home, "models", "ls").returncode == 1


def test_a_second_up_on_the_same_folder_names_the_first_and_leaves_it_alone(processes: Processes) -> None:
    home = processes.settings.home
    first = up(processes)
    before = served(home)
    second = aird(home, "up", "--port", "0")
    assert second.returncode == 1
    assert str(first.pid) in second.stderr
    assert "Traceback" not in second.stderr
    assert served(home) == before
    assert healthy(home, first.pid)


def put_to_work(world: World, folder: Path) -> None:
    """An admin for `aird up`, and an adapter that serves on an endpoint."""
    with world.database.write() as session:
        admin = auth.add_person(session, SYSTEM, "admin", "Administrator")
        auth.give_role(session, SYSTEM, admin, Role.ADMIN, None)
        deploy_service.create_endpoint(session, world.actor("sam"), "support/desk", "Desk")
    base = world.version("platform/base", kind=Kind.BASE, folder=make_base(folder / "base"))
    adapter = make_adapter(folder / "adapter")
    deploy(world, "support/desk", approved(world, "support/bot", kind=Kind.ADAPTER, base=base, folder=adapter))


def endpoint_state(home: Path, token: str) -> str:
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx2.get(f"{served(home)['url']}/api/v1/endpoints/support/desk", headers=headers, timeout=10)
    return str(answer.json()["state"])


@pytest.mark.postgres
def test_a_killed_up_leaves_no_worker_host_or_runtime_and_starts_again(
    world: World, processes: Processes, tmp_path: Path
) -> None:
    home = processes.settings.home
    put_to_work(world, tmp_path)
    token = world.token("sam")
    first = up(processes)
    eventually(lambda: endpoint_state(home, token) == "ready", patience(60), lambda: endpoint_state(home, token))
    eventually(lambda: "aird-host" in living(home).values(), 20, lambda: living(home))
    assert len(living(home)) >= 4  # server, worker, host, runtime

    processes.kill(first, within=3)
    began = time.monotonic()
    second = up(processes, within=patience(20))
    assert served(home)["pid"] == second.pid
    assert time.monotonic() - began < patience(20)
    eventually(lambda: endpoint_state(home, token) == "ready", patience(60), lambda: endpoint_state(home, token))
