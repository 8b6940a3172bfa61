"""What a rotation never tells, nor gives: names, weights and figures of models that are not for whoever asks."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Role
from aird.catalog import queries as catalog_queries
from aird.catalog import service as catalog
from aird.catalog.models import Gating, Model, Visibility
from aird.jobs.models import Job
from aird.jobs.routes import router as jobs
from aird.merge.models import MergeTrial
from aird.merge.routes import router
from tests.requests.web import Call, people_of
from tests.tiny import PROMPTS, Workshop

BASE = "finance/foundation"
ADAPTERS = "merge_method: %s\nmodels:\n" + "".join(
    f"  - {{model: platform/{name}@1, parameters: {{weight: %s}}}}\n" for name in ("one", "two")
)
FACTORS = ADAPTERS % ("linear", "0.5", "0.5")
WHOLE = ADAPTERS % ("linear", "[0.5, 0.4]", "[0.5, 0.6]")
"""Weights that change from layer to layer: the adapters are put into their base and merged as whole models."""
PARAMS = {"method": "linear", "weights": None, "scale": 1.0, "density": None, "rank": None}
ITEMS = [{"id": "x", "messages": [{"role": "user", "content": "?"}], "choices": ["a", "b"], "answer": 0}]


@pytest.fixture
def person(workshop: Workshop) -> Call:
    """Two adapters of platform on a base of finance; hana works for hr, and may use what is open."""
    base = workshop.model(BASE, "base")
    for name, folder in (("one", "one"), ("two", "two")):
        workshop.model(f"platform/{name}", folder, base=base)
    with workshop.world.database.write() as session:
        hana = auth.add_person(session, SYSTEM, "hana", "Hana")
        auth.give_role(session, SYSTEM, hana, Role.STAFF, auth_queries.get_department(session, "hr"))
    return people_of(workshop.world, router, jobs)


def change(workshop: Workshop, name: str, **values: object) -> None:
    with workshop.world.database.write() as session:
        model = catalog_queries.get_model(session, name)
        for field, value in values.items():
            setattr(model, field, value)


ORDERS = {
    "whole models": ("/merges", {"yaml": WHOLE, "model": "platform/both"}),
    "plan of whole models": ("/merges/plan", {"yaml": WHOLE}),
    "one beside another": (
        "/merges/plan",
        {"yaml": WHOLE.replace("platform/one@1", "platform/two@1+platform/one@1")},
    ),
    "factors into the base": ("/merges", {"yaml": FACTORS + "aird: {output: full}", "model": "platform/both"}),
    "bake": ("/merges/bake", {"version": "platform/one@1"}),
    "extract": ("/merges/extract", {"version": "platform/one@1", "rank": 2}),
}


def test_nobody_carries_off_a_base_inside_a_merge(workshop: Workshop, person: Call) -> None:
    asked = {what: order for what, order in ORDERS.items() if what != "one beside another"}
    for what, (path, body) in asked.items():
        refused = person("rui").post(path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "gated_model"), what
    change(workshop, BASE, gating=Gating.OPEN)
    for what, (path, body) in asked.items():
        assert person("rui").post(path, json=body).status_code in (200, 202), what


@pytest.mark.parametrize("state", ["candidate", "retired"])
def test_a_refusal_does_not_name_a_private_base(workshop: Workshop, person: Call, state: str) -> None:
    change(workshop, BASE, visibility=Visibility.PRIVATE, gating=Gating.OPEN)
    if state == "retired":
        with workshop.world.database.write() as session:
            catalog.retire(session, SYSTEM, catalog_queries.get_ref(session, BASE), reason="old")
    for what, (path, body) in ORDERS.items():
        refused = person("rui").post(path, json=body)
        assert 400 <= refused.status_code < 500, what
        assert "foundation" not in refused.text, what
        if state != "retired" and what != "one beside another":
            assert person("sam").post(path, json=body).status_code in (200, 202), what


def test_a_whole_model_of_a_private_origin_is_not_told_which(workshop: Workshop, person: Call) -> None:
    with workshop.world.database.read() as session:
        base = catalog_queries.get_ref(session, BASE)
    tuned = [catalog.Parent(base, catalog.Relation.CONTINUED)]
    workshop.world.version("platform/tuned", parents=tuned, folder=workshop.folders["other"], facts=base.facts)
    change(workshop, BASE, visibility=Visibility.PRIVATE)
    body = {"version": "platform/tuned@1", "rank": 2}
    refused = person("rui").post("/merges/extract", json=body)
    assert (refused.status_code, "foundation" in refused.text) == (403, False)
    assert person("sam").post("/merges/extract", json=body).status_code == 202


@pytest.mark.parametrize("visibility", list(Visibility))
def test_what_is_made_of_a_private_model_is_as_private(
    workshop: Workshop, person: Call, visibility: Visibility
) -> None:
    change(workshop, BASE, visibility=visibility)
    answer = person("sam").post("/merges/quantize", json={"version": f"{BASE}@1", "model": "platform/small"})
    assert answer.status_code == 202, answer.text
    with workshop.world.database.read() as session:
        made = session.scalars(select(Model).where(Model.name == "platform/small")).one()
    assert made.visibility is visibility
    assert ("foundation" in made.title) == (visibility is Visibility.INTERNAL)


def test_a_measurement_is_followed_only_by_who_may_see_its_job(workshop: Workshop, person: Call) -> None:
    for name in ("platform/one", "platform/two"):
        change(workshop, name, gating=Gating.OPEN)
    first = person("rui").post("/merges/measure", json={"yaml": FACTORS})
    other = person("hana").post("/merges/measure", json={"yaml": FACTORS})
    assert (first.json()["department"], other.json()["department"]) == ("platform", "hr")
    assert person("sam").post("/merges/measure", json={"yaml": FACTORS}).json()["id"] == other.json()["id"]
    assert [workshop.work().state for _ in range(2)] == ["succeeded", "succeeded"]
    for who, known in (("rui", first), ("hana", other)):
        assert person(who).post("/merges/measure", json={"yaml": FACTORS}).json()["id"] == known.json()["id"]
        assert person(who).get(f"/jobs/{known.json()['id']}").status_code == 200


@pytest.fixture
def searched(workshop: Workshop, person: Call) -> str:
    """The id of a search of platform with one trial on record."""
    workshop.suite(exam=PROMPTS_OF_NOBODY, dev=ITEMS)
    body = {"yaml": FACTORS, "search": {"suites": ["support/exam"], "scales": [1.0]}, "model": "hr/both"}
    answer = person("sam").post("/merges/search", json=body)
    assert answer.status_code == 202, answer.text
    with workshop.world.database.write() as session:
        job = session.scalars(select(Job).where(Job.kind == "merge.search")).one()
        session.add(MergeTrial(job_id=job.id, number=0, params=PARAMS, state="running"))
    return str(answer.json()["id"])


PROMPTS_OF_NOBODY = [{**each, "id": f"q{n}", "choices": ["a"], "answer": 0} for n, each in enumerate(PROMPTS)]


def read(client: TestClient, job: str) -> tuple[int, str]:
    answer = client.get(f"/merges/searches/{job}")
    return answer.status_code, answer.text


def test_a_search_is_told_to_who_may_see_every_parent(workshop: Workshop, person: Call, searched: str) -> None:
    assert read(person("hana"), searched)[0] == 200
    change(workshop, "platform/two", visibility=Visibility.PRIVATE)
    status, text = read(person("hana"), searched)
    assert (status, "platform/" in text) == (404, False)
    assert read(person("sam"), searched)[0] == 200


def test_the_recipe_of_a_trial_leaves_out_a_base_that_the_reader_may_not_see(
    workshop: Workshop, person: Call, searched: str
) -> None:
    change(workshop, BASE, visibility=Visibility.PRIVATE)
    hidden, shown = read(person("hana"), searched), read(person("sam"), searched)
    assert (hidden[0], "foundation" in hidden[1], "platform/two@1" in hidden[1]) == (200, False, True)
    assert (shown[0], "foundation" in shown[1]) == (200, True)
