"""Start the server alone (`aird server`), or the whole house on one machine (`aird up`)."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import uvicorn
from rich.console import Console
from sqlalchemy import func, select
from sqlalchemy.orm import Session, configure_mappers

import aird.tables  # noqa: F401 - see _server
from aird.audit import service as audit
from aird.auth import queries as auth_queries
from aird.auth import secrets
from aird.auth import service as auth
from aird.auth.models import Membership, Person
from aird.auth.permissions import SYSTEM, Role
from aird.core.db import Database, advisory_lock
from aird.core.logs import log_to_stderr
from aird.core.pulse import watched
from aird.core.settings import Settings, settings_env
from aird.core.starting import importing
from aird.deploy import holding
from aird.deploy.drivers.hf import COMMAND
from aird.deploy.reconciler import Reconciler
from aird.server import gc
from aird.server.listening import AlreadyRunning, CannotStart, listen
from aird.server.migrate import upgrade
from aird.server.schema import check_schema
from aird.store.artifacts import Store, open_store, sweep_store

ANCHOR_SECONDS = 60.0
DRAIN_SECONDS = 30
"""How long answers that have begun may take to end once we are told to."""
WORKER = (sys.executable, "-m", "aird.worker")
FOUNDING_LOCK = 0x61697264_666F756E  # "aird foun"


@dataclass(frozen=True)
class Admin:
    """How the first admin gets in: a login link, a token for the command line, and a password made just now."""

    link: str
    token: str
    password: str | None


class NoAdmin(CannotStart):
    """Nobody may let anybody in."""


@contextmanager
def data_folder_lock(settings: Settings) -> Iterator[None]:
    """Hold the data folder for this process. Raises AlreadyRunning with the other's process id."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.home / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            other = lock.read().strip() or "unknown"
            raise AlreadyRunning(
                f"aird already runs on {settings.home} (process {other}). Stop it, or choose another --data-dir."
            ) from error
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def prepare_admin(database: Database, settings: Settings, url: str) -> Admin:
    """See that there is an admin, and give them a one-time link and this run's local token."""
    with database.write() as session:
        password = _add_admin(session, settings) if _empty(session) else None
        admin = _first_admin(session)
        code, _ = auth.create_login_link(session, SYSTEM, admin, minutes=settings.login_link_minutes)
        for old in auth_queries.tokens(session, person_id=admin.id):
            if old.name == "local":
                auth.revoke_token(session, SYSTEM, old)
        _, token = auth.create_token(session, SYSTEM, admin, "local", days=settings.token_days)
    if password:
        _write_private(settings.home / "initial_admin_password", password + "\n")
    return Admin(f"{url}/login?once={code}", token, password)


def found_admin(database: Database, settings: Settings, url: str) -> str | None:
    """Where nobody has an account yet, make the first admin; gives their one-time link, else None."""
    with database.write() as session:
        advisory_lock(session, FOUNDING_LOCK)  # of several servers that start at once, one founds
        if not _empty(session):
            return None
        password = _add_admin(session, settings)
        code, _ = auth.create_login_link(session, SYSTEM, _first_admin(session), minutes=settings.login_link_minutes)
    if password:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_private(settings.home / "initial_admin_password", password + "\n")
    return f"{url}/login?once={code}"


def _empty(session: Session) -> bool:
    return not session.scalar(select(func.count()).select_from(Person))


def _add_admin(session: Session, settings: Settings) -> str | None:
    """The account of the first admin; gives the password when it was made here."""
    given = settings.admin_password
    password = given.get_secret_value() if given else secrets.new_password()
    admin = auth.add_person(session, SYSTEM, "admin", "Administrator", password=password)
    for role in (Role.ADMIN, Role.STAFF):
        auth.give_role(session, SYSTEM, admin, role, None)
    return None if given else password


