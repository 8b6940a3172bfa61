"""What a version cost: its own, and with everything it came from."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from aird.auth.permissions import SYSTEM
from aird.catalog import compute, service, views
from aird.catalog.models import DatasetUse, Kind, Relation, Version
from aird.catalog.service import NewVersion, Parent
from aird.core.db import database_now
from aird.core.schemas import Schema
from aird.jobs import service as jobs
from aird.jobs.models import Job
from aird.metering import service as metering
from aird.testing import World


class Nothing(Schema):
    """A job without a spec."""


@pytest.mark.parametrize(
    ("chip", "table", "watts"),
    [
        ("cpu", {}, 65),
        ("NVIDIA H100 80GB HBM3", {}, 700),
        ("NVIDIA L4", {}, 72),
        ("NVIDIA L40S", {}, 350),
        ("something new", {}, 65),
        ("NVIDIA H100 80GB HBM3", {"H100": 500}, 500),
        ("something new", {"new": 120.5}, 120.5),
        ("something new", {"cpu": 30}, 30),
    ],
)
def test_the_power_is_that_of_the_chip(chip: str, table: dict[str, float], watts: float) -> None:
    assert compute.watts_of(chip, table) == watts


def test_an_hour_at_a_kilowatt_is_a_kilowatt_hour() -> None:
    assert compute.watt_hours(3_600_000, 1000) == 1000
    assert compute.watt_hours(0, 700) == 0


@pytest.mark.parametrize(
    ("record", "base", "expected"),
    [
        ({"kind": "training.sft", "metrics": {"tokens": 1000}}, None, 6 * 10 * 1000),
        ({"kind": "training.pretrain", "metrics": {"tokens": 1000}}, None, 6 * 10 * 1000),
        ({"kind": "training.sft", "metrics": {"tokens": 1000}}, 990, 4 * 1000 * 1000 + 2 * 10 * 1000),
        ({"kind": "training.distill", "metrics": {"tokens": 1000}}, None, (6 + 2) * 10 * 1000),
        ({"kind": "merge.run", "metrics": {"scale": 1.0}}, 990, 0),
        ({}, None, 0),
        ({"metrics": {"tokens": "many"}}, None, 0),
        ({"metrics": {"tokens": -5}}, None, 0),
    ],
)
def test_the_arithmetic_follows_the_tokens(record: dict[str, Any], base: int | None, expected: float) -> None:
    assert compute.flop(record, parameters=10, base_parameters=base) == expected


def running(world: World, *, seconds: float = 2, earlier: int = 0) -> UUID:
    """A job that has been running for so long; an earlier attempt of it took `earlier` milliseconds."""
    department = world.department_id("support")
    with world.database.write() as session:
        job = jobs.enqueue(session, SYSTEM, "training.sft", Nothing(), title="Train", department_id=department)
        job.attempt, job.started_at = 2, database_now(session) - timedelta(seconds=seconds)
        if earlier:
            metering.record_job(session, job.id, 1, job.kind, department, earlier, chip="NVIDIA H100")
        return job.id


def made(world: World, name: str, job: UUID | None, *, tokens: int = 0, **more: Any) -> Version:
    """A version that the job files."""
    manifest = world.store.put_files({"config.json": f"{name} {job} {tokens}".encode()})
    uses = [{"ref": "support/mails@1", "artifact": "sha256:" + "a" * 64}]
    record = {"kind": "training.sft", "metrics": {"tokens": tokens}, "datasets": uses}
    new = NewVersion(
        **{
            "kind": Kind.FULL,
            "manifest": manifest,
            "parameters": 10,
            "facts": {},
            "job_id": job,
            "record": record,
            **more,
        }
    )
    with world.database.write() as session:
        model = service.model_for_output(session, world.actor("sam"), name, "Made")
        return service.file_version(session, world.actor("sam"), model, new)[0]


def test_a_job_notes_what_it_cost_with_its_failed_attempts(world: World) -> None:
    version = made(world, "support/mail", running(world, seconds=2, earlier=3_600_000), tokens=100, watts={"cpu": 100})
    assert 3_602_000 <= version.chip_milliseconds < 3_620_000
    assert version.flop == 6 * 10 * 100
    assert version.watt_hours == pytest.approx(700 + 100 * 2 / 3600, abs=0.5)
    with world.database.read() as session:
        [use] = session.scalars(select(DatasetUse).where(DatasetUse.version_id == version.id))
    assert (use.ref, use.digest, use.purpose) == ("support/mails@1", "sha256:" + "a" * 64, "training")


def test_a_version_that_no_job_made_cost_nothing(world: World) -> None:
    version = made(world, "support/mail", None, tokens=100)
    assert (version.chip_milliseconds, version.flop, version.watt_hours) == (0, 0.0, 0.0)


def spend(world: World, version: Version, seconds: int) -> None:
    with world.database.write() as session:
        found = world.reload(session, version)
        found.chip_milliseconds, found.flop, found.watt_hours = seconds * 1000, seconds * 10.0, seconds / 10


def test_every_ancestor_counts_once(world: World) -> None:
    base = world.version("platform/base", kind=Kind.BASE)
    one, two = (world.version(f"support/{name}", kind=Kind.ADAPTER, base=base) for name in ("a", "b"))
    parents = [Parent(one, Relation.MERGE, 0.5), Parent(two, Relation.MERGE, 0.5)]
    both = world.version("support/both", kind=Kind.ADAPTER, base=base, parents=parents)
    for version, seconds in ((base, 100), (one, 20), (two, 30), (both, 5)):
        spend(world, version, seconds)
    with world.database.read() as session:
        shown = views.version_read(session, world.store, SYSTEM, world.reload(session, both)).compute
        root = views.version_read(session, world.store, SYSTEM, world.reload(session, base)).compute
    assert (shown.own.chip_seconds, shown.lineage.chip_seconds) == (5, 155)
    assert (shown.lineage.flop, shown.lineage.watt_hours) == (1550, pytest.approx(15.5))
    assert shown.ratio_to_base == pytest.approx(0.55)
    assert (root.own.chip_seconds, root.lineage.chip_seconds, root.ratio_to_base) == (100, 100, None)


def test_the_ratio_is_not_known_where_the_bases_cost_is_not(world: World) -> None:
    base = world.version("platform/base", kind=Kind.BASE)
    adapter = world.version("support/a", kind=Kind.ADAPTER, base=base)
    spend(world, adapter, 5)
    with world.database.read() as session:
        assert compute.ledger(session, world.reload(session, adapter)).ratio_to_base is None
        assert session.scalars(select(Job)).all() == []


def test_licences_are_inherited_when_a_version_is_filed(world: World) -> None:
    base = made(world, "platform/base", None, kind=Kind.BASE, license="llama3.1")
    other = made(world, "support/other", None, card={"license": "cc-by-nc-4.0"})
    parents = [Parent(other, Relation.TEACHER)]
    child = made(world, "support/child", None, kind=Kind.ADAPTER, base=base, parents=parents, license="mit")
    assert other.license == "cc-by-nc-4.0"
    assert {"license:llama3.1", "license:cc-by-nc-4.0", "license:mit", "non-commercial", "naming"} <= set(
        child.restrictions
    )
