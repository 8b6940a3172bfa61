"""The sample organisation goes whole, and nothing of anybody else goes with it."""

import pytest
from sqlalchemy import func, select, text

from aird.audit import queries as audit
from aird.audit.chain import verify
from aird.auth import queries as auth
from aird.auth.models import Department
from aird.catalog import queries as catalog
from aird.catalog.models import Kind
from aird.core.db import Base
from aird.core.errors import NotPermitted
from aird.server import sample_removal
from aird.server.sample_removal import Holding, NoSample, SampleInUse
from aird.testing import World
from tests.server.house import House


@pytest.fixture
def house(world: World) -> House:
    """A furnished house in which support, platform and their two people came as a sample."""
    with world.database.write() as session:
        for key in ("support", "platform"):
            auth.get_department(session, key).sample = True
        for name in ("lin", "rui"):
            auth.get_person(session, name).sample = True
    return House(world).furnish()


def end_jobs(house: House) -> None:
    with house.world.database.read() as session:
        jobs = session.execute(select(Base.metadata.tables["jobs"].c.id)).scalars().all()
    for each in jobs:
        house.client.post(f"/api/v1/jobs/{each}/cancel")


def take_away(world: World, username: str = "ada") -> Holding:
    with world.database.write() as session:
        found = sample_removal.holding(session)
        sample_removal.remove(session, world.actor(username), found)
        return found


def test_everything_of_the_sample_goes_and_the_log_says_so(house: House) -> None:
    end_jobs(house)
    assert house.client.get("/api/v1/sample").json()["models"] > 3
    answer = house.client.delete("/api/v1/sample")
    assert (answer.status_code, answer.json()["departments"]) == (200, ["platform", "support"])
    rows = house.rows()
    left = ("models", "versions", "jobs", "datasets", "endpoints", "requests", "approvals", "plans", "suites", "gates")
    assert {name: rows[name] for name in left} == dict.fromkeys(left, 0)
    with house.world.database.read() as session:
        assert [each.key for each in auth.departments(session)] == ["finance", "hr"]
        assert not auth.get_person(session, "lin").active
        assert auth.get_person(session, "omar").active
        assert verify(audit.links(session)).sound
        assert audit.entries(session, limit=1)[0].event == "auth.sample.removed"


def test_what_another_department_filed_stays(world: World) -> None:
    with world.database.write() as session:
        auth.get_department(session, "support").sample = True
    world.version("support/mail")
    world.version("finance/books")
    take_away(world)
    with world.database.read() as session:
        assert catalog.get_ref(session, "finance/books@1").number == 1
        assert session.scalar(select(func.count()).select_from(Department)) == 3


def test_nothing_goes_while_something_of_somebody_else_was_made_from_it(world: World) -> None:
    with world.database.write() as session:
        auth.get_department(session, "platform").sample = True
    base = world.version("platform/base", kind=Kind.BASE)
    world.version("finance/books", kind=Kind.ADAPTER, base=base)
    with pytest.raises(SampleInUse, match="finance/books@1"):
        take_away(world)
    with world.database.read() as session:
        assert catalog.get_ref(session, "platform/base@1").number == 1


def test_nothing_goes_while_its_jobs_wait(house: House) -> None:
    answer = house.client.delete("/api/v1/sample")
    assert (answer.status_code, answer.json()["code"]) == (409, "sample_in_use")
    assert answer.json()["params"]["running"] >= 1


def test_a_house_without_a_sample_has_nothing_to_take_away(world: World) -> None:
    with pytest.raises(NoSample):
        take_away(world)


def test_only_who_manages_people_may_take_it_away(world: World) -> None:
    with world.database.write() as session:
        auth.get_department(session, "support").sample = True
    with pytest.raises(NotPermitted):
        take_away(world, "lin")
    take_away(world, "ada")


def test_the_ledgers_are_as_protected_afterwards_as_before(house: House) -> None:
    end_jobs(house)
    before = triggers(house.world)
    assert house.client.delete("/api/v1/sample").status_code == 200
    assert triggers(house.world) == before
    assert {"usage_entries", "compute_entries", "deployments", "audit_entries"} <= {table for table, _ in before}


def triggers(world: World) -> set[tuple[str, str]]:
    """(table, trigger) of every trigger that is at work."""
    query = "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
    if world.database.engine.dialect.name == "postgresql":
        query = (
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'"
        )
    with world.database.read() as session:
        return {(row[0], row[1]) for row in session.execute(text(query))}
