"""Training jobs that are asked for their place stop behind a checkpoint and go on from it, to the same version."""

from typing import Any

import pytest

from aird.catalog import queries
from aird.core.clock import now
from aird.jobs import leases, registry
from aird.jobs.inline import InlineReporter
from aird.jobs.models import Job
from aird.jobs.runner import run_attempt
from aird.training import recipe
from aird.training.recipe import TrainSpec
from aird.training.service import order_training
from tests.tiny import Workshop
from tests.training.test_tasks import QUICK, SMALL, filed, house, train

assert house  # a fixture: a base with two adapters, another base, data

FIVE = {**QUICK, "steps": 5}


def interrupted(workshop: Workshop, how: dict[str, Any]) -> Job:
    """Order it, and ask for its place back before it begins."""
    world = workshop.world
    spec = recipe.check({"model": "support/new-mail", "datasets": ["support/mail@1"], **how}, "Train")
    assert isinstance(spec, TrainSpec)
    registry.load(["aird.training.tasks"])
    with world.database.write() as session:
        order_training(session, world.actor("sam"), spec)
    with world.database.write() as session:
        claimed = leases.claim(session, "worker", lease_seconds=3600.0, attempts=3)
        assert claimed is not None
        session.get_one(Job, claimed.id).yield_by = now()
    reporter = InlineReporter(world.database, claimed.id, claimed.attempt)
    run_attempt(world.database, world.store, world.settings, claimed.id, claimed.attempt, reporter)
    with world.database.read() as session:
        return session.get_one(Job, claimed.id)


@pytest.mark.parametrize(
    "how", [{"base": "platform/tiny@1", "settings": FIVE}, {"method": "pretrain", "settings": SMALL}]
)
def test_a_training_hands_its_place_back_and_comes_to_the_same_version(workshop: Workshop, how: dict[str, Any]) -> None:
    job = interrupted(workshop, how)
    assert job.state == "queued"
    assert "after step 1 of" in job.reason
    kept = list((workshop.world.settings.home / "scratch").glob("*-kept/files/step-*.safetensors"))
    assert len(kept) == 1
    done = workshop.work()
    assert done.id == job.id
    filed(workshop, done)
    assert list((workshop.world.settings.home / "scratch").glob("*/files/*")) == []
    undisturbed = train(workshop, **{**how, "model": "support/undisturbed"})
    assert (done.result or {})["digest"] == (undisturbed.result or {})["digest"]


def test_what_was_counted_is_filed(workshop: Workshop) -> None:
    version = filed(workshop, train(workshop, base="platform/tiny@1"))
    record = version.training
    assert record is not None
    assert record.metrics["read"] > record.metrics["tokens"] > 0
    assert record.metrics["micro_batch"] == QUICK["batch_size"]
    with workshop.world.database.read() as session:
        row = queries.get_ref(session, version.ref)
        assert row.flop == record.metrics["flop"] > 0
        assert row.record["kwh"] == pytest.approx(record.metrics["seconds"] * 65 / 3.6e6)
