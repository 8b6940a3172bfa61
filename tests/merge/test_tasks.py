"""The rotation job, done with tiny models: the arithmetic, the search, and what is filed."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from aird.auth.permissions import SYSTEM
from aird.catalog import queries as catalog_queries
from aird.catalog import views
from aird.catalog.models import Version
from aird.catalog.schemas import VersionRead
from aird.evaluation.scorers import choice
from aird.jobs import queries as job_queries
from aird.jobs.models import EventKind, Job
from aird.merge import service
from aird.merge.methods.files import merge_adapters
from aird.merge.schemas import MergeBody
from aird.runtimes import adapters, hf
from tests.tiny import QUESTIONS, Workshop

RECIPE = """
merge_method: {method}
base_model: platform/tiny@1
models:
  - {{model: support/mail@1, parameters: {{weight: 0.7}}}}
  - {{model: support/calls@1, parameters: {{weight: -0.3}}}}
  - {{model: support/visits@1, parameters: {{weight: 1.2}}}}
parameters: {{lambda: 0.5}}
"""
WEIGHTS = {"support/mail@1": 0.35, "support/calls@1": -0.15, "support/visits@1": 0.6}
FOLDERS = {"support/mail": "one", "support/calls": "two", "support/visits": "three"}


@pytest.fixture(autouse=True)
def parents(workshop: Workshop) -> list[Version]:
    """A base and three adapters of different ranks, one of them on few modules."""
    base = workshop.model("platform/tiny", "base")
    return [workshop.model(name, folder, base=base) for name, folder in FOLDERS.items()]


def merge(workshop: Workshop, method: str = "task_arithmetic", **said: Any) -> Job:
    body = MergeBody(yaml=RECIPE.format(method=method), **{"model": "support/all", **said})
    with workshop.world.database.write() as session:
        service.order_merge(session, workshop.world.actor("sam"), body)
    return workshop.work()


def filed(workshop: Workshop, job: Job) -> VersionRead:
    assert (job.state, job.error_message) == ("succeeded", None)
    with workshop.world.database.read() as session:
        version = catalog_queries.get_ref(session, (job.result or {})["version"])
        assert version.job_id == job.id
        return views.version_read(session, workshop.world.store, SYSTEM, version)


def deltas(folder: Path) -> dict[str, Tensor]:
    """scaling * B @ A of every module, float64."""
    adapter = adapters.read(folder)
    factors = {module: adapter.factors(module) for module in adapter.shapes}
    return {module: each.scaling * each.b.double() @ each.a.double() for module, each in factors.items()}


def test_a_merge_is_the_weighted_sum_of_the_changes(workshop: Workshop, tmp_path: Path) -> None:
    child = filed(workshop, merge(workshop))
    found = deltas(workshop.world.store.fetch(child.digest, tmp_path / "child"))
    expected = {module: torch.zeros_like(change) for module, change in found.items()}
    for weight, folder in zip(WEIGHTS.values(), FOLDERS.values(), strict=True):
        for module, change in deltas(workshop.folders[folder]).items():
            expected[module] += weight * change
    assert len(found) == 14
    for module, change in expected.items():
        torch.testing.assert_close(found[module], change, rtol=1e-5, atol=1e-5 * float(change.abs().max()))


def test_the_child_is_filed_with_its_parents_and_their_weights(workshop: Workshop) -> None:
    child = filed(workshop, merge(workshop, license="mit", notes="Rotation"))
    assert (child.ref, child.kind, child.base, child.state) == ("support/all@1", "adapter", "platform/tiny@1", "draft")
    edges = {(each.ref, each.relation.value): each.weight for each in child.parents}
    assert edges.pop(("platform/tiny@1", "base")) is None
    assert edges == {(ref, "merge"): pytest.approx(weight) for ref, weight in WEIGHTS.items()}
    assert (child.facts["rank"], child.license, child.created_by) == (9, "mit", "sam")


def test_the_record_tells_how_it_was_merged(workshop: Workshop) -> None:
    job = merge(workshop)
    record = filed(workshop, job).training
    assert record is not None
    assert (record.kind, record.recipe["kind"], record.datasets) == ("merge.run", "Merge", [])
    assert record.metrics["statement"].startswith("exact: weighted sum")
    assert record.metrics["diagnostics"]["rank"] == 9
    assert len(record.metrics["diagnostics"]["sources"]) == 3
    assert "search" not in record.metrics
    assert (job.result or {})["scale"] == 1.0


def test_singular_vectors_are_merged_as_the_method_says(workshop: Workshop, tmp_path: Path) -> None:
    body = {"yaml": RECIPE.format(method="tsv").replace("parameters: {lambda: 0.5}", "aird: {rank: 4}")}
    with workshop.world.database.write() as session:
        service.order_merge(session, workshop.world.actor("sam"), MergeBody(**body, model="support/all"))
    child = filed(workshop, workshop.work())
    folders = [workshop.folders[each] for each in FOLDERS.values()]
    merge_adapters("tsv", folders, [0.7, -0.3, 1.2], tmp_path / "alone", rank=4)
    found, expected = deltas(workshop.world.store.fetch(child.digest, tmp_path / "child")), deltas(tmp_path / "alone")
    for module, change in expected.items():
        torch.testing.assert_close(found[module], change)


def answered_at(workshop: Workshop, scale: float, folder: Path) -> list[dict[str, Any]]:
    """Questions whose right answers are those that the merge at this scale gives."""
    folders = [workshop.folders[each] for each in FOLDERS.values()]
    merge_adapters("linear", folders, list(WEIGHTS.values()), folder, scale=scale)
    outcomes = choice.score(hf.load(workshop.folders["base"], folder), QUESTIONS)
    return [{**item, "answer": each.chosen} for item, each in zip(QUESTIONS, outcomes, strict=True)]


@pytest.mark.parametrize("best", [0.25, 8.0])
def test_a_search_files_the_scale_that_scores_best(workshop: Workshop, tmp_path: Path, best: float) -> None:
    workshop.suite(exam=QUESTIONS, dev=answered_at(workshop, best, tmp_path / "alone"))
    search = {"scales": [0.25, 2.0, 8.0], "suites": ["support/exam"]}
    job = merge(workshop, search=search)
    child = filed(workshop, job)
    assert child.training is not None
    tried = {each["scale"] for each in child.training.metrics["search"]["tried"]}
    assert tried == {0.25, 2.0, 8.0}
    assert child.training.metrics["search"]["params"]["scale"] == best
    assert child.training.metrics["statement"].startswith("chosen by a search; exact: weighted sum")
    assert ((job.result or {})["scale"], (job.result or {})["scores"]) == (best, {"support/exam": 1.0})
    found = deltas(workshop.world.store.fetch(child.digest, tmp_path / "child"))
    for module, change in deltas(tmp_path / "alone").items():
        torch.testing.assert_close(found[module], change)


def test_the_weights_of_a_search_are_filed_as_they_were_used(workshop: Workshop, tmp_path: Path) -> None:
    workshop.suite(exam=QUESTIONS, dev=answered_at(workshop, 4.0, tmp_path / "alone"))
    child = filed(workshop, merge(workshop, search={"scales": [4.0], "suites": ["support/exam"]}))
    edges = {each.ref: each.weight for each in child.parents if each.relation == "merge"}
    assert edges == {ref: pytest.approx(4 * weight) for ref, weight in WEIGHTS.items()}
    assert child.training is not None
    assert [(each["suite"], each["split"]) for each in child.training.datasets] == [("support/exam", "dev")]


def test_the_same_recipe_again_files_nothing_twice(workshop: Workshop) -> None:
    first, second = merge(workshop), merge(workshop)
    assert (first.result or {})["version"] == (second.result or {})["version"] == "support/all@1"
    assert (second.state, (second.result or {})["digest"]) == ("succeeded", (first.result or {})["digest"])
    with workshop.world.database.read() as session:
        assert catalog_queries.get_model(session, "support/all").latest_number == 1


def test_the_log_names_the_rule_and_the_weights(workshop: Workshop) -> None:
    job = merge(workshop)
    with workshop.world.database.read() as session:
        events = job_queries.events(session, job.id)
    lines = [each.data["line"] for each in events if each.kind is EventKind.LOG]
    assert "rank 9 = 4 + 2 + 3" in lines[0]
    assert all(ref in lines[0] for ref in WEIGHTS)


@pytest.mark.parametrize("method", ["iso_c", "ties", "knots_ties", "ctm"])
def test_every_other_method_files_a_child_that_says_how_it_was_made(workshop: Workshop, method: str) -> None:
    child = filed(workshop, merge(workshop, method))
    assert child.training is not None
    assert child.training.metrics["diagnostics"]["method"] == method
    assert child.training.metrics["statement"].startswith("not ")
    assert {each.ref for each in child.parents if each.relation == "merge"} == set(WEIGHTS)
