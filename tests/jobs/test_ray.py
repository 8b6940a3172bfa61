"""The executor `ray` on a real cluster of three raylets with different chips."""

import json
import os
import secrets
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import URL

from aird.core.settings import Settings, settings_env
from aird.jobs import leases
from aird.jobs.errors import ExecutorNotUsable
from aird.jobs.executors.ray import RayExecutor
from aird.jobs.house import Seat
from aird.jobs.leases import Key
from aird.jobs.messages import Exited, Message
from aird.jobs.models import EventKind
from aird.jobs.needs import Needs
from aird.worker import Worker
from tests.jobs.conftest import ROOT, TASKS, Desk, eventually, living
from tests.jobs.sample_tasks import Crash, Echo, Sleep, Talk
from tests.jobs.test_worker import history, lines

real = [
    pytest.mark.ray,
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("ray"),
    pytest.mark.usefixtures("socket_enabled"),
]


@dataclass
class Cluster:
    """A running cluster."""

    process: subprocess.Popen[str]
    address: str
    token: str
    nodes: dict[str, str]

    def remove(self, name: str) -> None:
        """Kill a node as a power cut does."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"remove {name}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "removed\n"


@pytest.fixture(scope="module")
def ray_cluster(cluster: URL | None) -> Iterator[Cluster]:
    if cluster is None:
        pytest.skip("the nodes of a cluster need PostgreSQL")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(32)
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRD_")} | {
        "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token, "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.ray_cluster", str(port)],
        env=env, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    nodes = next((line for line in process.stdout if line.startswith("{")), "")
    yield Cluster(process, f"http://127.0.0.1:{port}", token, json.loads(nodes))
    process.stdin.close()
    process.wait(60)
    process.stdout.close()


@dataclass
class Stage:
    """The executor, what it said, and a desk to order jobs at."""

    desk: Desk
    cluster: Cluster
    executor: RayExecutor
    heard: list[tuple[Key, Message]] = field(default_factory=list)

    def begin(self, kind: str, spec: Echo | Sleep | Crash | Talk, node: str = "head", chips: int = 0) -> Key:
        """Order a job, claim it and start it on this node."""
        job_id = self.desk.order(kind, spec)
        with self.desk.world.database.write() as session:
            assert leases.claim(session, "a:1:1", lease_seconds=600, attempts=3) is not None
        flavour = node if chips else "cpu"
        machine = next(each.name for each in self.executor.offers() if self.cluster.nodes[node] in each.name)
        self.executor.start((job_id, 1), [Seat(machine, flavour, tuple(range(chips)))])
        return job_id, 1

    def exited(self, key: Key, seconds: float = 60) -> Exited:
        """How the attempt ended."""

        def found() -> list[Exited]:
            self.heard += self.executor.poll(0.1)
            return [said for each, said in self.heard if each == key and isinstance(said, Exited)]

        eventually(found, seconds)
        return found()[0]

    def node_of(self, key: Key) -> str:
        """The id of the node that ran it."""
        address = f"{self.cluster.address}/api/jobs/aird-{key[0]}-{key[1]}"
        answer = httpx.get(address, headers={"authorization": f"Bearer {self.cluster.token}"})
        found: str = answer.json()["driver_node_id"]
        return found


@pytest.fixture
def stage(desk: Desk, ray_cluster: Cluster, tmp_path: Path) -> Iterator[Stage]:
    settings = desk.world.settings
    env = {name: value for name, value in settings_env(settings).items() if name.startswith("AIRD_")}
    python = tmp_path / "python"  # the nodes' own settings: those of this test
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in env.items())
    python.write_text(f'#!/bin/sh\n{exports}\nexport PYTHONPATH={ROOT}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    settings.ray_address, settings.ray_token = ray_cluster.address, SecretStr(ray_cluster.token)
    settings.ray_python = str(python)
    executor = RayExecutor(settings, [TASKS])
    eventually(lambda: executor.ready and len(executor.offers()) == len(ray_cluster.nodes), 60)
    yield Stage(desk, ray_cluster, executor)
    executor.close()


class TestOnACluster:
    """On a real one."""

    pytestmark = real

    def test_the_nodes_and_their_chips_are_on_offer(self, stage: Stage) -> None:
        chips = sorted(tuple(chip.flavour for chip in offer.chips) for offer in stage.executor.offers())
        assert chips == [(), ("chip-a", "chip-a"), ("chip-b",)]
        assert all(offer.slots == 2 and offer.memory > 0 for offer in stage.executor.offers())

    def test_attempts_run_where_their_chip_is_and_tell_what_they_do(self, stage: Stage) -> None:
        talk = stage.begin("test.talk", Talk(lines=30, steps=3), "chip-b", 1)
        echo = stage.begin("test.echo", Echo(text="hi"), "chip-a", 2)

        assert (stage.exited(talk), stage.exited(echo)) == (Exited(0, None), Exited(0, None))
        assert stage.node_of(talk) == stage.cluster.nodes["chip-b"]
        assert stage.node_of(echo) == stage.cluster.nodes["chip-a"]
        assert stage.desk.job(echo[0]).result == {"text": "hi", "attempt": 1, "actor": "sam"}
        job = stage.desk.job(talk[0])
        assert lines(stage.desk, job)[:30] == [f"line {number}" for number in range(30)]
        assert {"to stdout", "to stderr", "half a line"} <= set(lines(stage.desk, job))
        said = [event.data["step"] for event in history(stage.desk, job) if event.kind is EventKind.PROGRESS]
        assert (said[0], said[-1]) == (1, 3)
        assert list(stage.executor.running()) == []

    def test_the_way_an_attempt_ended_is_told(self, stage: Stage) -> None:
        ways = {"kill": Exited(None, 9), "abort": Exited(None, 6), "exit": Exited(3, None), "vanish": Exited(0, None)}
        keys = {how: stage.begin("test.crash", Crash(how=how)) for how in ways}
        assert {how: stage.exited(key) for how, key in keys.items()} == ways

    def test_a_stopped_attempt_leaves_nothing_behind(self, stage: Stage) -> None:
        mark = f"mark-{stage.desk.world.settings.home}"
        key = stage.begin("test.family", Sleep(pid_file=mark, first_attempt_only=False))
        eventually(lambda: len(living(mark)) == 2, 60)
        stage.executor.stop(key)
        assert stage.exited(key).signal == 15
        eventually(lambda: living(mark) == [])
        assert stage.desk.job(key[0]).state == "running"  # what follows is the worker's to decide

    def test_an_attempt_that_lost_its_job_ends_itself(self, stage: Stage) -> None:
        stage.desk.world.settings.lease_seconds = 3
        mark = f"mark-{stage.desk.world.settings.home}"
        key = stage.begin("test.family", Sleep(pid_file=mark, first_attempt_only=False))
        eventually(lambda: len(living(mark)) == 2, 60)
        with stage.desk.world.database.write() as session:
            leases.fence(session, *key).attempt = 2
        assert stage.exited(key).signal == 15
        eventually(lambda: living(mark) == [])

    def test_a_submission_that_is_sent_twice_runs_once(self, stage: Stage) -> None:
        key = stage.begin("test.sleep", Sleep(seconds=3.0, first_attempt_only=False))
        eventually(lambda: stage.executor._attempts[key].submitted)
        stage.executor._attempts[key].submitted = False
        assert stage.exited(key) == Exited(0, None)
        assert stage.desk.job(key[0]).state == "succeeded"

    def test_a_worker_gives_jobs_to_the_nodes_that_suit_them(self, stage: Stage) -> None:
        """Claimed by admission over the nodes' chips, run, stopped and given back."""
        stage.executor.close()
        stage.desk.world.settings.executor = "ray"
        worker, stop = (
            Worker(stage.desk.world.database, stage.desk.world.store, stage.desk.world.settings, modules=[TASKS]),
            threading.Event(),
        )
        thread = threading.Thread(target=worker.run_until, args=[stop])
        thread.start()
        try:
            chips = Needs(chips=1, flavours=["chip-a"])
            ids = [stage.desk.order("test.echo", Echo(text=str(number)), needs=chips) for number in range(3)]
            plain = stage.desk.order("test.talk", Talk(lines=2))
            asleep = stage.desk.order("test.sleep", Sleep(first_attempt_only=False))
            for job_id in [*ids, plain]:
                stage.desk.wait(job_id, "succeeded", 120)
            assert {stage.node_of((job_id, 1)) for job_id in ids} == {stage.cluster.nodes["chip-a"]}
            eventually(
                lambda: EventKind.PROGRESS in {each.kind for each in history(stage.desk, stage.desk.job(asleep))}, 60
            )
            stage.desk.cancel(asleep)
            stage.desk.wait(asleep, "cancelled", 60)
        finally:
            stop.set()
            thread.join(60)
        assert not thread.is_alive()

    def test_an_attempt_whose_node_dies_is_lost(self, stage: Stage) -> None:
        key = stage.begin("test.sleep", Sleep(first_attempt_only=False), "chip-b", 1)
        job = stage.desk.job(key[0])
        eventually(lambda: EventKind.PROGRESS in {event.kind for event in history(stage.desk, job)}, 60)
        stage.cluster.remove("chip-b")
        del stage.cluster.nodes["chip-b"]
        exited = stage.exited(key, 120)
        assert exited == Exited() or exited.signal is not None
        eventually(lambda: len(stage.executor.offers()) == 2, 60)


GIVEN = {"database_url": "postgresql://aird@db/aird", "ray_address": "http://head:8265", "ray_token": SecretStr("t")}


@pytest.mark.parametrize(
    ("missing", "said"),
    [("database_url", "AIRD_DATABASE_URL"), ("ray_address", "AIRD_RAY_ADDRESS"), ("ray_token", "AIRD_RAY_TOKEN")],
)
def test_without_database_address_or_token_it_does_not_begin(missing: str, said: str) -> None:
    settings = Settings(**{name: value for name, value in GIVEN.items() if name != missing})
    with pytest.raises(ExecutorNotUsable, match=said):
        RayExecutor(settings, [TASKS])
