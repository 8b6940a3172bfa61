"""Trainings and mentorings ordered over HTTP, as YAML or as the spec itself."""

from typing import Any

import pytest

from aird.catalog.models import Kind
from aird.datasets import service as datasets
from aird.datasets.models import DatasetKind
from aird.datasets.service import NewDatasetVersion
from aird.datasets.splits import DatasetFormat
from aird.jobs.routes import router as jobs
from aird.testing import World
from aird.training.routes import router
from tests.requests.web import Call, people_of

TRAIN: dict[str, Any] = {"model": "support/trained", "base": "platform/base@1", "datasets": ["support/mails@1"]}
DISTILL: dict[str, Any] = {
    "model": "support/mentored",
    "student": "platform/base@1",
    "teachers": [{"version": "support/mail@1", "dataset": "support/mails@1", "split": "train"}],
}
ORDERS = [("/trainings", TRAIN, "training.sft"), ("/distillations", DISTILL, "training.distill")]


@pytest.fixture
def person(world: World) -> Call:
    base = world.version("platform/base", kind=Kind.BASE)
    world.version("support/mail", kind=Kind.ADAPTER, base=base)
    new = NewDatasetVersion(
        world.store.put_files({"train.jsonl": b"{}\n"}), {"train": 1}, {"train": DatasetFormat.CHAT}
    )
    sam = world.actor("sam")
    with world.database.write() as session:
        dataset = datasets.add_dataset(session, sam, "support/mails", "Mails", DatasetKind.TRAINING)
        datasets.add_version(session, sam, dataset, new)
    return people_of(world, router, jobs)


@pytest.mark.parametrize(("path", "spec", "kind"), ORDERS)
def test_an_order_is_answered_with_its_job(person: Call, path: str, spec: dict[str, Any], kind: str) -> None:
    answer = person("sam").post(path, json={"recipe": spec})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["kind"], answer.json()["state"]) == (kind, "queued")
    assert person("noor").get(f"/jobs/{answer.json()['id']}").json()["kind"] == kind


def test_a_recipe_is_taken_as_text_as_well(person: Call) -> None:
    text = "kind: Train\nspec: {model: support/trained, base: platform/base@1, datasets: [support/mails@1]}"
    assert person("sam").post("/trainings", json={"yaml": text}).status_code == 202
    answer = person("sam").post("/distillations", json={"yaml": text})
    assert (answer.status_code, answer.json()["code"]) == (422, "recipe_refused")
    assert answer.json()["params"] == {"reason": "kind", "key": "kind"}


@pytest.mark.parametrize("body", [{}, {"yaml": "spec: {}", "recipe": TRAIN}, {"recipe": TRAIN, "title": "x"}])
def test_exactly_one_recipe_is_sent(person: Call, body: dict[str, Any]) -> None:
    answer = person("sam").post("/trainings", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"datasets": []}, 422, "recipe_refused"),
        ({"split": "dev"}, 422, "dataset_not_usable"),
        ({"base": "platform/base@2"}, 404, "version_not_found"),
        ({"base": "../base"}, 422, "recipe_refused"),
        ({"model": "moon/trained"}, 404, "department_not_found"),
    ],
)
def test_what_cannot_be_trained_is_refused(person: Call, change: dict[str, Any], status: int, code: str) -> None:
    answer = person("sam").post("/trainings", json={"recipe": {**TRAIN, **change}})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(("path", "spec", "kind"), ORDERS)
def test_a_lead_orders_no_jobs(person: Call, path: str, spec: dict[str, Any], kind: str) -> None:
    assert person("lin").post(path, json={"recipe": spec}).status_code == 403
    assert person("noor").get("/jobs").json()["items"] == []
