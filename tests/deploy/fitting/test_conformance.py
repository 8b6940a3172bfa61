"""The conformance suite against a real engine, and what is made of its findings."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from aird.catalog.models import Kind, Version
from aird.deploy.drivers.base import Instance, Spec
from aird.deploy.drivers.client import EngineClient
from aird.deploy.drivers.hf import HfRuntime
from aird.deploy.fitting import conformance, queries, service
from aird.deploy.fitting.conformance import Case
from aird.deploy.fitting.matching import FitVerdict
from aird.deploy.fitting.models import Evidence
from aird.deploy.fitting.schemas import ConformanceJob, ConformanceOrder
from aird.deploy.placement import RuntimeKind
from aird.jobs import inline, registry
from aird.server.app import create_app
from aird.testing import World
from aird.testing_ml import make_adapter, make_base

TASKS = "aird.deploy.fitting.tasks"


@pytest.fixture
def tiny(world: World, tmp_path: Path) -> tuple[Version, Version]:
    """A base and an adapter on it."""
    base = world.version("platform/base", kind=Kind.BASE, folder=make_base(tmp_path / "base"))
    return base, world.version("support/bot", kind=Kind.ADAPTER, base=base, folder=make_adapter(tmp_path / "bot"))


@pytest.fixture
def api(world: World) -> Iterator[TestClient]:
    app = create_app(world.settings, world.database, world.store, reconcile=False)
    with TestClient(app, headers={"Authorization": f"Bearer {world.token('sam')}"}) as client:
        yield client


@pytest.mark.slow
def test_our_own_worker_does_all_that_is_relied_on(world: World, tiny: tuple[Version, Version]) -> None:
    base, adapter = tiny
    with world.database.write() as session:
        asked = ConformanceOrder(base=base.ref, adapter=adapter.ref, runtime=RuntimeKind.HF)
        service.order(session, world.actor("sam"), asked, settings=world.settings)
    registry.load([TASKS])
    job = inline.run_next(world.database, world.store, world.settings)
    assert job is not None
    with world.database.read() as session:
        [row] = session.scalars(select(Evidence))
        failed = {case["name"]: case["said"] for case in row.cases if not case["ok"]}
        assert (job.state, failed, row.passed, len(row.cases)) == ("succeeded", {}, True, 15), job.reason
        fits = queries.fits(session, world.store, world.settings, adapter)
    assert (fits.fits[0].runtime, fits.fits[0].chip, fits.fits[0].verdict) == ("hf", "cpu", FitVerdict.VERIFIED)


def test_an_engine_that_is_not_there_fails_every_case_in_words(tmp_path: Path) -> None:
    address = "http://127.0.0.1:9"
    instance = Instance(Spec("sha256:0", tmp_path), address, EngineClient(address))
    found = conformance.examine(HfRuntime(tmp_path, tmp_path), instance, "sha256:0", None)
    instance.close()
    assert len(found) == 12
    assert all(not case.ok and case.said for case in found)


def test_the_table_shows_what_was_tried_and_what_nobody_tried(
    world: World, tiny: tuple[Version, Version], api: TestClient
) -> None:
    base, adapter = tiny
    spec = ConformanceJob(runtime=RuntimeKind.VLLM, chip="cpu", base_id=base.id, adapter_id=adapter.id)
    with world.database.write() as session:
        for ok in (True, False):
            cases = [Case("usage", ok=True), Case("stop", ok=ok, said="" if ok else "It goes on.")]
            service.file(
                session, world.actor("sam"), spec, base, adapter, version="0.32.0", cases=cases, job_id=base.id
            )
    table = api.get("/api/v1/evidence").json()
    cells = {(each["runtime"], each["family"]): each for each in table["runtimes"]}
    assert cells["vllm", "cpu"]["evidence"]["passed"] is False
    assert cells["vllm", "cpu"]["here"] is True
    assert cells["vllm", "nvidia"]["evidence"] is None
    assert [each["verified"] for each in table["architectures"]] == [[]]
    assert len(api.get("/api/v1/evidence/runs").json()["items"]) == 2
    fits = api.get("/api/v1/fits", params={"version": adapter.ref}).json()
    vllm = next(each for each in fits["fits"] if (each["runtime"], each["chip"]) == ("vllm", "cpu"))
    assert vllm["verdict"] == "no"
    assert "failed_conformance" in [each["code"] for each in vllm["reasons"]]


def test_only_a_base_with_its_own_adapter_can_be_tried(tiny: tuple[Version, Version], api: TestClient) -> None:
    base, adapter = tiny
    refused = api.post("/api/v1/evidence/runs", json={"base": adapter.ref, "runtime": "hf"})
    assert (refused.status_code, refused.json()["code"]) == (400, "not_one_model")
    ordered = api.post("/api/v1/evidence/runs", json={"base": base.ref, "adapter": adapter.ref, "runtime": "hf"})
    assert (ordered.status_code, ordered.json().get("kind")) == (202, "deploy.conformance"), ordered.text
