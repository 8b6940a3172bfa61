"""The real clients of five generations against a real server."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from aird.testing_ml import make_base
from tests.hub.house import GENERATIONS, Client, Served

JOURNEY = Path(__file__).with_name("journey.py")


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory, tiny: Mapping[str, Path]) -> Path:
    """A folder with the models that a client pushes; `big` is over the size that goes inside a commit."""
    home = tmp_path_factory.mktemp("shelf")
    for name in ("base", "one"):
        (home / name).symlink_to(tiny[name])
    make_base(home / "big", seed=5, vocabulary=12_000)
    return home


@pytest.mark.xdist_group("hub")
@pytest.mark.parametrize(
    "client",
    [
        pytest.param(each, marks=[pytest.mark.long] if each.name == "1.19.0" else [], id=each.name)
        for each in GENERATIONS
    ],
)
def test_a_client_does_its_days_work(client: Client, served: Served, shelf: Path, tmp_path: Path) -> None:
    if not client.ready:
        missing = f"no environment {client.folder}: run `make hub-clients`"
        assert os.environ.get("AIRD_TEST_HUB_CLIENTS") != "required", missing
        pytest.skip(missing)
    word = "c" + client.name.replace(".", "")
    xet = "xet" if client.name in ("1.31.0", "2.4.0-xet") else "plain"
    command = [client.bin / "python", JOURNEY, shelf, word, served.token("rui"), served.token("omar"), xet]
    env = served.env(tmp_path, "sam", **client.env)
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout[-5:]) == (0, "done\n"), done.stdout + done.stderr
