import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from tests.client.stand_in import Reply, StandIn

JOB = {
    "id": "7", "kind": "merge.run", "state": "running", "reason": "on worker 1", "progress": 0.5,
    "title": "Rotation", "stage": "merge", "metrics": {"loss": 0.25}, "created_at": "2026-11-22T06:00:00Z",
    "created_by": "ann", "seconds": 3.0, "attempt": 1, "max_attempts": 3, "error": None, "result": None,
}  # fmt: skip
STREAM, EVENTS = "/api/v1/jobs/7/events/stream", "/api/v1/jobs/7/events"
LOG = {"line": "\x1b[31mloss 0.5\x1b[0m", "stream": "stderr"}


def test_jobs_are_listed_with_their_reason(aird: Callable[..., Result], server: StandIn) -> None:
    server.page("/api/v1/jobs", [JOB])
    assert "merge.run  running  50%   on worker 1  Rotation" in aird("jobs", "ls", "--state", "running").stdout
    assert json.loads(aird("jobs", "ls", "--json").stdout) == [JOB]
    assert server.calls[0].query == {"state": "running"}


def test_one_job_is_shown(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/jobs/7", JOB)
    said = aird("jobs", "get", "7").stdout
    assert "progress  50% merge" in said
    assert "loss 0.25" in said


def test_logs_are_printed_without_what_a_terminal_would_obey(aird: Callable[..., Result], server: StandIn) -> None:
    server.on(
        "GET", EVENTS, {"items": [{"seq": 1, "kind": "log", "data": LOG}, {"seq": 2, "kind": "state", "data": {}}]},
        {"items": []}, {"items": [{"seq": 1, "kind": "log", "data": LOG}]}, {"items": []},
    )  # fmt: skip
    assert aird("jobs", "logs", "7").stdout == "loss 0.5\n"
    assert json.loads(aird("jobs", "logs", "7", "--json").stdout)["data"] == LOG


def test_logs_are_followed_to_the_end_of_the_job(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", STREAM, server.events((1, "log", LOG)))
    server.on("GET", "/api/v1/jobs/7", {**JOB, "state": "failed"})
    result = aird("jobs", "logs", "7", "-f")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "loss 0.5\n", "The job is failed.\n")


def test_waiting_gives_up_after_its_timeout(aird: Callable[..., Result], server: StandIn) -> None:
    server.on("GET", "/api/v1/jobs/7", JOB)
    server.on("GET", STREAM, server.problem(503, "none"))
    server.on("GET", EVENTS, {"items": []})
    result = aird("jobs", "wait", "7", "--timeout", "0.2")
    assert result.exit_code == 1
    assert "goes on" in result.stderr


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_a_job_is_cancelled_or_tried_again(aird: Callable[..., Result], server: StandIn, verb: str) -> None:
    server.on("POST", f"/api/v1/jobs/7/{verb}", JOB)
    assert aird("jobs", verb, "7").exit_code == 0
    assert json.loads(aird("jobs", verb, "7", "--json").stdout) == JOB


@pytest.mark.parametrize("command", [("logs", "-f"), ("wait",)])
def test_ctrl_c_detaches_and_leaves_the_job_alone(
    env: dict[str, str], server: StandIn, command: tuple[str, ...]
) -> None:
    watching, done = threading.Event(), threading.Event()

    def chunks() -> Iterator[bytes]:
        yield b'id: 1\nevent: log\ndata: {"line": "hello"}\n\n'
        watching.set()
        done.wait(20)

    server.on("GET", "/api/v1/jobs/7", JOB)
    server.on("GET", STREAM, lambda _call: Reply(chunks(), type="text/event-stream"))
    process = subprocess.Popen(
        [sys.executable, "-m", "aird.cli.main", "jobs", command[0], "7", *command[1:]],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A run in a shell's background ignores SIGINT, and its children would as well.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert watching.wait(20)
    if command[0] == "logs":
        assert process.stdout is not None
        assert process.stdout.readline() == "hello\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    done.set()
    assert process.returncode == 130
    assert "Detached; the job goes on." in said
    assert "aird jobs cancel 7" in said
    assert not server.sent("POST", "/api/v1/jobs/7/cancel")


def test_a_bar_is_drawn_on_a_terminal_and_data_stays_on_stdout(
    env: dict[str, str], server: StandIn, tmp_path: Path
) -> None:
    server.on("GET", "/api/v1/jobs/7", {**JOB, "state": "succeeded", "result": {"version": "a/b@2"}})
    steps = [(i + 1, "progress", {"stage": "train", "step": i, "total": 10, "metrics": {}}) for i in range(11)]
    server.on("GET", STREAM, server.events(*steps))
    terminal, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "aird.cli.main", "jobs", "wait", "7"],
        env={**env, "TERM": "xterm", "COLUMNS": "100"}, stdout=subprocess.PIPE, stderr=theirs, text=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        drawn = "".join(_read(terminal))
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert said == "version  a/b@2\n"
    assert "━" in drawn
    assert "100%" in drawn


def _read(terminal: int) -> Iterator[str]:
    """What is written to a terminal, until nobody has it open any more."""
    try:
        while piece := os.read(terminal, 65536):
            yield piece.decode()
    except OSError:
        return
    finally:
        os.close(terminal)
