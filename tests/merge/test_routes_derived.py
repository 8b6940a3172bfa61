"""Orders for versions made from one other, over HTTP."""

from typing import Any

import pytest
from sqlalchemy import select

from aird.catalog.models import Kind, Model, Visibility
from aird.jobs.models import Job
from aird.jobs.routes import router as jobs
from aird.merge.routes import router
from aird.testing import World
from tests.requests.web import Call, people_of
from tests.server.house import EXAMPLES

FACTS = {"tokenizer_sha256": "t", "shapes": {"q_proj": [8, 8]}, "ranks": {"q_proj": 2}, "rank": 2}
PATHS = ("/merges/extract", "/merges/bake", "/merges/quantize")
WRONG = {path: "support/mail@1" if path == "/merges/quantize" else "platform/base@1" for path in PATHS}


@pytest.fixture
def person(world: World) -> Call:
    base = world.version("platform/base", kind=Kind.BASE, facts=FACTS)
    world.version("support/mail", kind=Kind.ADAPTER, base=base, facts=FACTS)
    return people_of(world, router, jobs)


@pytest.mark.parametrize("path", PATHS)
def test_an_order_is_a_job_with_everything_resolved(world: World, person: Call, path: str) -> None:
    answer = person("sam").post(path, json=EXAMPLES[path])
    kind = f"merge.{path.rpartition('/')[2]}"
    assert (answer.status_code, answer.json()["kind"], answer.json()["state"]) == (202, kind, "queued")
    with world.database.read() as session:
        job = session.scalars(select(Job).where(Job.kind == kind)).one()
        assert job.spec["recipe"]["version"] == EXAMPLES[path]["version"]


@pytest.mark.parametrize(
    ("path", "change", "status", "code"),
    [
        ("/merges/extract", {"rank": 0}, 422, "invalid_request"),
        ("/merges/extract", {"energy": 0}, 422, "invalid_request"),
        ("/merges/extract", {"energy": 1.5}, 422, "invalid_request"),
        ("/merges/extract", {"rank": 10**9}, 422, "invalid_request"),
        ("/merges/quantize", {"format": "int4"}, 422, "invalid_request"),
        ("/merges/bake", {"surprise": 1}, 422, "invalid_request"),
        ("/merges/bake", {"model": "../etc"}, 422, "invalid_request"),
        *((path, {"version": "support/nobody@1"}, 404, "model_not_found") for path in PATHS),
        *((path, {"version": "support/mail@7"}, 404, "version_not_found") for path in PATHS),
        *((path, {"version": WRONG[path]}, 422, "not_derivable") for path in PATHS),
    ],
)
def test_what_is_no_order_is_refused_and_nothing_is_queued(
    person: Call, path: str, change: dict[str, Any], status: int, code: str
) -> None:
    answer = person("sam").post(path, json={**EXAMPLES[path], **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert person("sam").get("/jobs").json()["items"] == []
    assert person("sam").post(path, json=EXAMPLES[path]).status_code == 202


def test_a_base_that_must_not_be_seen_is_not_there(world: World, person: Call) -> None:
    whole = world.version("platform/tuned", kind=Kind.FULL, facts=FACTS)
    world.version("finance/secret", kind=Kind.BASE, facts=FACTS)
    with world.database.write() as session:
        session.scalars(select(Model).where(Model.name == "finance/secret")).one().visibility = Visibility.PRIVATE
    body = {"version": whole.ref, "model": "platform/plain"}
    hidden = person("rui").post("/merges/extract", json={**body, "base": "finance/secret@1"})
    gone = person("rui").post("/merges/extract", json={**body, "base": "finance/gone@1"})
    assert (hidden.status_code, hidden.json()["code"]) == (gone.status_code, gone.json()["code"])
    assert hidden.status_code == 404
    assert person("sam").post("/merges/extract", json={**body, "base": "finance/secret@1"}).status_code == 202
