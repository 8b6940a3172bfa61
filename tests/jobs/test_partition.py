"""The network between a worker and its database is cut, and comes back: row 28 of the bad moments in docs/jobs.md."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from tests.jobs.conftest import Desk, eventually
from tests.jobs.sample_tasks import Echo
from tests.jobs.test_fault_matrix import PATIENCE, gated, published, start

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(600)]


class Wire:
    """A way to the database that can be cut: the database sees the client go, the client hears nothing."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target, self._cut, self._lock = target, False, threading.Lock()
        self._clients: list[socket.socket] = []
        self._servers: list[socket.socket] = []
        self._entry = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._entry.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._entry.accept()
            except OSError:
                return
            with self._lock:
                self._clients.append(client)
                if self._cut:
                    continue
                server = socket.create_connection(self._target)
                self._servers.append(server)
            for ends in ((client, server), (server, client)):
                self._threads.append(threading.Thread(target=self._carry, args=ends))
                self._threads[-1].start()

    def _carry(self, source: socket.socket, to: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                to.sendall(data)
        if not self._cut:  # one side has hung up; when the wire is cut the client is to hear nothing of it
            _hang_up([source, to])

    def cut(self) -> None:
        with self._lock:
            self._cut = True
            _hang_up(self._servers)

    def mend(self) -> None:
        """New connections pass again; those that were silent are closed."""
        with self._lock:
            self._cut = False
            _hang_up(self._clients)

    def close(self) -> None:
        self._entry.shutdown(socket.SHUT_RDWR)
        self._entry.close()
        self.cut()
        self.mend()
        for thread in self._threads:
            thread.join()
        for end in (*self._clients, *self._servers):
            end.close()


def _hang_up(ends: list[socket.socket]) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wire(desk: Desk) -> Iterator[Wire]:
    address = make_url(desk.world.settings.db_url())
    if address.host is None or address.port is None or address.host.startswith("/"):
        pytest.skip("there is no network between a worker and this database")
    opened = Wire((address.host, address.port))
    yield opened
    opened.close()


def test_a_worker_cut_from_the_database_loses_its_lease_and_publishes_nothing(
    desk: Desk, wire: Wire, tmp_path: Path
) -> None:
    gate, address = tmp_path / "gate", make_url(desk.world.settings.db_url())
    through = address.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
    first = start(desk, {"AIRD_DATABASE_URL": through})
    job_id = gated(desk, gate)
    wire.cut()
    second = start(desk)
    assert desk.wait(job_id, "succeeded", PATIENCE).result == {"attempt": 2}

    os.kill(first.pid, signal.SIGSTOP)  # its attempt alone finds the way back, so that nothing but the fence stops it
    (gate / "open").touch()
    wire.mend()
    eventually((gate / "refused").exists, PATIENCE)
    assert published(desk) == 1
    second.terminate()
    second.wait(PATIENCE)
    os.kill(first.pid, signal.SIGCONT)
    desk.wait(desk.order("test.echo", Echo()), "succeeded", PATIENCE)  # by the first worker
    job = desk.job(job_id)
    assert (job.state, job.attempt, published(desk)) == ("succeeded", 2, 1)


def test_both_ends_of_a_line_give_up_when_it_is_dead(desk: Desk) -> None:
    if desk.world.database.engine.dialect.name != "postgresql":
        pytest.skip("there is no network between a worker and this database")
    with desk.world.database.read() as session:
        shown = {
            name: session.scalar(text(f"SHOW {name}"))
            for name in ("tcp_keepalives_idle", "idle_in_transaction_session_timeout")
        }
    assert shown == {"tcp_keepalives_idle": "30", "idle_in_transaction_session_timeout": "5min"}
