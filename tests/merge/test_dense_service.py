"""Plans of whole-model merges: which engine, what stops them, what is said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from aird.auth.permissions import SYSTEM
from aird.catalog import access
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.models import Gating, Kind, Version
from aird.core.errors import NotPermitted
from aird.core.recipe_yaml import RecipeRefused, load_mapping
from aird.jobs.models import Job
from aird.merge import dense, service
from aird.merge.errors import NoPlaceForChild, ParentNotUsable, PlanStops
from aird.merge.plan import dense as dense_check
from aird.merge.recipe import dense as dense_recipe
from aird.merge.schemas import MergeBody, PlanRead
from aird.testing_ml import make_base
from tests.tiny import Workshop

SLERP = """
merge_method: slerp
base_model: platform/tiny
models: [{model: support/mail}]
parameters: {t: 0.4}
"""
LINEAR = """
merge_method: linear
models:
  - {model: %s, parameters: {weight: 0.5}}
  - {model: %s, parameters: {weight: 0.5}}
"""


@pytest.fixture(autouse=True)
def parents(workshop: Workshop) -> list[Version]:
    """A base, another whole model on it, an adapter, and a model with a tokenizer of its own."""
    base = workshop.model("platform/tiny", "base")
    mail = workshop.model("support/mail", "other", base=base, kind=Kind.FULL)
    calls = workshop.model("support/calls", "one", base=base)
    return [base, mail, calls, workshop.model("platform/foreign", "foreign")]


def plan(workshop: Workshop, yaml: str, by: str = "sam", **said: Any) -> PlanRead:
    with workshop.world.database.read() as session:
        return dense.plan(session, workshop.world.actor(by), MergeBody(yaml=yaml, **said))


def codes(read: PlanRead, level: str) -> set[str]:
    return {each.code for each in read.findings if each.level == level}


def test_the_plan_says_engine_parents_and_size(workshop: Workshop) -> None:
    read = plan(workshop, SLERP)
    assert (read.engine, read.output, read.method, read.base) == ("dense", "full", "slerp", "platform/tiny@1")
    assert {each.ref: each.weight for each in read.parents} == {"support/mail@1": 0.4, "platform/tiny@1": 0.6}
    with workshop.world.database.read() as session:
        assert read.parameters == catalog_queries.get_ref(session, "support/mail@1").parameters
    assert (read.bytes, read.exact) == (read.parameters * 4, False)
    assert read.seconds > 0
    assert {"same_tokenizer", "same_shapes"} <= codes(read, "ok")
    assert not codes(read, "stop")


def test_the_pinned_recipe_is_the_recipe_with_every_number(workshop: Workshop) -> None:
    read = plan(workshop, SLERP + "aird: {model: support/all}\n")
    found = load_mapping(read.yaml)
    assert (found["base_model"], found["models"]) == ("platform/tiny@1", [{"model": "support/mail@1"}])
    assert (found["parameters"], found["aird"]) == ({"t": 0.4}, {"model": "support/all"})
    assert load_mapping(plan(workshop, read.yaml).yaml) == found


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, False),
        ({"models": [{"model": "platform/tiny@1+support/calls@1", "parameters": {"weight": 1}}]}, False),
        ({"models": [{"model": "platform/tiny", "parameters": {"weight": 1}}, {"model": "support/calls"}]}, False),
        ({"merge_method": "tsv", "models": [{"model": "support/mail"}]}, False),
        ({"merge_method": "nonsense"}, False),
        ({"models": "nonsense"}, False),
        ({"models": [{"model": "support/mail", "parameters": {"weight": 1}}]}, True),
        ({"merge_method": "dare_ties"}, True),
        ({"parameters": {"weight": [0, 1]}}, True),
        ({"slices": []}, True),
        ({"tokenizer_source": "union"}, True),
        ({"tokenizer_source": "base"}, False),
    ],
)
def test_what_factors_cannot_hold_goes_to_whole_models(
    workshop: Workshop, change: dict[str, Any], wanted: bool
) -> None:
    plain = {
        "merge_method": "linear",
        "base_model": "platform/tiny",
        "models": [{"model": "support/calls", "parameters": {"weight": 1}}],
    }
    with workshop.world.database.read() as session:
        assert dense.wants(session, workshop.world.actor("sam"), plain | change) is wanted


def test_the_service_asks_the_right_engine(workshop: Workshop) -> None:
    adapters = "merge_method: linear\nmodels: [{model: support/calls, parameters: {weight: 1}}]\n"
    with workshop.world.database.read() as session:
        sam = workshop.world.actor("sam")
        assert service.read_plan(session, sam, MergeBody(yaml=SLERP)).engine == "dense"
        assert service.read_plan(session, sam, MergeBody(yaml=adapters)).engine == "factors"


def test_an_adapter_is_named_with_its_base_or_alone(workshop: Workshop) -> None:
    for name in ("support/calls", "platform/tiny@1+support/calls@1"):
        read = plan(workshop, LINEAR % (name, "support/mail"))
        assert "adapter_baked" in codes(read, "note")
        assert {each.ref for each in read.parents} == {"support/calls@1", "support/mail@1"}
    with pytest.raises(ParentNotUsable, match="was trained on"):
        plan(workshop, LINEAR % ("support/mail+support/calls", "support/mail"))
    with pytest.raises(ParentNotUsable, match="whole model"):
        plan(workshop, LINEAR % ("platform/tiny+support/mail", "support/mail"))


def test_another_tokenizer_stops_until_the_recipe_says_what_to_do(workshop: Workshop) -> None:
    yaml = LINEAR % ("platform/tiny", "platform/foreign")
    stopped = codes(plan(workshop, yaml), "stop")
    assert stopped <= {"other_tokenizer", "other_vocabulary"}
    assert stopped
    read = plan(workshop, yaml + "tokenizer_source: union\n")
    assert (codes(read, "stop"), read.engine) == (set(), "mergekit")
    assert "new_vocabulary" in codes(read, "warning")
    with workshop.world.database.write() as session, pytest.raises(PlanStops) as caught:
        dense.order(session, workshop.world.actor("sam"), MergeBody(yaml=yaml, model="support/all"))
    assert set(caught.value.params["codes"]) == stopped


def test_a_template_in_the_recipe_is_a_warning(workshop: Workshop) -> None:
    assert "changes_words" in codes(plan(workshop, SLERP + "chat_template: chatml\n"), "warning")
    assert "changes_words" not in codes(plan(workshop, SLERP), "warning")


def test_layers_that_are_not_there_stop_and_fewer_are_noted(workshop: Workshop) -> None:
    yaml = "merge_method: passthrough\nslices: [{sources: [{model: platform/tiny, layer_range: [0, %d]}]}]\n"
    assert codes(plan(workshop, yaml % 3), "stop") == {"layer_range"}
    assert codes(plan(workshop, yaml % 2), "note").isdisjoint({"other_layers"})
    read = plan(workshop, yaml % 1)
    assert ("other_layers" in codes(read, "note"), codes(read, "stop")) == (True, set())
    assert read.parameters < plan(workshop, yaml % 2).parameters


def test_weights_that_cancel_stop(workshop: Workshop) -> None:
    yaml = LINEAR % ("platform/tiny", "support/mail")
    cancelling = yaml.replace("weight: 0.5", "weight: -0.5", 1)
    assert codes(plan(workshop, cancelling), "stop") == {"weights_cancel"}
    assert not codes(plan(workshop, cancelling + "parameters: {normalize: false}\n"), "stop")


def test_models_of_another_size_or_architecture_stop(workshop: Workshop, tmp_path: Path) -> None:
    recipe = dense_recipe.parse(LINEAR % ("platform/tiny@1", "support/mail@1"))
    layer = {"model.layers.0.mlp.up_proj": (48, 32)}
    one = dense_check.InputFacts("a", "llama", layer, 384, "t", "c", "F32", 1000, 4000)
    wide = replace(one, ref="b", shapes={"model.layers.0.mlp.up_proj": (64, 32)})
    for other, code in ((replace(one, architecture="qwen2"), "other_architecture"), (wide, "other_shapes")):
        said = dense_check.findings(recipe, dict(zip(recipe.inputs, (one, other), strict=True)))
        assert [each.code for each in said if each.level == "stop"] == [code]
    said = dense_check.findings(recipe, dict(zip(recipe.inputs, (one, one), strict=True)))
    assert not [each for each in said if each.level == "stop"]


def test_the_same_version_under_two_names_is_refused(workshop: Workshop) -> None:
    with pytest.raises(RecipeRefused, match="two names"):
        plan(workshop, LINEAR % ("support/mail", "support/mail@1"))


def test_weights_that_the_owners_keep_are_not_merged(workshop: Workshop) -> None:
    with workshop.world.database.write() as session:
        model = access.get_model(session, SYSTEM, "support/mail")
        model.gating = Gating.MANUAL
    with pytest.raises(NotPermitted):
        plan(workshop, SLERP, by="lin")
    assert plan(workshop, SLERP, by="sam").engine == "dense"


def test_a_retired_model_is_not_merged(workshop: Workshop) -> None:
    with workshop.world.database.write() as session:
        catalog.retire(session, SYSTEM, catalog_queries.get_ref(session, "support/mail@1"), reason="old")
    with pytest.raises(ParentNotUsable, match="retired"):
        plan(workshop, SLERP)


def test_an_order_needs_a_place_and_queues_one_job(workshop: Workshop) -> None:
    sam = workshop.world.actor("sam")
    with workshop.world.database.write() as session, pytest.raises(NoPlaceForChild):
        dense.order(session, sam, MergeBody(yaml=SLERP))
    with workshop.world.database.write() as session:
        job = service.order_merge(session, sam, MergeBody(yaml=SLERP, model="support/all"))
        assert (job.kind, job.spec["engine"]) == ("merge.dense", "dense")
        assert set(job.spec["versions"]) == {"support/mail", "platform/tiny"}
    with workshop.world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Job).where(Job.kind == "merge.dense")) == 1


@pytest.mark.parametrize("hostile", ["/etc", "../x", "https://example.com/m", "meta-llama/Llama-3-8B@main"])
def test_a_hostile_recipe_never_becomes_a_job(workshop: Workshop, hostile: str) -> None:
    sam = workshop.world.actor("sam")
    body = MergeBody(yaml=SLERP.replace("support/mail", hostile), model="support/all")
    with workshop.world.database.write() as session, pytest.raises(RecipeRefused):
        service.order_merge(session, sam, body)
    with workshop.world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Job).where(Job.kind == "merge.dense")) == 0


def test_a_longer_vocabulary_stops(workshop: Workshop, tmp_path: Path) -> None:
    make_base(tmp_path / "wide", vocabulary=500)
    folders = dict(workshop.folders) | {"wide": tmp_path / "wide"}
    Workshop(workshop.world, folders).model("platform/wide", "wide")
    assert codes(plan(workshop, LINEAR % ("platform/tiny", "platform/wide")), "stop") == {"other_vocabulary"}
