"""What is told of a merge that has run, and the recipe of it without some of its parents."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Version, Visibility
from aird.jobs.models import Job
from aird.merge import reports, service
from aird.merge.errors import NotMerged
from aird.merge.methods.base import METHODS
from aird.merge.methods.errors import MergeNotPossible
from aird.merge.routes import router
from aird.merge.schemas import MergeBody
from tests.requests.web import people_of
from tests.tiny import CHATS, PROMPTS, Workshop

LINES = {
    "support/mail": "  - {model: support/mail@1, parameters: {weight: 0.7}}",
    "support/calls": "  - {model: support/calls, parameters: {weight: 0.5}}",
    "support/visits": "  - {model: support/visits@1, parameters: {weight: 1.2}}",
}


@pytest.fixture(autouse=True)
def parents(workshop: Workshop) -> list[Version]:
    base = workshop.model("platform/tiny", "base")
    workshop.dataset(train=CHATS, unlabelled=PROMPTS)
    return [workshop.model(n, f, base=base) for n, f in zip(LINES, ("one", "two", "three"), strict=True)]


def recipe(method: str, *names: str, extra: str = "") -> str:
    own = {"core_regmean": f"aird: {{prompts: [{', '.join(map(prompt, names))}]}}"}.get(method, extra)
    return "\n".join(
        [f"merge_method: {method}", "base_model: platform/tiny", "models:", *map(LINES.__getitem__, names), own]
    )


def prompt(name: str) -> str:
    return f"{{version: {name}@1, dataset: support/mail@1, split: unlabelled}}"


def merged(workshop: Workshop, text: str, model: str = "support/all") -> Job:
    with workshop.world.database.write() as session:
        service.order_merge(session, workshop.world.actor("sam"), MergeBody(yaml=text, model=model))
    job = workshop.work()
    assert (job.kind, job.state, job.error_message) == ("merge.run", "succeeded", None)
    return job


def without(workshop: Workshop, ref: str, *names: str) -> str:
    with workshop.world.database.read() as session:
        return reports.without(session, workshop.world.actor("sam"), ref, names)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["task_arithmetic", *METHODS])
def test_a_parent_taken_out_leaves_no_trace(workshop: Workshop, method: str) -> None:
    merged(workshop, recipe(method, *LINES))
    never = merged(workshop, recipe(method, "support/mail", "support/visits"), "support/never")
    again = merged(workshop, without(workshop, "support/all@1", "support/calls@1"), "support/again")
    assert (again.result or {})["digest"] == (never.result or {})["digest"]


def test_the_recipe_names_every_version_by_its_number(workshop: Workshop) -> None:
    merged(workshop, recipe("tsv", *LINES, extra="aird: {rank: 4}"))
    workshop.world.version("support/calls")  # what `support/calls` would mean now
    with workshop.world.database.read() as session:
        told = reports.recipe_of(session, workshop.world.actor("sam"), "support/all@1")
    assert all(said in told for said in ("support/calls@1", "platform/tiny@1", "rank: 4", "weight: 0.7"))
    assert (merged(workshop, told, "support/again").result or {})["digest"] == digest(workshop, "support/all@1")


def digest(workshop: Workshop, ref: str) -> str:
    with workshop.world.database.read() as session:
        return catalog_queries.get_ref(session, ref).artifact


def test_a_parent_is_found_by_its_model_and_by_an_alias(workshop: Workshop) -> None:
    merged(workshop, recipe("tsv", *LINES))
    for name in ("support/calls", "support/calls@1"):
        left = without(workshop, "support/all", name)
        assert ("calls" in left, "support/visits@1" in left) == (False, True)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["support/nobody"], "not_a_parent"),
        (["platform/tiny@1"], "not_a_parent"),
        (["../etc"], "not_a_parent"),
        (list(LINES), "nothing_left"),
    ],
)
def test_what_cannot_be_taken_out_is_refused(workshop: Workshop, names: list[str], reason: str) -> None:
    merged(workshop, recipe("tsv", *LINES))
    with pytest.raises(MergeNotPossible) as refusal:
        without(workshop, "support/all@1", *names)
    assert refusal.value.params["reason"] == reason
    assert without(workshop, "support/all@1", *list(LINES)[1:])


def test_prompts_of_a_parent_go_with_it(workshop: Workshop) -> None:
    finish = f"finish: {{steps: 2, prompts: [{', '.join(map(prompt, LINES))}]}}"
    merged(workshop, recipe("tsv", *LINES, extra=f"aird: {{{finish}}}"))
    left = without(workshop, "support/all@1", "support/visits")
    assert ("visits" in left, left.count("version: support/mail@1")) == (False, 1)


def test_a_report_is_filed_with_the_version(workshop: Workshop) -> None:
    merged(workshop, recipe("ties", *LINES))
    with workshop.world.database.read() as session:
        told = reports.report_of(session, workshop.world.actor("sam"), "support/all@1")
    assert (told.method, told.exact, told.version) == ("ties", False, "support/all@1")
    assert told.parents == ["support/mail@1", "support/calls@1", "support/visits@1"]
    assert told.basis == "singular vectors of the stacked factors"
    assert len(told.modules) == 14
    assert all(len(each.kept) == 3 and 0 < each.energy_kept <= 1 for each in told.modules)
    assert len(told.sources) == len(told.overlap) == 3


def test_what_was_not_merged_has_neither(workshop: Workshop) -> None:
    with workshop.world.database.read() as session:
        for ask in (reports.recipe_of, reports.report_of):
            with pytest.raises(NotMerged):
                ask(session, workshop.world.actor("sam"), "support/mail@1")


def test_who_may_not_see_every_parent_is_told_nothing(workshop: Workshop) -> None:
    merged(workshop, recipe("tsv", *LINES))
    with workshop.world.database.write() as session:
        catalog_queries.get_model(session, "support/calls").visibility = Visibility.PRIVATE
    call = people_of(workshop.world, router)

    def status(person: TestClient) -> list[int]:
        asked: dict[str, Any] = {"params": {"version": "support/all@1"}}
        return [person.get(f"/merges/{what}", **asked).status_code for what in ("recipe", "report")]

    assert (status(call("omar")), status(call("lin"))) == ([404, 404], [200, 200])
