"""Is this installation in order? Each line says what was found and what to do."""

import importlib.metadata
import importlib.util
import io
import os
import platform
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from aird.audit import queries as audit_queries
from aird.audit import service as audit
from aird.audit.chain import verify
from aird.core.clock import now
from aird.core.db import Database, database_now, reason
from aird.core.errors import AirdError
from aird.core.settings import Settings
from aird.jobs.models import Job
from aird.server.migrate import revisions
from aird.store.artifacts import open_backend
from aird.store.backends.base import put

UI = Path(__file__).parents[1] / "_ui" / "index.html"
State = Literal["ok", "warn", "fail"]
GIB = 2**30


@dataclass(frozen=True)
class Check:
    """One line of the report."""

    name: str
    state: State
    detail: str
    fix: str = ""


def checks(settings: Settings) -> list[Check]:
    """Every check, in the order in which they depend on each other; a check never raises."""
    found: list[Check] = [_python(), *_packages(), _accelerator(), _disk(settings), _store(settings)]
    schema = _schema(settings)
    found.append(schema)
    if schema.state == "ok":
        database = Database.open(settings.db_url())
        try:
            found += [_guarded(name, check, database, settings) for name, check in _DATABASE_CHECKS.items()]
        finally:
            database.engine.dispose()
    found.append(_ui())
    return found


def _guarded(name: str, check: Callable[[Database, Settings], Check], database: Database, settings: Settings) -> Check:
    try:
        return check(database, settings)
    except SQLAlchemyError as error:
        return Check(name, "fail", f"the database refused: {reason(error)}", "Look at the server's log.")


def _python() -> Check:
    return Check("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _packages() -> Iterator[Check]:
    for package in ("torch", "transformers", "peft", "mergekit"):
        if importlib.util.find_spec(package) is None:
            yield Check(
                package,
                "warn",
                "not installed: this machine cannot run jobs or serve models",
                "pip install 'aird[ml]'",
            )
        else:
            yield Check(package, "ok", importlib.metadata.version(package))


def _accelerator() -> Check:
    if Path("/dev/nvidia0").exists() or Path("/dev/kfd").exists():
        return Check("accelerator", "ok", "found a GPU device")
    return Check("accelerator", "ok", f"none; jobs run on {os.cpu_count()} CPU cores")


def _disk(settings: Settings) -> Check:
    folder = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    detail = f"{free / GIB:.1f} GiB free at {folder}"
    if free < settings.min_free_bytes:
        return Check("disk", "fail", detail, "Free some room: writes to the store are refused.")
    return Check("disk", "warn" if free < 2 * GIB else "ok", detail, "Free some room." if free < 2 * GIB else "")


def _store(settings: Settings) -> Check:
    data = uuid.uuid4().bytes
    try:
        backend = open_backend(settings)
        digest, _ = put(backend, io.BytesIO(data))
        with backend.open(digest) as source:
            same = source.read() == data
        backend.delete(digest)
    except (OSError, AirdError) as error:
        return Check("store", "fail", str(error), _store_fix(settings))
    if not same:
        return Check("store", "fail", "what was written came back changed", "Check the disk.")
    return Check("store", "ok", f"written and read back at {backend.place}")


def _store_fix(settings: Settings) -> str:
    if settings.store_url.startswith("s3://"):
        return "Check AIRD_STORE_URL, _ENDPOINT, _ACCESS_KEY and _SECRET_KEY, and that the bucket is there."
    return f"Make {settings.store_folder()} writable."


def _schema(settings: Settings) -> Check:
    if settings.embedded and not (settings.home / "aird.db").exists():
        return Check("database", "warn", f"none yet in {settings.home}", "Run `aird up` or `aird db upgrade`.")
    try:
        found, newest = revisions(settings)
    except SQLAlchemyError as error:
        return Check("database", "fail", f"does not answer: {reason(error)}", "Check AIRD_DATABASE_URL.")
    if found != newest:
        return Check("database", "fail", f"schema {found}, the newest is {newest}", "Run `aird db upgrade`.")
    return Check("database", "ok", f"schema {found}")


def _clock(database: Database, _settings: Settings) -> Check:
    with database.read() as session:
        skew = abs(database_now(session) - now())
    if skew > timedelta(seconds=5):
        return Check("clock", "warn", f"differs from the database's by {skew}", "Let both hosts follow a time server.")
    return Check("clock", "ok", "agrees with the database's")


def _write(database: Database, _settings: Settings) -> Check:
    with database.write() as session:
        session.execute(text("SELECT 1"))
    return Check("transactions", "ok", "the database takes a write transaction")


def _queue(database: Database, settings: Settings) -> Check:
    with database.read() as session:
        waiting = session.scalars(select(Job.created_at).where(Job.state == "queued")).all()
    late = [each for each in waiting if now() - each > timedelta(minutes=10)]
    if late:
        return Check("jobs", "warn", f"{len(late)} wait for more than ten minutes", "Is a worker up? `aird worker`")
    return Check("jobs", "ok", f"{len(waiting)} waiting")


def _audit(database: Database, settings: Settings) -> Check:
    with database.read() as session:
        verdict = verify(audit_queries.links(session), audit.read_anchors(settings.anchors()))
    if not verdict.sound:
        return Check("audit", "fail", str(verdict.fault), "Somebody changed the log: compare it with a backup.")
    return Check("audit", "ok", f"{verdict.entries} entries, {verdict.anchors} anchors, head {verdict.head[:12]}")


_DATABASE_CHECKS: dict[str, Callable[[Database, Settings], Check]] = {
    "clock": _clock, "transactions": _write, "jobs": _queue, "audit": _audit,
}  # fmt: skip


def _ui() -> Check:
    if UI.exists():
        return Check("web UI", "ok", "built")
    return Check("web UI", "warn", "not built; the API and the command line work without", "Run `make ui`.")