def _first_admin(session: Session) -> Person:
    """Who has held the admin role for the whole organisation for the longest."""
    query = select(Person).join(Membership, Membership.person_id == Person.id)
    query = query.where(Membership.role == Role.ADMIN, Membership.department_id.is_(None), Person.active)
    found = session.scalars(query.order_by(Membership.created_at).limit(1)).one_or_none()
    if found is None:
        raise NoAdmin("This database has people but no admin for the whole organisation. Restore one from a backup.")
    return found


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(text)


class Server(uvicorn.Server):
    """uvicorn, which leaves the signals to us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signals over: `up` and `serve` stop the server themselves."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Have the streams of open tabs end, so that nobody waits for them."""
        self.config.app.state.stopping = True  # type: ignore[union-attr]
        await super().shutdown(sockets)


def _server(settings: Settings, database: Database, store: Store, engine: Sequence[str]) -> Server:
    """The server, and the reconciler at work: engines take the longest to start, so they begin first."""
    configure_mappers()  # of every slice, before a second thread reads
    reconciler = Reconciler(database, store, settings, command=engine)
    reconciler.start()
    try:
        # Imported here: it takes seconds, in which the engines start.
        with importing():
            from aird.server.app import create_app
        app = create_app(settings, database, store, reconciler=reconciler)
    except BaseException:
        reconciler.stop()
        raise
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=DRAIN_SECONDS, server_header=False
    )
    return Server(config)


def _url(settings: Settings, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    shown = f"[{reachable}]" if ":" in reachable else reachable
    return settings.public_url.rstrip("/") or f"http://{shown}:{port}"


def _anchor_until(stop: threading.Event, database: Database, settings: Settings) -> None:
    while True:
        done = stop.wait(ANCHOR_SECONDS)
        with suppress(Exception), database.read() as session:
            audit.anchor(session, settings.anchors())
        if done:
            return


def _upkeep(stop: threading.Event, database: Database, store: Store, settings: Settings) -> list[threading.Thread]:
    """What goes on beside the server until `stop`: anchoring the audit chain, engines' time, collecting."""
    threads = [
        threading.Thread(target=_anchor_until, args=(stop, database, settings)),
        threading.Thread(target=holding.note_until, args=(stop, database)),
    ]
    if settings.store_collect_hours:
        grace, every = timedelta(hours=settings.store_grace_hours), settings.store_collect_hours * 3600
        threads.append(
            threading.Thread(
                target=gc.collect_until, args=(stop, database, store), kwargs={"grace": grace, "every": every}
            )
        )
    return threads


def serve(settings: Settings, *, engine: Sequence[str] = COMMAND) -> int:
    """Serve the API, the web UI and `/v1` until SIGTERM; workers run elsewhere. Returns the exit code.

    `engine` is the command of our own engines.
    """
    log_to_stderr(settings.log_level)
    check_schema(settings)
    database = Database.open(settings.db_url())
    listener = listen(settings, next_free=False)
    url = _url(settings, listener)
    link = found_admin(database, settings, url)
    store = open_store(settings, database)
    server, stop = _server(settings, database, store, engine), threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: setattr(server, "should_exit", True))
    upkeep = _upkeep(stop, database, store, settings)
    for thread in upkeep:
        thread.start()
    sys.stderr.write(f"aird serves {url}\n")
    if link:
        minutes, file = settings.login_link_minutes, settings.home / "initial_admin_password"
        said = "AIRD_ADMIN_PASSWORD" if settings.admin_password else str(file)
        sys.stderr.write(f"The first account is `admin`; its password: {said}\n")
        sys.stderr.write(f"Sign in within {minutes} min without it: {link}\n")
    sys.stderr.flush()
    with watched(database.engine):
        server.run(sockets=[listener])
    stop.set()
    for thread in upkeep:
        thread.join()
    return 0


