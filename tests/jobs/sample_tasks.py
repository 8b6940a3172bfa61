"""Kinds of jobs that the tests order: one for each way an attempt may go."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from aird.audit import service as audit
from aird.core.errors import Refused
from aird.core.schemas import Schema
from aird.jobs.context import JobContext
from aird.jobs.errors import Yielded
from aird.jobs.models import Job
from aird.jobs.registry import task


class Echo(Schema):
    text: str = "hello"


class Sleep(Schema):
    seconds: float = 60.0
    pid_file: str = ""
    first_attempt_only: bool = True


class Crash(Schema):
    how: str
    until_attempt: int = 1000


class Talk(Schema):
    lines: int = 10
    steps: int = 0


class SampleRefused(Refused):
    """The sample refuses"""


@task("test.echo", Echo)
def run_echo(job: JobContext, spec: Echo) -> dict[str, Any]:
    return {"text": spec.text, "attempt": job.attempt, "actor": job.actor.label}


@task("test.publish", Echo)
def run_publish(job: JobContext, spec: Echo) -> None:
    with job.finish() as session:
        audit.record(session, job.actor, "test.thing.published", session.get_one(Job, job.id), text=spec.text)
        job.result = {"text": spec.text}


@task("test.publish_twice", Sleep)
def run_publish_twice(job: JobContext, spec: Sleep) -> None:
    for _ in range(2):
        with job.transaction() as session:
            audit.record(session, job.actor, "test.thing.published", session.get_one(Job, job.id))
        time.sleep(spec.seconds)


@task("test.sleep", Sleep)
def run_sleep(job: JobContext, spec: Sleep) -> dict[str, Any] | None:
    if job.attempt > 1 and spec.first_attempt_only:
        return {"attempt": job.attempt}
    with job.scratch() as folder:
        (folder / "weights").write_bytes(b"half")
        job.progress("sleeping", 1, 4, {"loss": 1.5})
        time.sleep(spec.seconds)
    return None


@task("test.deaf", Sleep)
def run_deaf(job: JobContext, spec: Sleep) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    job.log("deaf")
    time.sleep(spec.seconds)


@task("test.family", Sleep)
def run_family(job: JobContext, spec: Sleep) -> dict[str, Any] | None:
    """A child, and a daemon that left for a session of its own; their marks are on their command lines."""
    code = f"import time; mark = {spec.pid_file!r}; time.sleep(1000)"
    for daemon in (False, True):
        subprocess.Popen([sys.executable, "-c", code], start_new_session=daemon)
    if job.attempt > 1 and spec.first_attempt_only:
        return {"attempt": job.attempt}
    time.sleep(spec.seconds)
    return None


@task("test.crash", Crash)
def run_crash(job: JobContext, spec: Crash) -> dict[str, Any]:
    if job.attempt >= spec.until_attempt:
        return {"attempt": job.attempt}
    print("about to go", flush=True)
    match spec.how:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "abort":
            os.abort()
        case "exit":
            sys.exit(3)
        case "vanish":
            os._exit(0)
        case "memory":
            raise MemoryError("no room for a tensor")
        case "disk":
            raise OSError(errno.ENOSPC, "No space left on device", "weights.bin")
        case "refuse":
            raise SampleRefused("The sample does not want this.")
        case "bug":
            raise TypeError("unexpected")
        case "late":
            with job.finish():
                pass
            raise TypeError("after the end")
    raise AssertionError(spec.how)


@task("test.talk", Talk)
def run_talk(job: JobContext, spec: Talk) -> None:
    for number in range(spec.lines):
        job.log(f"line {number}")
    for step in range(spec.steps):
        job.progress("talking", step + 1, spec.steps, {"loss": 1.0 / (step + 1)})
        time.sleep(0.002)
    print("to stdout")
    print("to stderr", file=sys.stderr)
    sys.stdout.write("half a line")


@task("test.facts", Echo)
def run_facts(job: JobContext, spec: Echo) -> dict[str, Any]:
    """What the process looks like from inside."""
    return {
        "threads": os.environ["OMP_NUM_THREADS"],
        "offline": os.environ["HF_HUB_OFFLINE"],
        "own_session": os.getsid(0) == os.getpid(),
        "stdin": sys.stdin.readline() if sys.stdin else "",
        "proc": Path("/proc/self").readlink().name == str(os.getpid()),
    }


@task("test.kept", Crash)
def run_kept(job: JobContext, spec: Crash) -> dict[str, Any]:
    """Notes its attempt in the workspace, then ends as the spec says."""
    with job.workspace() as folder:
        seen = sorted(path.name for path in folder.iterdir())
        (folder / str(job.attempt)).touch()
        if job.attempt < spec.until_attempt:
            return run_crash(job, spec)
        return {"seen": seen}


class Steps(Schema):
    steps: int = 1000
    full_at: int = -1


@task("test.steps", Steps, yields=True)
def run_steps(job: JobContext, spec: Steps) -> dict[str, Any]:
    """Counts, one step in fifty milliseconds, and hands its place back behind any of them; no step is done twice."""
    with job.workspace() as folder:
        done = sorted(int(path.name) for path in folder.iterdir())
        assert done == list(range(len(done)))
        for step in range(len(done), spec.steps):
            (folder / str(step)).touch()
            job.progress("counting", step + 1, spec.steps)
            if step == spec.full_at:
                raise OSError(errno.ENOSPC, "No space left on device", "weights.bin")
            if job.should_yield:
                raise Yielded(f"checkpoint at step {step + 1}")
            time.sleep(0.05)
        return {"resumed_at": len(done), "visible": os.environ.get("CUDA_VISIBLE_DEVICES")}
