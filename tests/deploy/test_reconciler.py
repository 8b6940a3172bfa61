"""What runs becomes what is wanted: started, loaded, freed, started again, and never left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind
from aird.deploy import service
from aird.deploy.models import Replica
from aird.deploy.reconciler import Reconciler
from aird.testing import World
from tests.deploy.conftest import FAKE_RUNTIME, Stage, approved, deploy, move, until


@pytest.fixture
def scene(world: World) -> Iterator[Stage]:
    """A stage whose reconciler goes round by hand."""
    made = Stage(world, linger=0.0)
    made.base = world.version("platform/base", kind=Kind.BASE)
    yield made
    made.reconciler.stop()
    made.gateway._access.close()


def round_until(scene: Stage, condition: Callable[[], bool], what: str) -> None:
    def step() -> bool:
        scene.reconciler.reconcile()
        return condition()

    until(step, what)


def lives(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def replica(scene: Stage, unit: str) -> Replica:
    with scene.world.database.read() as session:
        query = select(Replica).options(joinedload(Replica.engine)).where(Replica.unit == unit)
        return session.scalars(query).one()


def test_two_adapters_share_one_process_and_the_old_one_goes_after_the_new_one_is_ready(scene: Stage):
    old, new = scene.adapter(), scene.adapter()
    deploy(scene.world, "support/desk", old)
    round_until(scene, lambda: scene.answers(old), "the first answers")
    pid = replica(scene, old.artifact).engine.pid
    deploy(scene.world, "support/desk", new)
    round_until(scene, lambda: scene.answers(new), "the second answers")
    assert replica(scene, new.artifact).engine.pid == pid
    round_until(scene, lambda: replica(scene, old.artifact).state == "stopped", "the first is freed")
    [engine] = scene.reconciler._fleet.held.values()
    round_until(scene, lambda: old.artifact not in engine.status.units, "the first is out of memory")
    round_until(scene, lambda: not (scene.world.settings.home / "units" / old.artifact[7:]).exists(), "its files go")
    assert (scene.world.settings.home / "units" / new.artifact[7:]).exists()


def test_a_killed_process_is_seen_and_started_again(scene: Stage):
    version = scene.adapter()
    deploy(scene.world, "support/desk", version)
    round_until(scene, lambda: scene.answers(version), "it answers")
    pid = replica(scene, version.artifact).engine.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    round_until(scene, lambda: scene.endpoint().state == "starting", "the death is seen, and it is started at once")
    assert "signal 9" in scene.endpoint().reason
    round_until(scene, lambda: scene.answers(version), "it answers again")
    assert replica(scene, version.artifact).engine.pid != pid


def test_an_adapter_that_cannot_be_loaded_says_why_and_others_on_its_base_still_answer(scene: Stage):
    with scene.world.database.write() as session:
        service.create_endpoint(session, scene.world.actor("sam"), "support/other", "Other")
    good, bad = scene.adapter(), approved(
        scene.world, "support/bad", "support/other", kind=Kind.ADAPTER, base=scene.base, files={"broken": b""}
    )  # fmt: skip
    deploy(scene.world, "support/desk", good)
    deploy(scene.world, "support/other", bad)
    round_until(scene, lambda: scene.endpoint("support/other").state == "failed", "the failure is seen")
    round_until(scene, lambda: scene.answers(good), "the good one answers")
    assert scene.endpoint("support/other").reason == "The adapter is broken."


def test_a_whole_model_has_a_process_of_its_own_which_ends_when_it_is_not_wanted(scene: Stage):
    version = approved(scene.world, "support/large", kind=Kind.FULL)
    deploy(scene.world, "support/desk", version)
    round_until(scene, lambda: scene.answers(version), "it answers")
    pid = replica(scene, version.artifact).engine.pid
    assert pid is not None
    with scene.world.database.write() as session:
        move(session, version, VersionState.RETIRED)
    round_until(scene, lambda: not lives(pid), "the process has ended")
    assert scene.endpoint().state == "stopped"


def test_files_that_were_changed_on_disk_are_fetched_again(scene: Stage):
    version = scene.adapter()
    folder = scene.world.settings.home / "units" / version.artifact[7:]
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("not what was approved")
    deploy(scene.world, "support/desk", version)
    round_until(scene, lambda: scene.answers(version), "it answers")
    assert scene.world.store.manifest(version.artifact).entries[0].size == len((folder / "config.json").read_bytes())


def test_files_that_are_gone_from_the_store_are_the_endpoints_reason(scene: Stage):
    version = scene.adapter()
    entry = scene.world.store.manifest(version.artifact).entries[0]
    scene.world.store.backend.delete(entry.digest)
    deploy(scene.world, "support/desk", version)
    round_until(scene, lambda: scene.endpoint().state == "failed", "the failure is seen")
    assert entry.digest in scene.endpoint().reason


def test_a_second_reconciler_waits_for_the_first(scene: Stage):
    version = scene.adapter()
    world = scene.world
    deploy(world, "support/desk", version)
    scene.reconciler.reconcile()
    second = Reconciler(world.database, world.store, world.settings, command=FAKE_RUNTIME)
    second.reconcile()
    assert not second._fleet.held
    round_until(scene, lambda: scene.answers(version), "the first brings it up")
    scene.reconciler.stop()
    assert replica(scene, version.artifact).state == "stopped"
    second.reconcile()
    until(lambda: bool(second.reconcile() or second._fleet.held), "the second takes over")
    second.stop()


def test_no_process_outlives_a_parent_that_is_killed(scene: Stage, tmp_path: Path):
    folder = tmp_path / "model"
    folder.mkdir()
    code = (
        "import time; from pathlib import Path; from aird.deploy.drivers.base import Spec\n"
        "from aird.deploy.drivers.hf import HfRuntime\n"
        f"runtime = HfRuntime(Path({str(tmp_path)!r}), Path({str(tmp_path)!r}), {FAKE_RUNTIME!r})\n"
        f"engine = runtime.start(Spec('sha256:x', Path({str(folder)!r})))\n"
        "while not Path(engine.address[5:]).is_socket(): time.sleep(0.02)\n"
        "print(engine.child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert lives(pid)
        parent.kill()
    until(lambda: not lives(pid), "the child is gone", seconds=5)


def test_only_the_owner_can_reach_the_socket(scene: Stage):
    version = scene.adapter()
    deploy(scene.world, "support/desk", version)
    round_until(scene, lambda: scene.answers(version), "it answers")
    address = Path((replica(scene, version.artifact).engine.address or "").removeprefix("unix:"))
    assert address.parent.stat().st_mode & 0o777 == 0o700
    assert address.stat().st_mode & 0o077 == 0
