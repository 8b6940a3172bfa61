"""Engines on the nodes of a real Ray cluster, and what is refused before one is used: `make ray-test`."""

import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from aird.catalog.models import Kind, Version
from aird.core.settings import Settings, settings_env
from aird.deploy import queries, service
from aird.deploy.reconciler import COMMAND, Reconciler
from aird.deploy.remote import Remote
from aird.jobs.errors import ExecutorNotUsable
from aird.testing import World
from aird.testing_ml import make_adapter, make_base
from tests.deploy.conftest import Stage, approved, deploy, serving, until
from tests.deploy.fake_cluster import NODES, TOKEN, fake_cluster
from tests.deploy.test_engines import addresses, configure
from tests.jobs.conftest import ROOT
from tests.jobs.test_ray import Cluster, ray_cluster

__all__ = ["ray_cluster"]

real = [
    pytest.mark.ray,
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.xdist_group("ray"),
    pytest.mark.skipif(not os.environ.get("AIRD_TEST_RAY_ENGINES"), reason="takes minutes: make ray-test"),
]
SLOW = 240.0


def prepare(settings: Settings, folder: Path, address: str, token: str) -> None:
    """Settings of a house whose engines stand on this cluster, and of its nodes."""
    settings.engines, settings.engine_host = "ray", "127.0.0.1"
    settings.database_url = settings.db_url()
    env = {name: value for name, value in settings_env(settings).items() if name.startswith("AIRD_")}
    env |= {"AIRD_ENGINE_KEY": "a key of the house", "AIRD_DATABASE_URL": settings.database_url}
    python = folder / "python"  # the nodes' own settings
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in env.items())
    python.write_text(f'#!/bin/sh\n{exports}\nexport PYTHONPATH={ROOT}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    settings.ray_address, settings.ray_token = address, SecretStr(token)
    settings.ray_python, settings.engine_key = str(python), SecretStr(env["AIRD_ENGINE_KEY"])


@pytest.fixture
def stage(world: World, ray_cluster: Cluster, tmp_path: Path) -> Iterator[Stage]:
    prepare(world.settings, tmp_path, ray_cluster.address, ray_cluster.token)
    made = Stage(world, COMMAND)
    made.base = world.version("platform/base", kind=Kind.BASE, folder=make_base(tmp_path / "base"))
    yield from serving(made)


def restart(stage: Stage) -> None:
    """Another server takes over."""
    stage.reconciler.stop()
    world = stage.world
    assert len(addresses(stage)) == 2
    stage.reconciler = Reconciler(world.database, world.store, world.settings, command=COMMAND, linger=0.0)
    stage.reconciler.start()


def adapter(stage: Stage, folder: Path, seed: int) -> Version:
    files = make_adapter(folder / str(seed), seed=seed, size=0.3)
    return approved(stage.world, "support/bot", kind=Kind.ADAPTER, base=stage.base, folder=files)


def hosts(stage: Stage) -> set[str]:
    return {each.host for each in stage.endpoint().replicas if each.state == "ready"}


def say(stage: Stage) -> str:
    client = stage.client(stage.key())
    made = client.chat.completions.create(
        model="support/desk", messages=[{"role": "user", "content": "Hi"}], max_tokens=4, temperature=0
    )
    return made.model


class TestOnACluster:
    """On a real one of three nodes."""

    pytestmark = real

    def test_engines_stand_on_several_nodes_are_found_again_and_move_from_a_node_that_dies(
        self, stage: Stage, ray_cluster: Cluster, tmp_path: Path
    ):
        one, two = adapter(stage, tmp_path, 1), adapter(stage, tmp_path, 2)
        configure(stage.world, replicas=2)
        deploy(stage.world, "support/desk", one)
        until(lambda: len(addresses(stage)) == 2, "two engines answer", seconds=SLOW)
        assert len(hosts(stage)) == 2
        assert hosts(stage) <= set(ray_cluster.nodes.values())
        assert one.artifact[7:19] in say(stage)
        before = addresses(stage)
        with pytest.raises(httpx.HTTPStatusError, match="401"):  # nobody without the key
            httpx.get(f"{before[0]}/v1/models").raise_for_status()
        stage.put(two)
        until(lambda: two.artifact[7:19] in say(stage), "the second answers", seconds=30)
        assert addresses(stage) == before
        restart(stage)
        until(lambda: set(addresses(stage)) == set(before), "they are found again", seconds=30)
        lost = next(name for name, node in ray_cluster.nodes.items() if node in hosts(stage) and name != "head")
        ray_cluster.remove(lost)
        until(lambda: len(addresses(stage)) == 1, "the loss is seen", seconds=SLOW)
        assert two.artifact[7:19] in say(stage)
        until(lambda: len(addresses(stage)) == 2, "it stands elsewhere", seconds=SLOW)
        assert ray_cluster.nodes[lost] not in hosts(stage)
        with stage.world.database.write() as session:
            endpoint = queries.get_endpoint(session, "support/desk")
            service.stop(session, stage.world.actor("sam"), endpoint, reason="x")
        until(lambda: not self.running(ray_cluster), "nothing runs on the cluster any more", seconds=SLOW)

    def running(self, cluster: Cluster) -> list[str]:
        answer = httpx.get(f"{cluster.address}/api/jobs/", headers={"authorization": f"Bearer {cluster.token}"})
        return [job["submission_id"] for job in answer.json() if job["status"] in ("RUNNING", "PENDING")]


def cluster_settings(world: World, **more: object) -> Settings:
    given = {"ray_address": "http://127.0.0.1:1", "ray_token": "t", "database_url": "postgresql://x/y", **more}
    return Settings(data_dir=world.settings.home, engines="ray", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"ray_token": None}, "AIRD_RAY_TOKEN"), ({"ray_address": ""}, "AIRD_RAY_ADDRESS"),
     ({"database_url": ""}, "PostgreSQL")],
)  # fmt: skip
def test_a_server_does_not_start_when_it_could_not_reach_a_cluster_safely(
    world: World, changes: dict[str, object], said: str
):
    reconciler = Reconciler(world.database, world.store, cluster_settings(world, **changes))
    with pytest.raises(ExecutorNotUsable, match=said):
        reconciler.start()


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(600)
def test_keepers_start_engines_fetch_their_units_outlive_the_server_and_end_when_nobody_wants_them(
    world: World, tmp_path: Path
):
    with fake_cluster() as cluster:
        prepare(world.settings, tmp_path, cluster.address, TOKEN)
        made = Stage(world, COMMAND)
        made.base = world.version("platform/base", kind=Kind.BASE, folder=make_base(tmp_path / "base"))
        with contextmanager(serving)(made) as stage:
            one, two = adapter(stage, tmp_path, 1), adapter(stage, tmp_path, 2)
            configure(world, replicas=2)
            deploy(world, "support/desk", one)
            until(lambda: len(addresses(stage)) == 2, "two engines answer", seconds=SLOW)
            assert set(cluster.places.values()) == set(NODES) == hosts(stage)
            before = addresses(stage)
            assert httpx.get(f"{before[0]}/v1/models").status_code == 401  # nobody without the key
            deploy(world, "support/desk", two)
            until(lambda: stage.answers(two) and addresses(stage) == before, "both hold the second", seconds=60)
            restart(stage)
            until(lambda: stage.answers(two) and set(addresses(stage)) == set(before), "found again", seconds=60)
            assert len(cluster.jobs) == 2
            cluster.end(cluster.running()[0], signal.SIGKILL)
            until(lambda: len(cluster.jobs) == 3, "another one is started", seconds=SLOW)
            until(lambda: len(addresses(stage)) == 2, "it answers", seconds=SLOW)
            with world.database.write() as session:
                endpoint = queries.get_endpoint(session, "support/desk")
                service.stop(session, world.actor("sam"), endpoint, reason="x")
            until(lambda: not cluster.running(), "nothing runs on the cluster any more", seconds=60)


class Dashboard(BaseHTTPRequestHandler):
    """Answers everything with the server's status."""

    def do_GET(self) -> None:
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def dashboard() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Dashboard) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_cluster_that_answers_without_a_token_is_refused_and_one_that_asks_for_it_is_taken(
    world: World, dashboard: HTTPServer
):
    settings = cluster_settings(world, ray_address=f"http://127.0.0.1:{dashboard.server_port}")
    dashboard.status = 200  # type: ignore[attr-defined]
    with pytest.raises(ExecutorNotUsable, match="RAY_AUTH_MODE=token"):
        Remote(settings, world.database)
    dashboard.status = 401  # type: ignore[attr-defined]
    Remote(settings, world.database).close()
