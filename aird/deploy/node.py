"""The keeper of an engine on a node of a cluster: `python -m aird.deploy.node ENGINE SUBMISSION`.

It fetches the whole model, starts the engine on an address of this node, tells both in the engine's row, and fetches
the units that the row says are wanted. It ends, and its engine with it, when it is told to, when the engine ends, or
when the row speaks of another submission. It reads aird's settings as they are on this machine.
"""

import os
import signal
import socket
import sys
import threading
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aird.core.db import Database
from aird.core.errors import AirdError
from aird.core.settings import Settings
from aird.deploy.children import Child
from aird.deploy.drivers.base import Spec
from aird.deploy.engines import Engines
from aird.deploy.models import Engine
from aird.deploy.placement import RuntimeKind
from aird.deploy.remote import REFUSED
from aird.deploy.units import UnitFiles
from aird.store.artifacts import open_store

LOOK_SECONDS = 0.5


class Keeper:
    """One engine with the files it needs."""

    def __init__(self, settings: Settings, database: Database, engine_id: UUID, submission: str) -> None:
        self._settings, self._database = settings, database
        self._engine_id, self._submission = engine_id, submission
        self._folder = settings.home / "nodes" / submission
        self._files = UnitFiles(open_store(settings, database), self._folder / "units")
        self._engines = Engines(settings)
        self._child: Child | None = None
        self._told: dict[str, str] = {}
        self.ending = threading.Event()

    def run(self) -> int:
        """Until it is over; returns the exit status."""
        try:
            while not self.ending.is_set():
                try:
                    if not self._round():
                        return 0
                except (DBAPIError, PoolTimeout) as error:  # the database may be away for a while; the engine goes on
                    print(f"The database does not answer: {error}", file=sys.stderr)
                if self._child is not None and (ended := self._child.ended()):
                    print(ended, file=sys.stderr)
                    return 1
                self.ending.wait(LOOK_SECONDS)
            return 0
        finally:
            if self._child is not None:
                self._child.end()
            self._files.close()

    def _round(self) -> bool:
        """Look what is wanted, and do it; False when this engine is not the row's any more."""
        with self._database.read() as session:
            row = session.get(Engine, self._engine_id)
            if row is None or row.submission != self._submission:
                return False
            base, kind, chip, number, wanted = row.base, row.runtime, row.chip, row.number, list(row.wanted)
        if self._child is None:
            folder = self._files.folder(base)
            if folder is not None:
                self._start(kind, Spec(base, folder, number, chip, (), self._settings.runtime_threads))
        found = {unit: self._where(unit) for unit in wanted}
        told = {unit: where for unit, where in found.items() if where}
        if told != self._told:
            self._tell(fetched=told)
            self._told = told
        for unit in self._files.kept() - {base, *wanted}:
            self._files.remove(unit)
        return True

    def _where(self, unit: str) -> str:
        try:
            folder = self._files.folder(unit)
        except (AirdError, OSError) as error:
            return f"{REFUSED}The files cannot be fetched: {error}"
        return str(folder) if folder is not None else ""

    def _start(self, kind: RuntimeKind, spec: Spec) -> None:
        key = self._settings.engine_key
        if key is None:
            raise SystemExit("AIRD_ENGINE_KEY is not set on this node: an engine on the network needs a key.")
        with socket.socket() as free:
            free.bind((host := _own_address(self._settings), 0))
            port = free.getsockname()[1]
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = self._folder / "key"
        secret.touch(mode=0o600)
        secret.write_text(key.get_secret_value())
        command, env = self._engines.driver(kind).listening(spec, host, port, secret)
        self._child = Child(command, env=env, log=self._folder / "engine.log", leash=kind is RuntimeKind.VLLM)
        self._tell(address=f"http://{host}:{port}", pid=self._child.pid, birth=self._child.birth)

    def _tell(self, **facts: object) -> None:
        with self._database.write() as session:
            row = session.get(Engine, self._engine_id, with_for_update=True)
            if row is not None and row.submission == self._submission:
                for name, value in facts.items():
                    setattr(row, name, value)


def _own_address(settings: Settings) -> str:
    """The address of this node that the cluster's head is reached from; nothing is sent."""
    if settings.engine_host:
        return settings.engine_host
    head = os.environ.get("RAY_ADDRESS", "").rpartition(":")[0].rpartition("/")[2] or "192.0.2.1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((head, 9))
        return str(probe.getsockname()[0])


def main(engine_id: UUID, submission: str) -> int:
    """Keep the engine; returns the exit status."""
    settings = Settings()
    database = Database.open(settings.db_url())
    keeper = Keeper(settings, database, engine_id, submission)
    signal.signal(signal.SIGTERM, lambda *_: keeper.ending.set())
    try:
        return keeper.run()
    finally:
        database.engine.dispose()


if __name__ == "__main__":
    sys.exit(main(UUID(sys.argv[1]), sys.argv[2]))
