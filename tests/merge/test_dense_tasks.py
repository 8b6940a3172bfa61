"""Whole models merged from the catalog to the catalog: by aird's own rules, and by mergekit in its cage."""

from pathlib import Path
from typing import Any

import pytest
import torch

from aird.auth.permissions import SYSTEM
from aird.catalog import queries as catalog_queries
from aird.catalog import reproduction, views
from aird.catalog.models import Kind, Version
from aird.catalog.schemas import VersionRead
from aird.jobs import registry
from aird.jobs.models import Job
from aird.merge import dense
from aird.merge.schemas import MergeBody
from aird.runtimes.tensor_file import TensorReader
from aird.testing_ml import make_adapter, make_base
from tests.tiny import Workshop

LINEAR = """
merge_method: linear
models:
  - {model: support/mail@1, parameters: {weight: 0.25}}
  - {model: platform/tiny@1, parameters: {weight: 0.75}}
"""


@pytest.fixture(autouse=True)
def parents(workshop: Workshop) -> list[Version]:
    """A base, another whole model on it, an adapter."""
    base = workshop.model("platform/tiny", "base")
    mail = workshop.model("support/mail", "other", base=base, kind=Kind.FULL)
    return [base, mail, workshop.model("support/calls", "one", base=base)]


def merge(workshop: Workshop, yaml: str, **said: Any) -> Job:
    registry.load(["aird.merge.tasks_dense"])
    with workshop.world.database.write() as session:
        dense.order(session, workshop.world.actor("sam"), MergeBody(yaml=yaml, **{"model": "support/all", **said}))
    return workshop.work()


def filed(workshop: Workshop, job: Job) -> VersionRead:
    assert (job.state, job.error_message) == ("succeeded", None)
    with workshop.world.database.read() as session:
        version = catalog_queries.get_ref(session, (job.result or {})["version"])
        return views.version_read(session, workshop.world.store, SYSTEM, version)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    with TensorReader(folder / "model.safetensors") as file:
        return {name: file.read(name) for name in file.places}


def test_whole_models_are_averaged_and_filed_on_their_base(workshop: Workshop, tmp_path: Path) -> None:
    child = filed(workshop, merge(workshop, LINEAR, license="mit"))
    assert (child.ref, child.kind, child.base, child.license) == ("support/all@1", "full", "platform/tiny@1", "mit")
    edges = {(each.ref, each.relation.value): each.weight for each in child.parents}
    assert edges == {
        ("support/mail@1", "merge"): 0.25,
        ("platform/tiny@1", "merge"): 0.75,
        ("platform/tiny@1", "base"): None,
    }
    found = weights(workshop.world.store.fetch(child.digest, tmp_path / "child"))
    mail, base = weights(workshop.folders["other"]), weights(workshop.folders["base"])
    for name, values in found.items():
        torch.testing.assert_close(values, 0.25 * mail[name] + 0.75 * base[name])


def test_the_same_recipe_gives_the_same_bytes(workshop: Workshop) -> None:
    first = filed(workshop, merge(workshop, LINEAR))
    again = filed(workshop, merge(workshop, LINEAR, model="support/again"))
    assert again.digest == first.digest


def test_the_record_says_which_engine_worked(workshop: Workshop) -> None:
    job = merge(workshop, LINEAR)
    record = filed(workshop, job).training
    assert record is not None
    assert (record.kind, record.metrics["engine"]) == ("merge.dense", "dense")
    assert (job.result or {})["engine"] == "dense"


def test_an_adapter_is_put_into_its_base_before_it_is_averaged(workshop: Workshop, tmp_path: Path) -> None:
    yaml = LINEAR.replace("support/mail@1", "platform/tiny@1+support/calls@1")
    child = filed(workshop, merge(workshop, yaml))
    found = weights(workshop.world.store.fetch(child.digest, tmp_path / "child"))
    base = weights(workshop.folders["base"])
    changed = [name for name, values in found.items() if not torch.allclose(values, base[name])]
    assert len(changed) == 14
    assert ("support/calls@1", "merge", 0.25) in {(e.ref, e.relation.value, e.weight) for e in child.parents}


