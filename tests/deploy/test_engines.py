"""Several engines of several kinds: how many there are, what they may take; nothing restarts for an adapter."""

import json
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import openai
import pytest

from aird.audit import queries as audit
from aird.catalog.models import Kind, Version
from aird.core.clock import now
from aird.deploy import capacity, children, queries, service
from aird.deploy.errors import ChipNotThere
from aird.deploy.gateway.access import FRESH_SECONDS
from aird.deploy.models import Engine
from aird.deploy.placement import CPU, ReplicaState, RuntimeKind
from aird.deploy.schemas_engines import EndpointCapacity
from aird.jobs import machines
from aird.jobs.identity import WorkerName
from aird.jobs.machines import Chip, Offer
from aird.jobs.models import QuotaRow
from aird.testing import World
from tests.deploy.conftest import Stage, approved, deploy, serving, until
from tests.deploy.test_reconciler import round_until, scene

__all__ = ["scene"]
FAKE_VLLM = str(Path(__file__).with_name("fake_vllm"))


def configure(world: World, name: str = "support/desk", **wanted: object) -> None:
    with world.database.write() as session:
        body = EndpointCapacity.model_validate(wanted)
        capacity.configure(session, world.actor("sam"), queries.get_endpoint(session, name), body)


def addresses(scene: Stage, name: str = "support/desk") -> tuple[str, ...]:
    """Where the endpoint's requests go."""
    with scene.world.database.read() as session:
        [route] = [each for each in queries.routes(session) if each.name == name]
        return route.arms[0].addresses if route.arms else ()


def engines(scene: Stage) -> dict[int, ReplicaState]:
    with scene.world.database.read() as session:
        return {each.number: each.state for each in session.query(Engine).order_by(Engine.number)}


def pids(scene: Stage) -> set[int]:
    return {each.pid for each in scene.endpoint().replicas if each.pid is not None and each.state == "ready"}


def test_two_engines_hold_every_unit_and_the_death_of_one_leaves_the_other(scene: Stage):
    first, second = scene.adapter(), scene.adapter()
    configure(scene.world, replicas=2)
    deploy(scene.world, "support/desk", first)
    round_until(scene, lambda: len(addresses(scene)) == 2, "both answer")
    before = pids(scene)
    deploy(scene.world, "support/desk", second)
    round_until(scene, lambda: scene.answers(second) and len(addresses(scene)) == 2, "both hold the second")
    assert pids(scene) == before
    os.kill(min(before), signal.SIGKILL)
    round_until(scene, lambda: len(addresses(scene)) == 1, "the death is seen")
    assert scene.endpoint().state == "ready"
    assert scene.answers(second)
    round_until(scene, lambda: len(addresses(scene)) == 2, "it is back")
    assert len(pids(scene) & before) == 1


def test_engines_are_added_and_taken_away_while_the_rest_answer(scene: Stage):
    version = scene.adapter()
    deploy(scene.world, "support/desk", version)
    round_until(scene, lambda: len(addresses(scene)) == 1, "one answers")
    kept = addresses(scene)
    configure(scene.world, replicas=2)
    held = scene.reconciler._fleet.held

    def grown() -> bool:
        assert set(kept) <= set(addresses(scene))
        return len(addresses(scene)) == 2

    round_until(scene, grown, "two answer")
    configure(scene.world, replicas=1)
    round_until(scene, lambda: addresses(scene) == kept, "the second takes no more requests")
    round_until(scene, lambda: len(held) == 1, "the second has ended")
    assert engines(scene) == {0: ReplicaState.READY, 1: ReplicaState.STOPPED}


