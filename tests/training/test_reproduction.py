"""A version that a job made is made again and compared, byte for byte; nothing is filed by it."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update

from aird.catalog import queries as catalog_queries
from aird.catalog.models import Version
from aird.catalog.routes import router
from aird.jobs.models import Job
from aird.store.models import Blob
from aird.testing import World
from tests.requests.web import people_of
from tests.tiny import Workshop
from tests.training.test_tasks import SMALL, house, mentor, train

assert house  # a fixture: a base with two adapters, another base, data


def counted(world: World) -> tuple[int, ...]:
    with world.database.read() as session:
        return tuple(session.scalar(select(func.count()).select_from(each)) or 0 for each in (Version, Blob))


def ordered(workshop: Workshop, ref: str, by: str = "sam") -> Any:
    client: TestClient = people_of(workshop.world, router)(by)
    name, _, number = ref.partition("@")
    return client.post(f"/models/{name}/versions/{number}/reproduce", json={})


def reproduced(workshop: Workshop, ref: str) -> dict[str, Any]:
    """The result of making it again, comparisons of adapters that wait put aside."""
    world = workshop.world
    with world.database.write() as session:
        session.execute(update(Job).where(Job.kind == "catalog.compare").values(state="succeeded"))
    before = counted(world)
    assert ordered(workshop, ref).status_code == 202
    job = workshop.work()
    assert (job.kind, job.state, job.error_message) == ("catalog.reproduce", "succeeded", None)
    assert counted(world) == before
    return job.result or {}


@pytest.mark.slow
@pytest.mark.parametrize("how", ["lora", "full", "pretrain", "distill"])
def test_what_was_trained_is_the_same_when_it_is_trained_again(workshop: Workshop, how: str) -> None:
    match how:
        case "distill":
            job = mentor(workshop, "support/calls@1", "support/mail@1", "support/calls@1")
        case "pretrain":
            job = train(workshop, method="pretrain", settings=SMALL)
        case _:
            job = train(workshop, base="platform/tiny@1", method=how)
    version = (job.result or {})["version"]
    found = reproduced(workshop, version)
    assert (found["version"], found["same"], found["differing"]) == (version, True, [])
    assert found["expected"] == found["found"] == (job.result or {})["digest"]
    assert (found["same_device"], found["device"]["device"], found["kind"]) == (True, "cpu", job.kind)


def test_a_version_that_is_not_what_its_job_makes_is_found_out(workshop: Workshop) -> None:
    """The files of one version under the record of another's job: what a swapped file would look like."""
    version = (train(workshop, base="platform/tiny@1").result or {})["version"]
    with workshop.world.database.write() as session:
        other = catalog_queries.get_ref(session, "support/mail@1").artifact
        session.execute(update(Version).where(Version.job_id.is_not(None)).values(artifact=other))
    found = reproduced(workshop, version)
    assert (found["same"], found["differing"]) == (False, ["adapter_config.json", "adapter_model.safetensors"])


def test_another_device_is_told_as_the_likely_reason(workshop: Workshop) -> None:
    version = (train(workshop, base="platform/tiny@1").result or {})["version"]
    with workshop.world.database.write() as session:
        row = catalog_queries.get_ref(session, version)
        row.record = {**row.record, "device": {**row.record["device"], "instructions": "AVX9"}}
    found = reproduced(workshop, version)
    assert (found["same_device"], found["made_on"]["instructions"]) == (False, "AVX9")


def test_what_was_uploaded_cannot_be_made_again(workshop: Workshop) -> None:
    answer = ordered(workshop, "support/mail@1")
    assert (answer.status_code, answer.json()["code"]) == (422, "not_reproducible")


def test_who_may_not_run_jobs_may_not_have_it_made_again(workshop: Workshop) -> None:
    version = (train(workshop, base="platform/tiny@1").result or {})["version"]
    assert ordered(workshop, version, by="lin").status_code == 403
    assert ordered(workshop, version, by="sam").status_code == 202


def test_data_that_is_gone_makes_the_job_fail_with_the_reason(workshop: Workshop, tmp_path: Path) -> None:
    version = (train(workshop, base="platform/tiny@1").result or {})["version"]
    world = workshop.world
    with world.database.read() as session:
        digest = catalog_queries.get_ref(session, version).record["datasets"][0]["artifact"]
    world.store.backend.delete(digest)
    with world.database.write() as session:
        session.execute(update(Job).where(Job.kind == "catalog.compare").values(state="succeeded"))
    assert ordered(workshop, version).status_code == 202
    job = workshop.work()
    assert (job.state, job.error_code) == ("failed", "artifact_not_found")
