"""Merge jobs that are killed, done twice, finished, or put into the base: what comes out, and what is said of it."""

import os
import signal
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from sqlalchemy import select, update

from aird.catalog import files, reproduction
from aird.catalog import queries as catalog_queries
from aird.catalog.models import DatasetUse, Parentage, Version
from aird.core.clock import now
from aird.core.db import Database
from aird.jobs import leases, runner, workspaces
from aird.jobs.messages import Log, Progress
from aird.jobs.models import EventKind, Job, JobEvent
from aird.merge import reports, service
from aird.merge.errors import PlanStops
from aird.merge.methods import bake_sum
from aird.merge.schemas import MergeBody
from aird.runtimes import adapters, hf
from aird.store.artifacts import open_store
from tests import kinds
from tests.merge.test_reports import LINES, merged, parents, prompt, recipe
from tests.tiny import Workshop

assert parents  # a fixture: a base, three adapters on it, data

IDS = torch.tensor([[5, 9, 30, 7, 2, 11]])


def order(workshop: Workshop, text: str, model: str = "support/all") -> Job:
    with workshop.world.database.write() as session:
        return service.order_merge(session, workshop.world.actor("sam"), MergeBody(yaml=text, model=model))


def filed(workshop: Workshop, job: Job) -> Version:
    with workshop.world.database.read() as session:
        return catalog_queries.get_ref(session, (job.result or {})["version"])


class Killer:
    """Hears what an attempt says, and kills it with its process at the first module that is merged."""

    def send(self, message: Log | Progress) -> None:
        if isinstance(message, Progress) and message.stage == "merge":
            os.kill(os.getpid(), signal.SIGKILL)

    def flush(self) -> None:
        """Nothing is kept."""


def killed(workshop: Workshop) -> None:
    """The next job in a process of its own, which dies when the first module is done; its lease is over then."""
    world = workshop.world
    child = os.fork()
    if child == 0:
        try:
            database = Database.open(world.settings.db_url())
            with database.write() as session:
                job = leases.claim(session, "a worker", lease_seconds=60.0, attempts=3)
            assert job is not None
            runner.run_attempt(database, open_store(world.settings, database), world.settings, job.id, 1, Killer())
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    with world.database.write() as session:
        session.execute(update(Job).where(Job.kind == "merge.run").values(lease_until=now()))


def merging(workshop: Workshop, job: Job) -> list[int]:
    """The steps of the stage that merges, as they were told."""
    with workshop.world.database.read() as session:
        query = select(JobEvent).where(JobEvent.job_id == job.id, JobEvent.kind == EventKind.PROGRESS)
        events = session.scalars(query.order_by(JobEvent.seq)).all()
        return [each.data["step"] for each in events if each.data["stage"] == "merge"]


def test_a_killed_merge_goes_on_behind_the_module_that_was_whole(workshop: Workshop) -> None:
    alone = merged(workshop, recipe("tsv", *LINES), "support/alone")
    job = order(workshop, recipe("tsv", *LINES))
    killed(workshop)
    assert list(workspaces.place(workshop.world.settings, job.id).rglob("adapter_model.safetensors"))
    done = workshop.work()
    assert (done.id, done.state, done.attempt) == (job.id, "succeeded", 2)
    assert merging(workshop, done)[0] == 2
    assert (done.result or {})["digest"] == (alone.result or {})["digest"]
    assert not workspaces.place(workshop.world.settings, job.id).exists()


def test_the_same_recipe_twice_has_the_same_digest_and_is_proved(workshop: Workshop) -> None:
    one, two = (merged(workshop, recipe("ties", *LINES), f"support/{name}") for name in ("one", "two"))
    assert (one.result or {})["digest"] == (two.result or {})["digest"]
    with workshop.world.database.write() as session:
        version = catalog_queries.get_ref(session, "support/two@1")
        reproduction.order(session, workshop.world.actor("sam"), version)
        session.execute(update(Job).where(Job.kind == "catalog.compare").values(state="succeeded"))
    again = workshop.work().result or {}
    assert (again["same"], again["same_device"], again["found"]) == (True, True, (one.result or {})["digest"])


def broken(workshop: Workshop, module: str) -> None:
    """A parent one of whose tensors holds a NaN, filed as if nobody had looked."""
    folder = workshop.folders["two"]
    place = workshop.world.settings.home / "broken"
    place.mkdir(parents=True)
    for path in folder.iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    tensors = load_file(place / adapters.WEIGHTS)
    tensors[f"base_model.model.{module}.lora_B.weight"][0, 0] = float("nan")
    save_file(tensors, place / adapters.WEIGHTS)
    with workshop.world.database.read() as session:
        sound = catalog_queries.get_ref(session, "support/calls@1")
        base = catalog_queries.base_of(session, sound)
    workshop.world.version("support/calls", kind=sound.kind, base=base, folder=place, facts=sound.facts)


