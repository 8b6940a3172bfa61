"""The contract of executors, for attempts with a PID namespace each and without."""

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from aird.jobs import leases
from aird.jobs.executors.process import ProcessExecutor
from aird.jobs.leases import Key
from aird.jobs.messages import Exited, Flush, Log, Message, Progress
from tests.jobs.conftest import TASKS, Desk, eventually, living
from tests.jobs.sample_tasks import Crash, Echo, Sleep, Talk

MODES = [
    pytest.param(True, id="namespaces", marks=pytest.mark.skipif(os.geteuid() != 0, reason="needs root")),
    pytest.param(False, id="plain"),
]


class Running:
    """An executor, what it was heard to say, and a desk to order jobs at."""

    def __init__(self, desk: Desk, executor: ProcessExecutor) -> None:
        self.desk, self.executor, self.heard = desk, executor, list[tuple[Key, Message]]()

    def begin(self, kind: str, spec: Echo | Sleep | Crash | Talk) -> Key:
        job_id = self.desk.order(kind, spec)
        with self.desk.world.database.write() as session:
            assert leases.claim(session, "a:1:1", lease_seconds=60, attempts=3) is not None
        self.executor.start((job_id, 1))
        return job_id, 1

    def listen(self) -> None:
        for key, message in self.executor.poll(0.05):
            self.heard.append((key, message))
            if isinstance(message, Flush):
                self.executor.flushed(key)

    def until(self, wanted: type[Message]) -> Message:
        def found() -> list[Message]:
            self.listen()
            return [message for _, message in self.heard if isinstance(message, wanted)]

        eventually(found)
        return found()[-1]

    def family(self) -> tuple[Key, str]:
        mark = f"mark-{self.desk.world.settings.home}"
        key = self.begin("test.family", Sleep(pid_file=mark, first_attempt_only=False))
        eventually(lambda: self.listen() or (len(living(mark)) == 2 and self.executor.pid(key)))
        return key, mark


@pytest.fixture(params=MODES)
def running(desk: Desk, request: pytest.FixtureRequest) -> Iterator[Running]:
    executor = ProcessExecutor(desk.world.settings, [TASKS], namespaces=request.param)
    eventually(lambda: executor.poll(0.05) or executor.ready)
    yield Running(desk, executor)
    executor.close()


def test_an_attempt_says_what_it_does_and_exits(running: Running) -> None:
    key = running.begin("test.talk", Talk(lines=2, steps=1))

    assert running.until(Exited) == Exited(0, None)
    kinds = [type(message).__name__ for each, message in running.heard if each == key]
    assert (kinds[0], kinds[-1]) == ("Started", "Exited")
    assert {"Log", "Progress", "Flush"} <= set(kinds)
    assert list(running.executor.running()) == []
    assert running.desk.job(key[0]).state == "succeeded"


def test_the_way_an_attempt_ended_is_told(running: Running) -> None:
    ways = {"kill": Exited(None, 9), "abort": Exited(None, 6), "exit": Exited(3, None), "vanish": Exited(0, None)}
    for how, exited in ways.items():
        running.heard.clear()
        running.begin("test.crash", Crash(how=how))

        assert running.until(Exited) == exited
        assert any(isinstance(message, Log) and message.line == "about to go" for _, message in running.heard)


def test_a_stopped_attempt_takes_its_family_along(running: Running) -> None:
    key, mark = running.family()
    running.executor.stop(key)
    assert running.until(Exited) == Exited(None, signal.SIGTERM)
    assert living(mark) == []


def test_a_killed_attempt_takes_its_family_along(running: Running) -> None:
    key, mark = running.family()
    running.executor.kill(key)
    assert running.until(Exited) == Exited(None, signal.SIGKILL)
    assert living(mark) == []


def test_a_lost_host_takes_every_attempt_along_and_is_replaced(running: Running) -> None:
    _, mark = running.family()
    host = running.executor.host_pid
    assert host is not None
    os.kill(host, signal.SIGKILL)

    assert running.until(Exited) == Exited(None, None)
    eventually(lambda: living(mark) == [], 2)
    eventually(lambda: running.listen() or running.executor.ready)
    running.heard.clear()
    running.begin("test.echo", Echo())
    assert running.until(Exited) == Exited(0, None)


def test_a_killed_keeper_leaves_no_family(running: Running) -> None:
    key, mark = running.family()
    status = subprocess.run(["ps", "-o", "ppid=", "-p", str(running.executor.pid(key))], capture_output=True)
    os.kill(int(status.stdout), signal.SIGKILL)

    assert running.until(Exited) == Exited(None, signal.SIGKILL)
    eventually(lambda: living(mark) == [], 2)


def test_closing_ends_everything(running: Running) -> None:
    _, mark = running.family()
    running.executor.close()
    eventually(lambda: living(mark) == [], 2)


def test_progress_arrives_whole(running: Running) -> None:
    running.begin("test.talk", Talk(lines=0, steps=4))
    running.until(Exited)
    said = [message for _, message in running.heard if isinstance(message, Progress)]
    assert (said[0], said[-1]) == (Progress("talking", 1, 4, {"loss": 1.0}), Progress("talking", 4, 4, {"loss": 0.25}))


def test_a_host_that_cannot_import_its_tasks_never_gets_ready(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    executor = ProcessExecutor(desk.world.settings, ["tests.jobs.no_such_module"])
    eventually(lambda: executor.poll(0.05) or "no_such_module" in caplog.text)
    assert not executor.ready
    executor.close()


def test_the_host_begins_without_threads(running: Running) -> None:
    assert len(os.listdir(f"/proc/{running.executor.host_pid}/task")) == 1