def up(
    settings: Settings,
    *,
    exit_when_done: bool = False,
    then: Callable[[str, str, Console], bool] | None = None,
    worker: Sequence[str] = WORKER,
) -> int:
    """Everything on this machine: database, store, worker, server, and `then` (the sample organisation) on top.

    `then` gets the server's URL, an admin's token and the console, and tells whether it went well. `worker` is the
    command of the worker, that ends with its standard input. Returns the exit code.
    """
    log_to_stderr(settings.log_level)
    console = Console(highlight=False, soft_wrap=True)
    with data_folder_lock(settings):
        shutil.rmtree(settings.home / "uploads", ignore_errors=True)  # what a kill left of unfinished uploads
        sweep_store(settings)
        upgrade(settings)
        database = Database.open(settings.db_url())
        listener = listen(settings, next_free=True)
        url = _url(settings, listener)
        admin = prepare_admin(database, settings, url)
        _write_private(
            settings.home / "server.json", json.dumps({"url": url, "pid": os.getpid(), "token": admin.token})
        )
        with _worker_process(settings, worker) as process:
            return _run(settings, console, database, listener, url, admin, process, exit_when_done, then)


def _run(
    settings: Settings,
    console: Console,
    database: Database,
    listener: socket.socket,
    url: str,
    admin: Admin,
    worker: "Worker",
    exit_when_done: bool,
    then: Callable[[str, str, Console], bool] | None,
) -> int:
    store = open_store(settings, database)
    server, stop, went_well = _server(settings, database, store, COMMAND), threading.Event(), [True]

    def end(*_: object) -> None:
        server.should_exit = True  # answers that have begun go on
        worker.ask_to_end()  # and takes no new job meanwhile

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, end)

    def follow() -> None:
        while not server.started and not server.should_exit:
            time.sleep(0.02)
        if then is not None and not server.should_exit:
            try:
                went_well[0] = then(url, admin.token, console)
            except Exception as error:
                console.print(f"[red]The sample organisation failed:[/] {error}")
                went_well[0] = False
        if exit_when_done:
            server.should_exit = True
        elif not server.should_exit:
            _greet(console, settings, url, admin)

    upkeep = _upkeep(stop, database, store, settings)
    threads = [
        threading.Thread(target=follow, daemon=True),
        threading.Thread(target=worker.keep_up, args=(stop,), daemon=True),
    ]
    for thread in [*threads, *upkeep]:
        thread.start()
    with watched(database.engine):
        server.run(sockets=[listener])
    stop.set()
    for thread in upkeep:
        thread.join()
    (settings.home / "server.json").unlink(missing_ok=True)
    return 0 if went_well[0] else 1


def _greet(console: Console, settings: Settings, url: str, admin: Admin) -> None:
    console.print(f"\n  [bold]Open[/]   {admin.link}")
    console.print(f"         (signs you in as admin once; valid {settings.login_link_minutes} min)")
    if admin.password:
        console.print(f"  [bold]Admin[/]  admin / {admin.password}   (also in {settings.home}/initial_admin_password)")
    console.print('  [bold]Try[/]    aird models ls     aird chat support/assistant "Hello"     aird doctor')
    console.print(f"  The API is at {url}/api/v1. Ctrl-C stops; your data stays in {settings.home}.\n")


class Worker:
    """The worker process beside the server, started again when it dies."""

    def __init__(self, settings: Settings, command: Sequence[str]) -> None:
        self._command, self._ending = command, False
        self._env = settings_env(settings)
        self._log = settings.home / "worker.log"
        self._patience = settings.yield_seconds + 15
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command, env=self._env, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    def keep_up(self, stop: threading.Event) -> None:
        """Start the worker again whenever it has ended, until `stop`."""
        while not stop.wait(0.5):
            if self._process.poll() is not None and not self._ending:
                self._process = self._start()

    def ask_to_end(self) -> None:
        """Have the worker hand its jobs back; it is not started again."""
        self._ending = True
        self._process.terminate()

    def stop(self) -> None:
        """Ask the worker to end, and wait until it has."""
        self.ask_to_end()
        try:
            self._process.wait(self._patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def _worker_process(settings: Settings, command: Sequence[str]) -> Iterator[Worker]:
    worker = Worker(settings, command)
    try:
        yield worker
    finally:
        worker.stop()
