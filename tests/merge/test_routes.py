"""Rotations over HTTP: the plan, the order, and refusals that say what to do."""

import pytest

from aird.catalog.models import Kind
from aird.jobs.routes import router as jobs
from aird.merge.routes import router
from aird.testing import World
from tests.requests.web import Call, people_of

FACTS = {"tokenizer_sha256": "t", "shapes": {"q_proj": [8, 8]}, "ranks": {"q_proj": 2}, "rank": 2}
RECIPE = """
merge_method: linear
models:
  - {model: support/mail@1, parameters: {weight: 0.5}}
  - {model: support/calls@1, parameters: {weight: 0.5}}
"""


@pytest.fixture
def person(world: World) -> Call:
    base = world.version("platform/base", kind=Kind.BASE)
    for name in ("support/mail", "support/calls"):
        world.version(name, kind=Kind.ADAPTER, base=base, facts=FACTS)
    return people_of(world, router, jobs)


def test_a_plan_is_shown_without_an_order(person: Call) -> None:
    answer = person("sam").post("/merges/plan", json={"yaml": RECIPE})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["statement"], answer.json()["base"]) == (
        "exact: weighted sum in factor space, rank 4 = 2 + 2",
        "platform/base@1",
    )
    assert person("sam").get("/jobs").json()["items"] == []


def test_an_order_is_answered_with_its_job(person: Call) -> None:
    answer = person("sam").post("/merges", json={"yaml": RECIPE, "model": "support/both", "title": "Both"})
    assert (answer.status_code, answer.json()["kind"], answer.json()["state"]) == (202, "merge.run", "queued")
    assert person("noor").get(f"/jobs/{answer.json()['id']}").json()["title"] == "Both"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"model": None}, 422, "no_place_for_child"),
        ({"yaml": RECIPE.replace("linear", "slerp")}, 422, "recipe_refused"),
        ({"yaml": RECIPE.replace("support/mail@1", "../weights")}, 422, "recipe_refused"),
        ({"yaml": RECIPE.replace("weight: 0.5", "weight: 0")}, 422, "merge_not_possible"),
        ({"yaml": RECIPE.replace("mail@1", "mail@2")}, 404, "version_not_found"),
        ({"search": {"scales": ["nan"], "suites": ["support/exam"]}}, 422, "invalid_request"),
        ({"search": {"scales": [1], "suites": ["support/exam"]}}, 404, "suite_not_found"),
    ],
)
def test_what_cannot_be_merged_is_refused(person: Call, change: dict[str, object], status: int, code: str) -> None:
    answer = person("sam").post("/merges", json={"yaml": RECIPE, "model": "support/both", **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("path", ["/merges", "/merges/plan"])
def test_a_lead_neither_plans_nor_merges(person: Call, path: str) -> None:
    body = {"yaml": RECIPE, "model": "support/both"}
    assert person("lin").post(path, json=body).status_code == 403
    assert person("sam").post(path, json=body).status_code in (200, 202)
