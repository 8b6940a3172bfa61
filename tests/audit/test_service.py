"""Entries are written with their effect, in order, and the database refuses to change them."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from aird.audit import queries, service
from aird.audit.chain import verify
from aird.auth.permissions import SYSTEM
from aird.testing import World


def test_every_effect_of_the_world_is_in_the_chain(world: World) -> None:
    with world.database.read() as session:
        verdict = verify(queries.links(session))
        events = {entry.event for entry in queries.all_entries(session)}
    assert verdict.sound
    assert {"auth.department.added", "auth.person.added", "auth.role.given"} <= events


def test_an_effect_that_is_rolled_back_leaves_no_entry(world: World) -> None:
    actor = world.actor("sam")

    def fail() -> None:
        with world.database.write() as session:
            service.record(session, SYSTEM, "test.thing.done", actor)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with world.database.read() as session:
        assert queries.entries(session, event="test.thing.done") == []


def test_many_writers_at_once_make_one_chain(world: World) -> None:
    actor = world.actor("sam")

    def write() -> None:
        for _ in range(5):
            with world.database.write() as session:
                service.record(session, actor, "test.thing.done", actor, number=1)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.database.read() as session:
        assert verify(queries.links(session)).sound
        assert len(queries.entries(session, event="test.", limit=100)) == 20


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_entries SET reason = 'forged' WHERE seq = 1",
        "DELETE FROM audit_entries WHERE seq = 2",
        "DELETE FROM audit_entries",
    ],
)
def test_the_database_refuses_to_change_the_log(world: World, tampering: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), world.database.write() as session:
        session.execute(text(tampering))
    with world.database.read() as session:
        assert verify(queries.links(session)).sound


def test_a_forger_who_drops_the_trigger_is_found(world: World) -> None:
    with world.database.write() as session:
        _disarm(session)
        session.execute(text("UPDATE audit_entries SET reason = 'forged' WHERE seq = 3"))
    with world.database.read() as session:
        verdict = verify(queries.links(session))
    assert verdict.fault == "entry 3 was changed after it was written"


def _disarm(session: Session) -> None:
    """Take the guards away, as somebody with the database's own password could; until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL session_replication_role = replica"))
        return
    for trigger in ("audit_entries_no_update", "audit_entries_no_delete"):
        session.execute(text(f"DROP TRIGGER {trigger}"))


def test_a_cut_tail_is_found_by_the_anchor_file(world: World) -> None:
    with world.database.read() as session:
        assert service.anchor(session, world.settings.anchors()) is not None
        assert service.anchor(session, world.settings.anchors()) is None
    with world.database.write() as session:
        _disarm(session)
        session.execute(text("DELETE FROM audit_entries WHERE seq > 5"))
    with world.database.read() as session:
        verdict = verify(queries.links(session), service.read_anchors(world.settings.anchors()))
    assert "was anchored" in str(verdict.fault)


def test_an_anchor_cut_short_by_a_crash_is_passed_over(world: World) -> None:
    file = world.settings.anchors()
    with world.database.read() as session:
        service.anchor(session, file)
    with file.open("a") as out:
        out.write('{"seq": 99, "ha')
    assert len(service.read_anchors(file)) == 1
