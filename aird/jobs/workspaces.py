"""Folders that outlive an attempt, so that the next one goes on where a kill has stopped it; gone when the job ends.

One attempt has a job's folder at a time, held by a lock that the kernel drops when its process dies. An attempt that
fell silent and was overtaken may wake up again: as long as it holds the folder, its successor works in another one.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.core.settings import Settings
from aird.jobs.lifecycle import FINAL
from aird.jobs.models import Job

SUFFIX = "-kept"
_uuid = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
LOCK = ".lock"


def place(settings: Settings, job_id: UUID) -> Path:
    """The job's folder, beside the scratch folders of its attempts."""
    return settings.home / "scratch" / f"{job_id}{SUFFIX}"


@contextmanager
def held(settings: Settings, job_id: UUID) -> Iterator[Path | None]:
    """The job's folder with what earlier attempts left in it; None while another process holds it."""
    folder = place(settings, job_id)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder) as ours:
        yield folder / "files" if ours else None


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        (folder / "files").mkdir(exist_ok=True)
        yield True
    finally:
        os.close(lock)


def remove(settings: Settings, job_id: UUID) -> None:
    """Remove the job's folder, unless a process still holds it; the sweep comes again."""
    folder = place(settings, job_id)
    if folder.is_dir():
        with _locked(folder) as ours:
            if ours:
                shutil.rmtree(folder, ignore_errors=True)


def sweep(session: Session, settings: Settings) -> None:
    """Remove the folders of jobs that have ended, wherever they ended."""
    parent = settings.home / "scratch"
    found = [path.name.removesuffix(SUFFIX) for path in parent.glob(f"*{SUFFIX}")] if parent.is_dir() else []
    ids = {UUID(name) for name in found if _uuid.fullmatch(name)}  # whatever else lies there is not ours
    if ids:
        alive = select(Job.id).where(Job.id.in_(ids), Job.state.not_in(FINAL))
        for job_id in ids - set(session.scalars(alive)):
            remove(settings, job_id)