def test_an_adapter_that_changed_under_its_name_gives_the_new_result(workshop: Workshop, tmp_path: Path) -> None:
    yaml = LINEAR.replace("support/mail@1", "support/calls")
    before = filed(workshop, merge(workshop, yaml))
    with workshop.world.database.read() as session:
        base = catalog_queries.get_ref(session, "platform/tiny@1")
    folders = dict(workshop.folders) | {"new": make_adapter(tmp_path / "new", seed=9, size=0.4)}
    Workshop(workshop.world, folders).model("support/calls", "new", base=base)
    after = filed(workshop, merge(workshop, yaml))
    assert after.digest != before.digest
    assert "support/calls@2" in {each.ref for each in after.parents}


def test_a_whole_model_is_made_again_to_the_same_bytes(workshop: Workshop) -> None:
    yaml = LINEAR.replace("support/mail@1", "platform/tiny@1+support/calls@1")
    child = filed(workshop, merge(workshop, yaml))
    with workshop.world.database.write() as session:
        reproduction.order(session, workshop.world.actor("sam"), catalog_queries.get_ref(session, child.ref))
    again = workshop.work().result or {}
    assert (again["same"], again["found"]) == (True, child.digest)


def test_parents_that_do_not_fit_fail_the_job_and_file_nothing(workshop: Workshop, tmp_path: Path) -> None:
    folders = dict(workshop.folders) | {"wide": make_base(tmp_path / "wide", vocabulary=500)}
    Workshop(workshop.world, folders).model("support/mail", "wide")
    registry.load(["aird.merge.tasks_dense"])
    with workshop.world.database.write() as session:
        body = MergeBody(yaml=LINEAR, model="support/all")
        job = dense.order(session, workshop.world.actor("sam"), body)
        wide = catalog_queries.get_ref(session, "support/mail@2")
        job.spec = job.spec | {"versions": job.spec["versions"] | {"support/mail@1": str(wide.id)}}
    failed = workshop.work()
    assert failed.state == "failed"
    assert "tokenizer_source" in (failed.error_message or "")
    with workshop.world.database.read() as session:
        assert catalog_queries.get_model(session, "support/all").latest_number == 0


@pytest.mark.slow
@pytest.mark.xdist_group("mergekit")
def test_mergekit_does_the_rest_in_its_cage(workshop: Workshop) -> None:
    yaml = """
merge_method: passthrough
slices:
  - sources: [{model: platform/tiny@1, layer_range: [0, 2]}]
  - sources: [{model: support/mail@1, layer_range: [1, 2]}]
"""
    job = merge(workshop, yaml)
    child = filed(workshop, job)
    assert (job.result or {})["engine"] == "mergekit"
    assert (child.kind, child.base) == ("full", None)
    assert {name.split(".")[2] for name in child.facts["shapes"] if name.startswith("model.layers.")} == {"0", "1", "2"}
    assert {each.ref for each in child.parents} == {"platform/tiny@1", "support/mail@1"}
    names = {entry.path for entry in workshop.world.store.manifest(child.digest).entries}
    assert names.isdisjoint({"README.md", "mergekit_config.yml"})
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names


@pytest.mark.slow
@pytest.mark.xdist_group("mergekit")
def test_a_template_that_the_recipe_gives_stands_in_the_differences(workshop: Workshop) -> None:
    yaml = """
merge_method: nuslerp
base_model: platform/tiny@1
models:
  - {model: support/mail@1, parameters: {weight: 0.5}}
  - {model: support/calls@1, parameters: {weight: 0.5}}
chat_template: chatml
tokenizer_source: base
"""
    child = filed(workshop, merge(workshop, yaml))
    assert child.base == "platform/tiny@1"
    assert "chat_template" in {each["what"] for each in child.facts["differences"]}