def test_a_tensor_that_is_not_finite_is_told_with_its_parent(workshop: Workshop) -> None:
    broken(workshop, "model.layers.1.mlp.up_proj")
    order(workshop, recipe("tsv", *LINES))
    job = workshop.work()
    assert (job.state, job.error_code) == ("failed", "adapter_unusable")
    told = job.error_message or ""
    assert "support/calls@2: model.layers.1.mlp.up_proj.lora_B.weight holds NaN" in told
    with workshop.world.database.read() as session:
        assert catalog_queries.get_model(session, "support/all").latest_number == 0
    assert merged(workshop, recipe("tsv", *LINES).replace("support/calls,", "support/calls@1,")).state == "succeeded"


def logits(workshop: Workshop, version: Version) -> torch.Tensor:
    """What the version answers, whole or on its base."""
    home, store = workshop.world.settings.home / "look", workshop.world.store
    place = home / version.artifact[-12:]
    folder = place if place.exists() else store.fetch(version.artifact, place)
    base = folder if version.base_id is None else workshop.folders["base"]
    with torch.no_grad():
        return hf.load(base, None if version.base_id is None else folder).forward(IDS).logits


def test_a_merge_in_full_answers_as_the_adapter_on_its_base(workshop: Workshop) -> None:
    adapter = filed(workshop, merged(workshop, recipe("tsv", *LINES)))
    job = merged(workshop, recipe("tsv", *LINES, extra="aird: {output: full}"), "support/whole")
    whole = filed(workshop, job)
    assert (whole.kind, whole.base_id) == ("full", None)
    torch.testing.assert_close(logits(workshop, whole), logits(workshop, adapter), rtol=1e-4, atol=1e-4)
    assert "put into the base" in whole.record["metrics"]["statement"]
    with workshop.world.database.read() as session:
        edges = session.scalars(select(Parentage).where(Parentage.child_id == whole.id)).all()
    assert sorted(each.relation.value for each in edges) == ["continued", "merge", "merge", "merge"]


def finished(workshop: Workshop, model: str = "support/all") -> Job:
    finish = f"finish: {{steps: 2, batch_size: 2, max_new_tokens: 4, prompts: [{', '.join(map(prompt, LINES))}]}}"
    return merged(
        workshop, recipe("linear", *LINES, extra=f"parameters: {{normalize: true}}\naird: {{{finish}}}"), model
    )


def test_a_finished_merge_says_that_it_is_no_sum_any_more(workshop: Workshop) -> None:
    version = filed(workshop, finished(workshop))
    metrics: dict[str, Any] = version.record["metrics"]
    assert (metrics["exact"], metrics["finish"]["steps"]) == (False, 2)
    assert "then finished: 2 steps of distillation from its parents" in metrics["statement"]
    with workshop.world.database.read() as session:
        told = reports.report_of(session, workshop.world.actor("sam"), version.ref)
        edges = session.scalars(select(Parentage).where(Parentage.child_id == version.id)).all()
        uses = session.scalars(select(DatasetUse).where(DatasetUse.version_id == version.id)).all()
    assert (told.exact, (told.finish or {})["steps"]) == (False, 2)
    assert sum(each.relation == "teacher" for each in edges) == 3
    assert [each.ref for each in uses] == ["support/mail@1"]


def with_dora(workshop: Workshop, folder: Path) -> Path:
    """An adapter with DoRA, filed as support/dora."""
    kinds.make("dora", workshop.folders["base"], folder)
    with workshop.world.database.read() as session:
        base = catalog_queries.get_ref(session, "platform/tiny")
    examined = files.examine(workshop.world.store, folder, base=base)
    workshop.world.version("support/dora", kind=examined.kind, base=base, folder=folder, facts=examined.facts)
    return folder


DORA = """
merge_method: {method}
base_model: platform/tiny@1
models:
  - {{model: support/mail@1, parameters: {{weight: 0.7}}}}
  - {{model: support/dora@1, parameters: {{weight: 0.5}}}}
aird: {{output: full}}
"""


@pytest.mark.slow
def test_dora_is_added_up_in_the_base_and_by_no_other_rule(workshop: Workshop, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = with_dora(workshop, tmp_path / "dora")
    whole = filed(workshop, merged(workshop, DORA.format(method="task_arithmetic"), "support/whole"))
    bake_sum.bake_sum(
        workshop.folders["base"], [workshop.folders["one"], folder], [0.7, 0.5], tmp_path / "sum", names=["one", "dora"]
    )
    found = workshop.world.store.fetch(whole.artifact, tmp_path / "found") / "model.safetensors"
    assert found.read_bytes() == (tmp_path / "sum" / "model.safetensors").read_bytes()
    with pytest.raises(PlanStops, match="DoRA"):
        order(workshop, DORA.format(method="tsv"), "support/other")


@pytest.mark.slow
def test_a_finished_merge_is_the_same_when_it_is_made_again(workshop: Workshop) -> None:
    one, two = (finished(workshop, f"support/{name}").result or {} for name in ("one", "two"))
    assert one["digest"] == two["digest"]
