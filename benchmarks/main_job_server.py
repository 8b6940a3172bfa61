"""A server of one's own for a measurement: `aird up` on a temporary data folder and a free port."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aird.client.discovery import Place, find_server
from aird.client.errors import NoServer

START_SECONDS = 120.0
STOP_SECONDS = 60.0


class ServerFailed(RuntimeError):
    """The server did not start."""


@contextmanager
def own_server(**settings: str) -> Iterator[Place]:
    """Where the server is and an admin's token, as `aird up` leaves them for the command line. Raises ServerFailed.

    `settings` are environment variables that it gets besides.
    """
    with tempfile.TemporaryDirectory(prefix="aird-main-job-") as folder:
        home, log = Path(folder, "data"), Path(folder, "up.log")
        # Settings of the person who measures must not change what is measured.
        env = {name: value for name, value in os.environ.items() if not name.startswith("AIRD_")} | settings
        command = [sys.executable, "-m", "aird.cli.main", "up", "--port", "0", "--data-dir", str(home)]
        with log.open("wb") as out:
            process = subprocess.Popen(command, env=env, stdout=out, stderr=out, start_new_session=True)
        try:
            yield _when_up(process, home, log)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _when_up(process: "subprocess.Popen[bytes]", home: Path, log: Path) -> Place:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            return find_server(data_dir=home, env={})
        except NoServer:
            time.sleep(0.1)
    raise ServerFailed(f"aird up did not start:\n{log.read_text(errors='replace')[-2000:]}")
