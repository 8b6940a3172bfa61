"""Kinds of jobs that the fault matrix orders: held at a gate, or as bad as a task can be."""

import ctypes
import os
import sys
import time
from pathlib import Path
from typing import Any

from aird.audit import service as audit
from aird.core.schemas import Schema
from aird.jobs.context import JobContext
from aird.jobs.errors import LeaseLost
from aird.jobs.models import Job
from aird.jobs.registry import task

PIECE = 16 * 1024 * 1024


class Gate(Schema):
    folder: str
    open_to_the_next: bool = True  # a second attempt finds the gate open


class Poison(Schema):
    how: str


@task("fault.gate", Gate)
def run_gate(job: JobContext, spec: Gate) -> dict[str, Any]:
    """Waits for the file `open`, then publishes; leaves the file `refused` when it no longer may."""
    folder = Path(spec.folder)
    job.progress("waiting", 1, 2)
    while not (folder / "open").exists() and not (spec.open_to_the_next and job.attempt > 1):
        time.sleep(0.02)
    try:
        with job.transaction() as session:
            audit.record(session, job.actor, "test.thing.published", session.get_one(Job, job.id))
    except LeaseLost:
        (folder / "refused").touch()
        raise
    return {"attempt": job.attempt}


@task("fault.poison", Poison)
def run_poison(job: JobContext, spec: Poison) -> None:
    match spec.how:
        case "segfault":
            ctypes.string_at(0)
        case "abort":
            os.abort()
        case "exit":
            sys.exit(3)
        case "loop":
            while True:
                pass
        case "memory":
            pieces = []
            while True:
                pieces.append(b"x" * PIECE)