@pytest.fixture
def fake_vllm(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """This Python has a vLLM; to be asked for before `scene`."""
    monkeypatch.setenv("PYTHONPATH", FAKE_VLLM)
    world.settings.vllm_python = sys.executable


def test_an_endpoint_moves_to_another_runtime_without_a_moment_in_which_nobody_answers(fake_vllm: None, scene: Stage):
    version = scene.adapter()
    deploy(scene.world, "support/desk", version)
    round_until(scene, lambda: scene.answers(version), "our own worker answers")
    [old] = scene.reconciler._fleet.held
    configure(scene.world, runtime="vllm")

    def moved() -> bool:
        assert addresses(scene)
        return {place[0].runtime for place in scene.reconciler._fleet.held} == {RuntimeKind.VLLM}

    round_until(scene, moved, "vLLM answers alone")
    [engine] = scene.reconciler._fleet.held.values()
    assert engine.status.version == "0.0.fake"
    assert old not in scene.reconciler._fleet.held
    child = engine.instance.child
    assert child is not None
    family = children.descendants(child.pid)
    assert len(family) == 2
    scene.reconciler.stop()
    assert not [pid for pid in family if children.birth_of(pid)]


def test_without_a_vllm_the_endpoint_says_what_to_set(scene: Stage):
    version = scene.adapter()
    configure(scene.world, runtime="vllm")
    deploy(scene.world, "support/desk", version)
    round_until(scene, lambda: scene.endpoint().state == "failed", "it is refused")
    assert "AIRD_VLLM_PYTHON" in scene.endpoint().reason
    configure(scene.world, runtime="hf")
    round_until(scene, lambda: scene.answers(version), "our own worker does")


def heavy(folder: Path) -> Path:
    """A model whose file says that it holds 2**50 floats."""
    folder.mkdir()
    header = json.dumps({"w": {"dtype": "F32", "shape": [2**50], "data_offsets": [0, 4]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    (folder / "config.json").write_text("{}")
    return folder


def test_a_model_that_does_not_fit_is_refused_in_numbers_and_others_start(scene: Stage, tmp_path: Path):
    large = approved(scene.world, "support/large", kind=Kind.FULL, folder=heavy(tmp_path / "heavy"))
    deploy(scene.world, "support/desk", large)
    round_until(scene, lambda: scene.endpoint().state == "failed", "it is refused")
    assert "weights 4194304.0 GiB" in scene.endpoint().reason
    small = scene.adapter()
    deploy(scene.world, "support/desk", small)
    round_until(scene, lambda: scene.answers(small), "a small one starts")
    with scene.world.database.read() as session:
        [kept] = [each for each in capacity.engines(session, scene.world.actor("sam")) if each.state == "ready"]
    assert kept.estimate["total"] > 0
    assert kept.took


def offer_chips(world: World, count: int, deserved: int) -> None:
    """This machine has chips, and the department of support deserves some of them."""
    with world.database.write() as session:
        chips = tuple(Chip("h100", index) for index in range(count))
        machines.announce(session, str(WorkerName.own()), "process", [Offer("here", 2, 0, chips)], lease_seconds=600)
        session.add(
            QuotaRow(
                department_id=world.department_id("support"), flavour="h100", guarantee=0, deserved=deserved,
                limit=None, weight=1.0,
            )
        )  # fmt: skip


def test_an_engine_takes_a_chip_inside_the_departments_quota_and_the_next_one_waits_in_numbers(scene: Stage):
    offer_chips(scene.world, 4, deserved=1)
    one, two = scene.adapter(), approved(scene.world, "support/whole", "support/other", kind=Kind.FULL)
    with scene.world.database.write() as session:
        service.create_endpoint(session, scene.world.actor("sam"), "support/other", "Other")
    for name in ("support/desk", "support/other"):
        configure(scene.world, name, chip="h100")
    deploy(scene.world, "support/desk", one)
    round_until(scene, lambda: scene.answers(one), "the first has its chip")
    [engine] = scene.reconciler._fleet.held.values()
    assert engine.instance.spec.chips == (0,)
    deploy(scene.world, "support/other", two)
    round_until(scene, lambda: "deserves 1 h100" in scene.endpoint("support/other").reason, "the second waits")
    assert len(scene.reconciler._fleet.held) == 1
    with scene.world.database.write() as session:
        service.stop(session, scene.world.actor("sam"), queries.get_endpoint(session, "support/desk"), reason="x")
    round_until(scene, lambda: scene.answers(two, "support/other"), "the second follows")


def test_a_chip_that_no_machine_offers_is_refused_and_one_that_is_there_is_kept_in_the_audit_log(scene: Stage):
    with pytest.raises(ChipNotThere, match="no machine offers a chip"):
        configure(scene.world, chip="h100")
    offer_chips(scene.world, 1, deserved=1)
    configure(scene.world, chip="h100", replicas=3)
    configure(scene.world, chip=CPU)
    found = scene.endpoint()
    assert (found.chip, found.wanted_replicas) == (None, 3)
    with scene.world.database.read() as session:
        entries = [each for each in audit.entries(session) if each.event == "deploy.endpoint.configured"]
    assert {json.dumps(each.details["after"], sort_keys=True) for each in entries} == {
        '{"chip": "h100", "replicas": 3}', '{"chip": null}',
    }  # fmt: skip


def test_what_an_earlier_run_left_is_ended_before_anything_is_started(scene: Stage):
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as left:
        with scene.world.database.write() as session:
            session.add(
                Engine(
                    base="sha256:" + "0" * 64, runtime=RuntimeKind.HF, number=0, since=now(), pid=left.pid,
                    birth=children.birth_of(left.pid) or "", host=os.uname().nodename, state=ReplicaState.READY,
                )
            )  # fmt: skip
        scene.reconciler.reconcile()
        assert left.wait(5) == -signal.SIGKILL
    assert engines(scene) == {0: ReplicaState.STOPPED}


class Callers:
    """Ask an endpoint without a pause, each in a thread of its own, and keep what was said."""

    def __init__(self, client: Callable[[], openai.OpenAI], count: int = 3) -> None:
        self.said: list[str] = []
        self.failed: list[Exception] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=[client()]) for _ in range(count)]

    def _ask(self, client: openai.OpenAI) -> None:
        while not self._ended.is_set():
            try:
                made = client.chat.completions.create(
                    model="support/desk", messages=[{"role": "user", "content": "short"}], max_tokens=5
                )
                self.said.append(str(made.choices[0].message.content).split()[0])
            except openai.OpenAIError as error:
                self.failed.append(error)

    def __enter__(self) -> "Callers":
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for each in self._threads:
            each.join()


@pytest.fixture
def busy(stage: Stage) -> tuple[Stage, list[Version]]:
    """A stage on two engines that answers with the first of three versions."""
    return on_two_engines(stage)


def on_two_engines(stage: Stage) -> tuple[Stage, list[Version]]:
    versions = [stage.adapter() for _ in range(3)]
    configure(stage.world, replicas=2)
    stage.put(versions[0])
    until(lambda: len(pids(stage)) == 2, "both engines hold it")
    return stage, versions


@pytest.fixture
def patient(world: World) -> Iterator[Stage]:
    """A stage that keeps what nobody wants any more for longer than a gateway remembers its routes."""
    made = Stage(world, linger=4 * FRESH_SECONDS)
    made.base = world.version("platform/base", kind=Kind.BASE)
    yield from serving(made)


def hear(callers: Callers, version: Version) -> None:
    until(lambda: callers.said[-1] == version.artifact[7:19], f"callers hear {version.ref}")


def test_under_traffic_versions_are_promoted_rolled_back_and_removed_without_a_failed_request(patient: Stage):
    stage, versions = on_two_engines(patient)
    before, secret = pids(stage), stage.key()
    with Callers(lambda: stage.client(secret)) as callers:
        until(lambda: len(callers.said) > 5, "they ask")
        for version in (versions[1], versions[2], versions[0]):
            stage.put(version)
            hear(callers, version)
        with stage.world.database.write() as session:
            service.rollback(
                session, stage.world.actor("sam"), queries.get_endpoint(session, "support/desk"), reason="x"
            )
        stage.reconciler.wake()
        until(lambda: stage.answers(versions[2]), "the one before answers again")
        hear(callers, versions[2])
    assert not callers.failed
    assert pids(stage) == before
    assert {each.artifact[7:19] for each in versions} == set(callers.said)
