"""Merges, searches and finishes that are asked for their place hand it back and go on, to the same bytes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from sqlalchemy import update

from aird.core.clock import now
from aird.jobs import context, leases, registry
from aird.jobs import queries as job_queries
from aird.jobs.inline import InlineReporter
from aird.jobs.messages import Log, Progress
from aird.jobs.models import EventKind, Job
from aird.jobs.runner import run_attempt
from aird.merge.methods.quantize import quantize
from tests.merge.test_bake import sharded
from tests.merge.test_engine import order
from tests.merge.test_quantize import tensors
from tests.merge.test_reports import LINES, merged, parents, prompt, recipe
from tests.merge.test_searches import ITEMS, USELESS, read, told
from tests.merge.test_searches import order as order_search
from tests.tiny import Workshop

assert parents  # a fixture: a base, three adapters on it, data

FINISH = "finish: {{steps: 3, batch_size: 2, max_new_tokens: 4, prompts: [{}]{}}}"
NORMAL = "parameters: {normalize: true}\naird: {%s}"


class Asker(InlineReporter):
    """Asks for the attempt's place as soon as it tells of a stage."""

    stage = ""

    def send(self, message: Log | Progress) -> None:
        super().send(message)
        if isinstance(message, Progress) and message.stage == self.stage:
            with self.database.write() as session:
                session.execute(update(Job).where(Job.id == self.job_id).values(yield_by=now()))


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "YIELD_EVERY", 0.0)


def asked_at(workshop: Workshop, job: Job, stage: str) -> Job:
    """The job after an attempt whose place was wanted when it came to this stage."""
    world = workshop.world
    registry.load(["aird.merge.tasks", "aird.merge.tasks_derived", "aird.training.tasks_distill"])
    with world.database.write() as session:
        claimed = leases.claim(session, "worker", lease_seconds=3600.0, attempts=3)
    assert claimed is not None
    assert claimed.id == job.id
    reporter = Asker(world.database, job.id, claimed.attempt)
    reporter.stage = stage
    run_attempt(world.database, world.store, world.settings, job.id, claimed.attempt, reporter)
    with world.database.read() as session:
        found = session.get_one(Job, job.id)
    assert (found.state, found.yields, found.max_attempts) == ("queued", True, 4), found.error_message
    return found


def finishing(extra: str = "") -> str:
    return recipe("linear", *LINES, extra=NORMAL % FINISH.format(", ".join(map(prompt, LINES)), extra))


@pytest.mark.parametrize(
    ("text", "stage", "kept"),
    [
        (recipe("tsv", *LINES), "merge", "1 of 14 modules merged"),
        (recipe("core_regmean", *LINES), "activations", "questions read"),
        (finishing(), "train", "after step 1 of 3"),
        (recipe("tsv", *LINES, extra="aird: {output: full}"), "bake", "tensors put into the base"),
    ],
    ids=["merge", "activations", "finish", "bake"],
)
def test_a_merge_hands_its_place_back_and_comes_to_the_same_version(
    workshop: Workshop, text: str, stage: str, kept: str
) -> None:
    handed = asked_at(workshop, order(workshop, text), stage)
    assert handed.reason.startswith("Handed its place back: ")
    assert kept in handed.reason
    done = workshop.work()
    assert (done.id, done.state, done.attempt) == (handed.id, "succeeded", 2)
    alone = merged(workshop, text, "support/alone")
    assert (done.result or {})["digest"] == (alone.result or {})["digest"]


def test_a_finish_that_was_done_is_not_done_again_when_the_baking_hands_its_place_back(workshop: Workshop) -> None:
    text = finishing().replace("aird: {", "aird: {output: full, ")
    handed = asked_at(workshop, order(workshop, text), "bake")
    done = workshop.work()
    assert (done.id, done.state) == (handed.id, "succeeded")
    with workshop.world.database.read() as session:
        lines = [each.data["line"] for each in job_queries.events(session, done.id) if each.kind is EventKind.LOG]
    assert sum(line.startswith("finish: ") for line in lines) == 1


@pytest.mark.parametrize("stage", ["parents", "search"])
def test_a_search_hands_its_place_back_and_tries_what_it_would_have_tried(workshop: Workshop, stage: str) -> None:
    workshop.suite(exam=USELESS, dev=ITEMS)
    space: dict[str, Any] = {"methods": ["linear", "tsv"], "scales": [0.5, 1.0], "trials": 4}
    handed = asked_at(workshop, order_search(workshop, **space), stage)
    assert handed.reason.startswith("Handed its place back: ")
    assert workshop.work().id == handed.id
    whole = order_search(workshop, **space)
    assert workshop.work().id == whole.id
    assert told(read(workshop, handed.id)) == told(read(workshop, whole.id))


def finished(workshop: Workshop, model: str, text: str | None = None) -> dict[str, Any]:
    return merged(workshop, text or finishing(), model).result or {}


def test_what_parents_said_in_one_finish_is_not_said_again_in_the_next(workshop: Workshop) -> None:
    first = finished(workshop, "support/first")["finish"]
    assert first["forwards"] > 0
    assert (first["known"], first["heard"]) == (0, 6)
    again = finished(workshop, "support/again")
    assert again["finish"] == {"forwards": 0, "known": 6, "heard": 6}
    other = finished(workshop, "support/other", finishing(", loss: reverse_kl, seed: 3"))
    assert other["finish"]["forwards"] == 0  # how it is learnt changes nothing of what was said
    alone = finished(workshop, "support/alone", finishing(", cache: false"))
    assert alone["finish"]["forwards"] == first["forwards"]


def test_an_eight_bit_model_that_was_cut_off_goes_on_behind_the_last_whole_file(
    tiny: Mapping[str, Path], tmp_path: Path
) -> None:
    model = sharded(tiny["base"], tmp_path / "model", torch.float32)
    quantize(model, tmp_path / "whole")
    done: list[int] = []

    def stop(step: int, _: int) -> None:
        done.append(step)
        if (tmp_path / "cut-notes").is_dir() and any((tmp_path / "cut-notes").iterdir()):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        quantize(model, tmp_path / "cut", report=stop)
    second: list[int] = []
    found = quantize(model, tmp_path / "cut", report=lambda step, _: second.append(step))
    assert second[0] == done[-1]
    assert found == quantize(model, tmp_path / "again")
    old, new = tensors(tmp_path / "whole"), tensors(tmp_path / "cut")
    assert old.keys() == new.keys()
    assert all((old[name] == new[name]).all() for name in old)
    assert not (tmp_path / "cut-notes").exists()
