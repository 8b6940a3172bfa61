"""One runtime process as the reconciler holds it: start it, ask how it is, load and free units, end it.

It listens on a Unix socket in a folder that only its owner can enter, and ends when we do, however we do.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from aird.deploy.errors import RuntimeFailed

LONGEST_SOCKET_PATH = 100
"""A Unix socket's path may have about 107 bytes."""
LOAD_SECONDS, ASK_SECONDS, SILENT_SECONDS, END_SECONDS = 300.0, 5.0, 120.0, 8.0


@dataclass(frozen=True)
class Health:
    """What a process says of itself; state is starting, ready or failed."""

    state: str
    reason: str = ""
    units: frozenset[str] = frozenset()
    in_flight: int = 0


class UnitRefused(RuntimeFailed):
    """The runtime refuses this unit"""


class RuntimeProcess:
    """A child that holds one whole model and any number of adapters."""

    def __init__(self, base: str, folder: Path, *, command: Sequence[str], run: Path, logs: Path, threads: int) -> None:
        self.base = base
        self.folder = folder
        self._own: Path | None = None
        self._started = self._heard = time.monotonic()
        self.address = self._choose_address(run)
        logs.mkdir(parents=True, exist_ok=True)
        self.log = logs / f"runtime-{base.removeprefix('sha256:')[:12]}.log"
        arguments = ["--base", folder, "--name", base, "--socket", self.address, "--threads", threads]
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [*command, *map(str, arguments)],
                stdin=subprocess.PIPE,  # its end tells the child that we are gone
                stdout=log,
                stderr=log,
                env=_environment(threads),
                start_new_session=True,
            )
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(uds=self.address), base_url="http://runtime", timeout=ASK_SECONDS
        )

    def _choose_address(self, run: Path) -> str:
        run.mkdir(parents=True, exist_ok=True, mode=0o700)
        run.chmod(0o700)
        name = f"{self.base.removeprefix('sha256:')[:12]}-{uuid4().hex[:6]}.sock"
        if len(os.fsencode(run / name)) > LONGEST_SOCKET_PATH:
            run = self._own = Path(tempfile.mkdtemp(prefix="aird-"))  # made with mode 0700
        return str(run / name)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started

    def ended(self) -> str | None:
        """How the child ended, None while it lives."""
        code = self._child.poll()
        if code is None:
            return None
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"The runtime process {how}. Its log is {self.log.name}."

    def health(self) -> Health:
        """What the child says of itself."""
        try:
            self._require_socket()
            said = self._client.get("/healthz").json()
        except httpx.TransportError:
            if time.monotonic() - self._heard > SILENT_SECONDS:
                return Health("failed", f"The runtime process said nothing for {SILENT_SECONDS:.0f} seconds.")
            return Health("starting", "The runtime process is starting.")
        self._heard = time.monotonic()
        return Health(said["state"], said["reason"], frozenset(said["units"]), said["in_flight"])

    def _require_socket(self) -> None:
        """Connecting to a path that is not there leaves httpx with a socket that it never closes."""
        if not Path(self.address).is_socket():
            raise httpx.ConnectError("There is no socket yet.")

    def load(self, unit: str, folder: Path) -> None:
        """Load an adapter beside the others. Raises UnitRefused."""
        body = {"name": unit, "path": str(folder)}
        self._ask("POST", "/units", json=body, timeout=LOAD_SECONDS)

    def free(self, unit: str) -> bool:
        """Free an adapter; False while it still answers."""
        try:
            self._ask("DELETE", f"/units/{unit}")
        except UnitRefused:
            return False
        return True

    def _ask(self, method: str, path: str, **request: Any) -> None:
        try:
            response = self._client.request(method, path, **request)
        except httpx.TransportError as error:
            raise RuntimeFailed(f"The runtime process does not answer: {error!r}.") from error
        if response.status_code >= 400:
            said = response.json().get("error", {})
            raise UnitRefused(said.get("message", "The runtime process failed; its log says why."))

    def end(self) -> None:
        """End the child: asked first, killed when it does not listen."""
        self._client.close()
        with suppress(ProcessLookupError):
            self._child.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(END_SECONDS)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        if self._child.stdin is not None:
            self._child.stdin.close()
        Path(self.address).unlink(missing_ok=True)
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)


def _environment(threads: int) -> dict[str, str]:
    """What the child needs, without any of aird's own settings: it has no business with the database."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRD_")}
    return {
        **env,
        "OMP_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "PYTHONUNBUFFERED": "1",
    }
