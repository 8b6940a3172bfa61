"""The sample organisation on a real server of its own: `aird up --sample` as a person would start it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aird.client import Client

DONE = "The main job is done"
PATIENCE_SECONDS = 900


@dataclass(frozen=True)
class House:
    """A running aird with the sample organisation in it."""

    data_dir: Path
    env: dict[str, str]
    log: Path

    @property
    def server(self) -> dict[str, Any]:
        """URL, process id and the admin's local token."""
        found: dict[str, Any] = json.loads((self.data_dir / "server.json").read_text())
        return found

    def client(self) -> Client:
        """A client that acts as the admin."""
        return Client(self.server["url"], self.server["token"])

    def aird(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line against this house."""
        command = [sys.executable, "-m", "aird.cli.main", "--data-dir", str(self.data_dir), *arguments]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=120, check=False)

    def login_link(self, username: str) -> str:
        """A link that signs this person in once."""
        with self.client() as admin:
            return str(admin.people.login_link(username)["url"])


@contextmanager
def sample_house(folder: Path) -> Iterator[House]:
    """Start the house, wait for the main job, give it, stop it; its exit code must be 0."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "AIRD_MIN_FREE_BYTES": "0"}
    house = House(folder / "aird", env, folder / "up.log")
    command = [
        sys.executable,
        "-m",
        "aird.cli.main",
        "up",
        "--sample",
        "--port",
        "0",
        "--data-dir",
        str(house.data_dir),
    ]
    with house.log.open("wb") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        _wait_until_done(process, house)
        yield house
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
    assert code == 0, house.log.read_text()[-3000:]


def _wait_until_done(process: subprocess.Popen[bytes], house: House) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while DONE not in house.log.read_text(errors="replace"):
        assert process.poll() is None, house.log.read_text()[-3000:]
        assert time.monotonic() < until, house.log.read_text()[-3000:]
        assert "The sample organisation" not in house.log.read_text(errors="replace"), house.log.read_text()[-3000:]
        time.sleep(0.5)
