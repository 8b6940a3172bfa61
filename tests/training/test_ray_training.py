"""One training on two nodes of a real Ray cluster, one of which dies: `make ray-test`."""

import os
import shlex
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from aird.core.db import database_now
from aird.core.settings import settings_env
from aird.jobs.executors.ray import AT
from aird.jobs.models import EventKind, Job, JobEvent
from aird.training import recipe
from aird.training.recipe import TrainSpec
from aird.training.service import order_training
from aird.worker import Worker
from tests.jobs.conftest import ROOT, eventually
from tests.jobs.test_ray import Cluster, ray_cluster
from tests.tiny import Workshop
from tests.training.test_tasks import QUICK, house

assert house  # a fixture: a base with two adapters, another base, data
__all__ = ["ray_cluster"]

pytestmark = [
    pytest.mark.ray,
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.xdist_group("ray"),
    pytest.mark.usefixtures("socket_enabled"),
    pytest.mark.skipif(not os.environ.get("AIRD_TEST_RAY_ENGINES"), reason="takes minutes: make ray-test"),
]

TWO = {"nodes": 2}
LONG = 600.0


@pytest.fixture
def house_on_ray(workshop: Workshop, ray_cluster: Cluster, tmp_path: Path) -> Iterator[Workshop]:
    """A house whose worker gives its jobs to the cluster."""
    settings = workshop.world.settings
    env = {name: value for name, value in settings_env(settings).items() if name.startswith("AIRD_")}
    python = tmp_path / "python"  # the nodes' own settings
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in env.items())
    python.write_text(f'#!/bin/sh\n{exports}\nexport PYTHONPATH={ROOT}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    settings.executor, settings.ray_address = "ray", ray_cluster.address
    settings.ray_token, settings.ray_python = SecretStr(ray_cluster.token), str(python)
    worker, stop = (
        Worker(workshop.world.database, workshop.world.store, settings, modules=["aird.training.tasks"]),
        threading.Event(),
    )
    thread = threading.Thread(target=worker.run_until, args=[stop])
    thread.start()
    yield workshop
    stop.set()
    thread.join(90)
    assert not thread.is_alive()


def ordered(workshop: Workshop, model: str, needs: dict[str, Any], steps: int) -> UUID:
    settings = {**QUICK, "steps": steps, "processes": 2}
    spec = {"model": model, "base": "platform/tiny@1", "datasets": ["support/mail@1"], "settings": settings}
    found = recipe.check({**spec, "needs": needs}, "Train")
    assert isinstance(found, TrainSpec)
    with workshop.world.database.write() as session:
        return order_training(session, workshop.world.actor("sam"), found).id


def job_now(workshop: Workshop, job_id: UUID) -> Job:
    with workshop.world.database.read() as session:
        return session.get_one(Job, job_id)


def ended(workshop: Workshop, job_id: UUID) -> Job:
    eventually(lambda: job_now(workshop, job_id).is_final, LONG)
    job = job_now(workshop, job_id)
    assert job.state == "succeeded", (job.reason, lines(workshop, job_id)[-30:])
    return job


def lines(workshop: Workshop, job_id: UUID) -> list[str]:
    query = select(JobEvent.data).where(JobEvent.job_id == job_id, JobEvent.kind == EventKind.LOG)
    with workshop.world.database.read() as session:
        return [each["line"] for each in session.scalars(query.order_by(JobEvent.seq))]


def training(workshop: Workshop, job_id: UUID, attempt: int) -> bool:
    """Whether this attempt has told of a step."""
    job = job_now(workshop, job_id)
    assert not job.is_final, (job.reason, lines(workshop, job_id)[-30:])
    return (job.attempt, job.state, job.stage) == (attempt, "running", "train")


def digest(job: Job) -> str:
    found: str = (job.result or {})["digest"]
    return found


def test_two_nodes_come_to_the_version_of_two_processes_on_one(house_on_ray: Workshop) -> None:
    two = ordered(house_on_ray, "support/on-two", TWO, 5)
    one = ordered(house_on_ray, "support/on-one", {}, 5)
    assert digest(ended(house_on_ray, two)) == digest(ended(house_on_ray, one))
    assert "2 processes share every update, on 2 machines" in lines(house_on_ray, two)


def test_a_training_that_loses_a_node_goes_on_elsewhere_from_its_checkpoint(
    house_on_ray: Workshop, ray_cluster: Cluster
) -> None:
    steps = 1500
    job = ordered(house_on_ray, "support/on-two", TWO, steps)
    eventually(lambda: training(house_on_ray, job, 1), LONG)
    with house_on_ray.world.database.write() as session:  # a checkpoint, as a department within its share asks for it
        session.get_one(Job, job).yield_by = database_now(session) + timedelta(seconds=120)
    eventually(lambda: training(house_on_ray, job, 2), LONG)
    seats = job_now(house_on_ray, job).seats
    assert seats is not None
    assert len({each["machine"] for each in seats}) == 2
    working = {each["machine"].rpartition(AT)[2] for each in seats}
    name = next(name for name, node in ray_cluster.nodes.items() if node in working and name != "head")
    ray_cluster.remove(name)
    del ray_cluster.nodes[name]
    done = ended(house_on_ray, job)
    assert done.attempt == 3
    assert (done.result or {})["steps"] == steps
    told = [line for line in lines(house_on_ray, job) if line.startswith("An earlier attempt left checkpoints")]
    assert len(told) == 2
    undisturbed = ended(house_on_ray, ordered(house_on_ray, "support/undisturbed", {}, steps))
    assert digest(done) == digest(undisturbed)
