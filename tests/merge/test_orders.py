"""Orders with questions: whose they are is settled when the job is queued, and stands in the pinned recipe."""

from typing import Any

import pytest

from aird.catalog.models import Version
from aird.core.recipe_yaml import RecipeRefused
from aird.jobs.models import Job
from aird.merge import service
from aird.merge.recipe import merge_recipe as recipe
from aird.merge.schemas import MergeBody, PlanRead
from tests.tiny import QUESTIONS, Workshop

RECIPE = """
merge_method: {method}
models:
  - {{model: support/mail}}
  - {{model: support/calls}}
aird: {{model: support/both, {extra}}}
"""
ASKED = [{"messages": [{"role": "user", "content": "Mail?"}]}] * 3


@pytest.fixture(autouse=True)
def parents(workshop: Workshop) -> list[Version]:
    base = workshop.model("platform/tiny", "base")
    workshop.dataset("support/mails", unlabelled=ASKED)
    return [workshop.model(*each, base=base) for each in (("support/mail", "one"), ("support/calls", "two"))]


PROMPTS = (
    "prompts: [{version: support/mail, dataset: support/mails, limit: 2},"
    " {version: support/calls, dataset: support/mails}]"
)


def body(extra: str, method: str = "tsv", **said: Any) -> MergeBody:
    return MergeBody(yaml=RECIPE.format(extra=extra, method=method), **said)


def plan(workshop: Workshop, text: MergeBody) -> PlanRead:
    with workshop.world.database.read() as session:
        return service.read_plan(session, workshop.world.actor("sam"), text)


def order(workshop: Workshop, text: MergeBody) -> Job:
    with workshop.world.database.write() as session:
        return service.order_merge(session, workshop.world.actor("sam"), text)


def test_a_finish_is_ordered_with_its_questions_and_every_default(workshop: Workshop) -> None:
    asked = body(f"finish: {{steps: 7, {PROMPTS}}}")
    finish = order(workshop, asked).spec["finish"]
    assert [(each["ref"], each["split"], each["limit"]) for each in finish["prompts"]] == [
        ("support/mails@1", "unlabelled", 2),
        ("support/mails@1", "unlabelled", None),
    ]
    assert finish["settings"]["steps"] == 7
    shown = plan(workshop, asked)
    assert shown.finish is not None
    assert (shown.finish["steps"], shown.finish["prompts"][0]["version"]) == (7, "support/mail@1")
    assert shown.seconds > plan(workshop, body("")).seconds


def test_the_questions_stand_in_the_pinned_recipe_once(workshop: Workshop) -> None:
    shared = recipe.parse(plan(workshop, body(f"{PROMPTS}, finish: true")).yaml).aird
    assert [str(each.version) for each in shared.prompts] == ["support/mail@1", "support/calls@1"]
    assert [each.dataset for each in shared.prompts] == ["support/mails@1"] * 2
    assert shared.finish is not None
    assert shared.finish.prompts == ()
    own = recipe.parse(plan(workshop, body(f"finish: {{{PROMPTS}}}")).yaml).aird
    assert own.finish is not None
    assert (own.prompts, len(own.finish.prompts)) == ((), 2)


def test_a_method_that_needs_questions_is_refused_without_them(workshop: Workshop) -> None:
    with pytest.raises(RecipeRefused) as refusal:
        order(workshop, body("", method="core_regmean"))
    assert refusal.value.params["reason"] == "no_prompts"
    assert len(order(workshop, body(PROMPTS, method="core_regmean")).spec["prompts"]) == 2


def test_a_search_that_may_end_in_such_a_method_needs_them_as_well(workshop: Workshop) -> None:
    workshop.suite("support/exam", exam=QUESTIONS, dev=QUESTIONS)
    search = "search: {suites: [support/exam], methods: [tsv, core_regmean]}"
    with pytest.raises(RecipeRefused):
        order(workshop, body(search))
    spec = order(workshop, body(f"{search}, {PROMPTS}")).spec
    assert (len(spec["prompts"]), spec["suites"][0]["split"]) == (2, "dev")
