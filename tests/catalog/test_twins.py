"""The job that finds near-twins: ordered once for several adapters, exact, and never in anybody's way."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sqlalchemy import select, update

import aird.catalog.tasks  # noqa: F401 the job's function
from aird.auth.permissions import SYSTEM
from aird.catalog import queries, twins, views
from aird.catalog.models import AdapterSketch, Kind, Version, Visibility
from aird.core.clock import now
from aird.jobs import inline
from aird.jobs.lifecycle import JobState
from aird.jobs.models import EventKind, Job, JobEvent
from aird.testing import World
from tests.catalog.test_intake_features import featured

FILE = "adapter_model.safetensors"


def near(folder: Path, out: Path, *, noise: float, seed: int = 1) -> Path:
    """A copy of the adapter whose factors are a little different."""
    out.mkdir()
    random = np.random.default_rng(seed)
    tensors: dict[str, Any] = load_file(folder / FILE)
    save_file({k: v + noise * random.standard_normal(v.shape).astype(v.dtype) for k, v in tensors.items()}, out / FILE)
    (out / "adapter_config.json").write_bytes((folder / "adapter_config.json").read_bytes())
    return out


def file(world: World, name: str, folder: Path, base: Version) -> Version:
    """File the folder as an adapter and order its comparison, as an upload does."""
    version = world.version(name, kind=Kind.ADAPTER, base=base, folder=folder)
    with world.database.write() as session:
        twins.order_comparison(session, world.reload(session, version))
    return version


def compare(world: World) -> Job:
    """Do the comparison that waits, now."""
    with world.database.write() as session:
        session.execute(update(Job).values(not_before=None))
    job = inline.run_next(world.database, world.store, world.settings)
    assert job is not None
    assert job.state is JobState.SUCCEEDED, job.error_message
    return job


def twins_of(world: World, version: Version) -> dict[str, float]:
    with world.database.read() as session:
        return {other.ref: cosine for other, cosine in queries.twins_of(session, world.reload(session, version))}


@pytest.fixture
def base(world: World) -> Version:
    return world.version("platform/base", kind=Kind.BASE)


def test_near_twins_are_found_and_seen_from_both_sides(
    world: World, base: Version, adapter_folder: Path, tmp_path: Path
) -> None:
    one = file(world, "support/mail", adapter_folder, base)
    twin = file(world, "finance/books", near(adapter_folder, tmp_path / "twin", noise=0.05), base)
    far = file(world, "hr/leave", near(adapter_folder, tmp_path / "far", noise=10), base)
    assert compare(world).result == {"compared": 3, "twins": 1, "left_out": 0}
    found = twins_of(world, one)
    assert found.keys() == {"finance/books@1"}
    assert 0.9 < found["finance/books@1"] < 1
    assert twins_of(world, twin) == {"support/mail@1": found["finance/books@1"]}
    assert twins_of(world, far) == {}


def test_one_waiting_job_serves_every_adapter_of_its_base(
    world: World, base: Version, adapter_folder: Path, tmp_path: Path
) -> None:
    other = world.version("platform/other", kind=Kind.BASE)
    for number in range(3):
        file(world, "support/mail", near(adapter_folder, tmp_path / str(number), noise=1, seed=number), base)
    file(world, "support/calls", adapter_folder, other)
    with world.database.read() as session:
        orders = session.execute(select(Job.kind, Job.state, Job.created_by, Job.not_before)).all()
    assert [row[:3] for row in orders] == [(twins.COMPARE, JobState.QUEUED, None)] * 2
    assert all(timedelta(0) < row.not_before - now() <= twins.DELAY for row in orders)
    assert inline.run_next(world.database, world.store, world.settings) is None


def test_what_is_no_adapter_is_not_compared(world: World, base: Version) -> None:
    with world.database.write() as session:
        twins.order_comparison(session, world.reload(session, base))
        assert session.scalars(select(Job)).all() == []


def test_an_adapter_filed_later_is_held_against_those_before(
    world: World, base: Version, adapter_folder: Path, tmp_path: Path
) -> None:
    one = file(world, "support/mail", adapter_folder, base)
    compare(world)
    twin = file(world, "support/mail", near(adapter_folder, tmp_path / "twin", noise=0.02), base)
    assert compare(world).result == {"compared": 1, "twins": 1, "left_out": 0}
    assert twins_of(world, one).keys() == {"support/mail@2"}
    assert twins_of(world, twin).keys() == {"support/mail@1"}


def test_an_adapter_that_changes_nothing_has_no_twin(
    world: World, base: Version, adapter_folder: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    tensors = load_file(adapter_folder / FILE)
    save_file({k: v * (".lora_A." in k) for k, v in tensors.items()}, empty / FILE)
    (empty / "adapter_config.json").write_bytes((adapter_folder / "adapter_config.json").read_bytes())
    found = [file(world, name, empty, base) for name in ("support/mail", "support/calls")]
    assert compare(world).result == {"compared": 2, "twins": 0, "left_out": 0}
    with world.database.read() as session:
        assert set(session.scalars(select(AdapterSketch.norm))) == {0.0}
    assert twins_of(world, found[0]) == {}


def test_a_damaged_adapter_does_not_keep_the_others_waiting(world: World, base: Version, adapter_folder: Path) -> None:
    broken = world.version("support/broken", kind=Kind.ADAPTER, base=base)
    one = file(world, "support/mail", adapter_folder, base)
    assert compare(world).result == {"compared": 1, "twins": 0, "left_out": 1}
    with world.database.read() as session:
        assert set(session.scalars(select(AdapterSketch.version_id))) == {one.id}
        assert [each.id for each in twins.not_compared(session, base.id)] == [broken.id]


@pytest.mark.parametrize(("feature", "why"), [("dora", "DoRA scales"), ("modules_to_save", "it replaces")])
def test_what_the_files_do_not_tell_is_left_out_with_the_reason(
    world: World, base: Version, adapter_folder: Path, tmp_path: Path, feature: str, why: str
) -> None:
    strange = featured(near(adapter_folder, tmp_path / "strange", noise=0), feature)
    world.version("hr/leave", kind=Kind.ADAPTER, base=base, folder=strange, facts={"features": [feature]})
    one = file(world, "support/mail", adapter_folder, base)
    job = compare(world)
    assert job.result == {"compared": 1, "twins": 0, "left_out": 1}
    with world.database.read() as session:
        said = session.scalars(select(JobEvent.data).where(JobEvent.job_id == job.id, JobEvent.kind == EventKind.LOG))
        assert [each["line"] for each in said if f"hr/leave@1 is not compared: {why}" in each["line"]]
        assert session.scalars(select(AdapterSketch.version_id)).all() == [one.id]


def test_adapters_with_biases_are_compared(world: World, base: Version, adapter_folder: Path, tmp_path: Path) -> None:
    folders = [featured(near(adapter_folder, tmp_path / str(n), noise=0.02, seed=n), "lora_bias") for n in (1, 2)]
    for name, folder in zip(("support/mail", "finance/books"), folders, strict=True):
        version = world.version(name, kind=Kind.ADAPTER, base=base, folder=folder, facts={"features": ["lora_bias"]})
    with world.database.write() as session:
        twins.order_comparison(session, world.reload(session, version))
    assert compare(world).result == {"compared": 2, "twins": 1, "left_out": 0}


def test_the_same_bytes_in_two_models_are_twins(world: World, base: Version, adapter_folder: Path) -> None:
    one = file(world, "support/mail", adapter_folder, base)
    file(world, "finance/books", adapter_folder, base)
    compare(world)
    assert twins_of(world, one) == {"finance/books@1": pytest.approx(1.0)}


def test_a_private_twin_is_not_named(world: World, base: Version, adapter_folder: Path) -> None:
    one = file(world, "support/mail", adapter_folder, base)
    file(world, "hr/secret", adapter_folder, base)
    compare(world)
    with world.database.write() as session:
        queries.get_model(session, "hr/secret").visibility = Visibility.PRIVATE
    with world.database.read() as session:
        version = world.reload(session, one)
        for actor, seen in ((world.actor("lin"), []), (world.actor("mei"), ["hr/secret@1"]), (SYSTEM, ["hr/secret@1"])):
            assert [each.ref for each in views.version_read(session, world.store, actor, version).twins] == seen
