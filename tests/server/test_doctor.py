"""What the doctor finds in a house that is in order, and in one that is not."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from aird.audit import service as audit
from aird.core.clock import now
from aird.core.settings import Settings
from aird.jobs import service as jobs
from aird.jobs.models import Job
from aird.merge.schemas import SearchSpace
from aird.server.doctor import Check, checks
from aird.server.migrate import revisions
from aird.testing import World


def found(settings: Settings) -> dict[str, Check]:
    return {each.name: each for each in checks(settings)}


def test_a_house_in_order_passes_every_check(world: World) -> None:
    report = found(world.settings)
    in_order = ("python", "store", "database", "clock", "transactions", "jobs", "audit")
    assert {name: report[name].state for name in in_order} == dict.fromkeys(in_order, "ok")
    assert [each.name for each in report.values() if each.state == "fail"] == []


def test_a_check_that_is_not_ok_says_what_to_do(world: World) -> None:
    world.settings.min_free_bytes = 2**62
    for each in found(world.settings).values():
        assert each.detail
        assert each.fix or each.state == "ok" or each.name == "store"


def test_a_full_disk_fails_and_a_reserve_that_is_kept_does_not(world: World) -> None:
    world.settings.min_free_bytes = 2**62
    report = found(world.settings)
    assert (report["disk"].state, report["store"].state) == ("fail", "fail")
    world.settings.min_free_bytes = 0
    assert found(world.settings)["store"].state == "ok"


def test_a_store_that_cannot_be_written_fails(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    world.settings.store_url = str(tmp_path / "file")
    report = found(world.settings)["store"]
    assert (report.state, str(tmp_path / "file") in report.fix) == ("fail", True)
    world.settings.store_url = str(tmp_path / "folder")
    assert found(world.settings)["store"].state == "ok"


def test_the_check_of_the_store_leaves_nothing_behind(world: World) -> None:
    before = list(world.store.backend.digests())
    assert found(world.settings)["store"].state == "ok"
    assert list(world.store.backend.digests()) == before


def test_a_folder_without_a_database_is_told_what_to_run(settings: Settings) -> None:
    report = found(settings)
    assert (report["database"].state, "aird up" in report["database"].fix) == ("warn", True)
    assert "audit" not in report
    assert not (settings.home / "aird.db").exists()


@pytest.fixture
def old(world: World) -> Iterator[World]:
    """A world whose database says that its schema is an old one; put right again, since PostgreSQL's is shared."""
    _, newest = revisions(world.settings)
    stamp = text("UPDATE alembic_version SET version_num = :found")
    with world.database.write() as session:
        session.execute(stamp, {"found": "old"})
    yield world
    with world.database.write() as session:
        session.execute(stamp, {"found": newest})


def test_an_old_schema_is_told_to_be_upgraded(old: World) -> None:
    report = found(old.settings)
    assert (report["database"].state, report["database"].fix) == ("fail", "Run `aird db upgrade`.")
    assert "audit" not in report


def test_a_database_that_does_not_answer_fails(settings: Settings) -> None:
    settings.database_url = "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"
    report = found(settings)["database"]
    assert (report.state, "AIRD_DATABASE_URL" in report.fix) == ("fail", True)


def test_a_job_that_waits_long_asks_for_a_worker(world: World) -> None:
    spec, support = SearchSpace(scales=[1.0], suites=["support/exam"]), world.department_id("support")
    with world.database.write() as session:
        jobs.enqueue(session, world.actor("sam"), "merge.run", spec, title="Wait", department_id=support)
    assert (found(world.settings)["jobs"].state, found(world.settings)["jobs"].detail) == ("ok", "1 waiting")
    with world.database.write() as session:
        session.execute(update(Job).values(created_at=now() - timedelta(minutes=11)))
        assert session.scalars(select(Job)).one().state == "queued"
    assert "aird worker" in found(world.settings)["jobs"].fix


@pytest.mark.parametrize("forged", [True, False])
def test_a_log_that_was_changed_fails(world: World, forged: bool) -> None:
    with world.database.read() as session:
        audit.anchor(session, world.settings.anchors())
    if forged:
        file = world.settings.anchors()
        file.write_text(file.read_text().replace('"hash": "', '"hash": "f0'))
    report = found(world.settings)["audit"]
    assert (report.state, "1 anchors" in report.detail) == (("fail", False) if forged else ("ok", True))
