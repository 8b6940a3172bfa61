"""Measurements as jobs: ordered once, kept by what they depend on, shown in every plan they fit."""

from typing import Any

import pytest
from sqlalchemy import func, select

from aird.catalog.models import Version
from aird.jobs import service as jobs
from aird.jobs.models import Job
from aird.merge import measures, service
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.models import MergeMeasure
from aird.merge.schemas import MergeBody, PlanRead
from tests.tiny import Workshop

RECIPE = """
merge_method: {method}
models:
  - {{model: support/mail@1, parameters: {{weight: {weight}}}}}
  - {{model: support/calls@1, parameters: {{weight: 1}}}}
aird: {{{extra}}}
"""


@pytest.fixture(autouse=True)
def parents(workshop: Workshop) -> list[Version]:
    base = workshop.model("platform/tiny", "base")
    return [workshop.model(*each, base=base) for each in (("support/mail", "one"), ("support/calls", "two"))]


def body(method: str = "tsv", weight: float = 1, extra: str = "") -> MergeBody:
    return MergeBody(yaml=RECIPE.format(method=method, weight=weight, extra=extra))


def order(workshop: Workshop, by: str = "sam", **said: Any) -> Job:
    with workshop.world.database.write() as session:
        return measures.order(session, workshop.world.actor(by), body(**said))


def plan(workshop: Workshop, **said: Any) -> PlanRead:
    with workshop.world.database.read() as session:
        return service.read_plan(session, workshop.world.actor("sam"), body(**said))


def rows(workshop: Workshop) -> int:
    with workshop.world.database.read() as session:
        return session.scalar(select(func.count()).select_from(MergeMeasure)) or 0


def test_a_plan_shows_what_was_measured_and_estimates_nothing_any_more(workshop: Workshop) -> None:
    assert plan(workshop).measure is None
    ordered = order(workshop)
    assert (ordered.kind, ordered.state) == ("merge.measure", "queued")
    done = workshop.work()
    assert (done.id, done.state, done.error_message) == (ordered.id, "succeeded", None)
    found = plan(workshop)
    assert found.measure is not None
    assert [each.rank for each in found.measure.energies] == [1]
    assert found.measure.energies[0].energy < 1
    assert len(found.measure.modules) == len({each.module for each in found.measure.modules}) > 0
    [pair] = found.interference
    assert pair.exact
    assert pair.cosine == found.measure.cosines[0][1]
    assert pair.overlap == found.measure.overlaps[0][1]


def test_the_same_is_measured_once(workshop: Workshop) -> None:
    first = order(workshop)
    assert order(workshop).id == first.id
    workshop.work()
    assert order(workshop, extra="title: Other").id == first.id
    assert rows(workshop) == 2
    assert order(workshop, method="iso_c").id != first.id


def test_other_weights_keep_what_is_known_of_the_parents_alone(workshop: Workshop) -> None:
    order(workshop)
    workshop.work()
    other = plan(workshop, weight=0.5)
    assert other.measure is None
    assert [each.exact for each in other.interference] == [True]


def test_a_measurement_that_was_cancelled_can_be_ordered_again(workshop: Workshop) -> None:
    first = order(workshop)
    with workshop.world.database.write() as session:
        jobs.cancel(session, workshop.world.actor("sam"), session.get_one(Job, first.id))
    second = order(workshop)
    assert second.id != first.id
    assert workshop.work().id == second.id
    assert plan(workshop).measure is not None


def test_a_rank_that_was_measured_is_told_with_what_it_keeps(workshop: Workshop) -> None:
    [before] = [
        each for each in plan(workshop, extra="rank: 1").findings if each.code.startswith(("rank_cut", "energy"))
    ]
    assert (before.level, before.params["energy"]) == ("note", None)
    order(workshop, extra="rank: 1")
    workshop.work()
    found = {each.code: each for each in plan(workshop, extra="rank: 1").findings}
    measure = plan(workshop, extra="rank: 1").measure
    assert measure is not None
    assert found["energy_lost"].params["energy"] == measure.energies[0].energy


def test_what_needs_prompts_has_its_parents_measured_alone(workshop: Workshop) -> None:
    dataset = workshop.dataset("support/mails", unlabelled=[{"messages": [{"role": "user", "content": "Mail?"}]}])
    prompts = ", ".join(f"{{version: {each}, dataset: {dataset.ref}}}" for each in ("support/mail", "support/calls"))
    extra = f"prompts: [{prompts}]"
    order(workshop, method="core_regmean", extra=extra)
    assert workshop.work().state == "succeeded"
    found = plan(workshop, method="core_regmean", extra=extra).measure
    assert found is not None
    assert found.energies == []
    assert found.cosines[0][0] == pytest.approx(1.0)


def test_whole_models_are_not_measured(workshop: Workshop) -> None:
    workshop.model("platform/other", "other")
    text = "merge_method: linear\nmodels:\n" + "".join(
        f"  - {{model: platform/{each}, parameters: {{weight: 1}}}}\n" for each in ("tiny", "other")
    )
    with workshop.world.database.write() as session, pytest.raises(MergeNotPossible, match="examined"):
        measures.order(session, workshop.world.actor("sam"), MergeBody(yaml=text))
    assert order(workshop).state == "queued"
