"""Aliases: swapped atomically, with a history that the database keeps, protected ones through approvals only."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from aird.audit import queries as audit_queries
from aird.auth.permissions import SYSTEM
from aird.catalog import aliases, commits, queries, rows, service
from aird.catalog.errors import AliasNotFound, AliasProtected, AliasRefused
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Alias, AliasMove, RefKind, Version
from aird.catalog.names import NameRefused
from aird.core.clock import now
from aird.core.errors import NotPermitted
from aird.testing import World
from tests.catalog.test_service import at_once

BECAUSE = {"reason": "as agreed"}


@pytest.fixture
def three(world: World) -> list[Version]:
    return [world.version("support/mail") for _ in range(3)]


def point(world: World, version: Version, alias: str = "staging", by: str = "sam", **more: Any) -> Alias:
    with world.database.write() as session:
        found = world.reload(session, version)
        return aliases.move(session, world.actor(by), found.model, alias, found, **{**BECAUSE, **more})


def remove(world: World, alias: str = "staging", by: str = "sam") -> None:
    with world.database.write() as session:
        model = queries.get_model(session, "support/mail")
        aliases.remove(session, world.actor(by), model, alias, **BECAUSE)


def pointed_at(world: World, alias: str, moment: datetime) -> int | None:
    with world.database.read() as session:
        found = aliases.at(session, queries.get_model(session, "support/mail"), alias, moment)
        return found.version.number if found and found.version else None


def history(world: World, alias: str = "staging") -> list[tuple[int | None, int | None]]:
    """(to, from) of every move, newest first."""
    with world.database.read() as session:
        moves = aliases.history(session, queries.get_model(session, "support/mail"), alias)
        return [(each.version and each.version.number, each.previous and each.previous.number) for each in moves]


def test_an_alias_moves_and_its_history_says_from_where(world: World, three: list[Version]) -> None:
    for version in (three[0], three[2], three[1]):
        point(world, version)
    remove(world)
    assert history(world) == [(None, 2), (2, 3), (3, 1), (1, None)]
    with world.database.read() as session:
        moves = audit_queries.entries(session, event="catalog.alias.moved")
        [removal] = audit_queries.entries(session, event="catalog.alias.removed")
    assert {each.subject for each in moves} == {"support/mail@staging"}
    assert [each.details["version"] for each in moves] == ["support/mail@2", "support/mail@3", "support/mail@1"]
    assert (removal.reason, removal.details["previous"]) == ("as agreed", "support/mail@2")


def test_a_reference_by_alias_is_the_version_it_points_at(world: World, three: list[Version]) -> None:
    point(world, three[1])
    with world.database.read() as session:
        assert queries.get_ref(session, "support/mail@staging").number == 2
        with pytest.raises(AliasNotFound):
            queries.get_ref(session, "support/mail@other")


def test_what_it_pointed_at_in_a_moment_is_one_query(world: World, three: list[Version]) -> None:
    first = point(world, three[0]).moved_at
    second = point(world, three[2]).moved_at
    remove(world)
    before, between = first - timedelta(microseconds=1), second - timedelta(microseconds=1)
    assert [pointed_at(world, "staging", each) for each in (before, first, between, second)] == [None, 1, 1, 3]
    assert pointed_at(world, "staging", now() + timedelta(days=1)) is None
    asked: list[str] = []
    with world.database.read() as session:
        model = queries.get_model(session, "support/mail")
        event.listen(session.connection(), "before_cursor_execute", lambda *args: asked.append(args[2]))
        found = aliases.at(session, model, "staging", second)
        assert found is not None
        assert found.version is not None
        assert found.version.ref == "support/mail@3"
    assert len(asked) == 1


def test_moves_have_an_order_even_at_the_same_moment(world: World, three: list[Version]) -> None:
    with world.database.write() as session:
        found = [world.reload(session, each) for each in three]
        for version in found:
            aliases.move(session, SYSTEM, found[0].model, "staging", version, **BECAUSE)
        aliases.remove(session, SYSTEM, found[0].model, "staging", **BECAUSE)
        aliases.move(session, SYSTEM, found[0].model, "staging", found[0], **BECAUSE)
        times = session.scalars(select(AliasMove.at)).all()
    assert len(set(times)) == 5
    assert history(world) == [(1, None), (None, 3), (3, 2), (2, 1), (1, None)]


def test_two_movers_at_once_come_one_after_the_other(world: World, three: list[Version]) -> None:
    point(world, three[0])
    at_once(lambda each: [point(world, three[(each + n) % 3]) for n in range(3)], 4)
    moves = list(reversed(history(world)))
    assert len(moves) == 13
    assert all(later[1] == earlier[0] for earlier, later in pairwise(moves))
    with world.database.read() as session:
        [standing] = aliases.of_model(session, queries.get_model(session, "support/mail"))
    assert standing.version.number == moves[-1][0]


@pytest.mark.parametrize("change", ["UPDATE alias_moves SET reason = 'x'", "DELETE FROM alias_moves"])
def test_the_database_itself_keeps_the_history(world: World, three: list[Version], change: str) -> None:
    point(world, three[0])
    with pytest.raises(DBAPIError), world.database.write() as session:
        session.execute(text(change))
    assert history(world) == [(1, None)]


def test_production_moves_with_an_approval_and_not_without(world: World, three: list[Version]) -> None:
    with pytest.raises(AliasProtected) as refusal:
        point(world, three[0], "production")
    assert "approval" in refusal.value.message
    approval = uuid4()
    point(world, three[0], "production", by="lin", approval_id=approval)
    for act in (lambda: point(world, three[1], "production"), lambda: remove(world, "production")):
        with pytest.raises(AliasProtected):
            act()
    point(world, three[1], "production", by="lin", approval_id=approval)
    assert history(world, "production") == [(2, 1), (1, None)]
    with world.database.read() as session:
        assert session.scalars(select(AliasMove.approval_id)).all() == [approval, approval]


def test_protection_is_given_and_never_taken_off(world: World, three: list[Version]) -> None:
    point(world, three[0])
    point(world, three[1], protect=True)
    with pytest.raises(AliasProtected):
        point(world, three[2], protect=False)
    point(world, three[2], protect=False, approval_id=uuid4())
    with pytest.raises(AliasProtected):
        remove(world)


@pytest.mark.parametrize("state", [VersionState.SUSPENDED, VersionState.RETIRED])
def test_a_version_out_of_service_is_not_pointed_at(world: World, three: list[Version], state: VersionState) -> None:
    with world.database.write() as session:
        service.move(session, SYSTEM, world.reload(session, three[0]), state)
    with pytest.raises(AliasRefused):
        point(world, three[0])
    point(world, three[1])
    assert history(world) == [(2, None)]


def test_a_version_of_another_model_is_not_pointed_at(world: World, three: list[Version]) -> None:
    other = world.version("support/calls")
    with world.database.write() as session:
        model, theirs = queries.get_model(session, "support/mail"), world.reload(session, other)
        with pytest.raises(AliasRefused):
            aliases.move(session, SYSTEM, model, "staging", theirs, **BECAUSE)
    assert history(world) == []


@pytest.mark.parametrize("kind", [RefKind.BRANCH, RefKind.TAG])
def test_an_alias_is_not_called_like_a_branch_or_a_tag(world: World, three: list[Version], kind: RefKind) -> None:
    with world.database.write() as session:
        model = queries.get_model(session, "support/mail")
        head = commits.head(session, model)
        assert head is not None
        commits.point(session, model, kind, "release", head)
    with pytest.raises(AliasRefused):
        point(world, three[0], "release")
    point(world, three[0], "released")


@pytest.mark.parametrize(
    "name", ["main", "latest", "v3", "3", "deadbeef", "UP", "a/b", "", "a" * 65, "-x", "x..y", "é"]
)
def test_a_name_that_reads_as_something_else_is_refused(world: World, three: list[Version], name: str) -> None:
    with pytest.raises(NameRefused):
        point(world, three[0], name)
    assert point(world, three[0], "prod-eu.1").name == "prod-eu.1"


def test_who_may_not_write_in_the_department_moves_no_alias(world: World, three: list[Version]) -> None:
    for who in ("lin", "rui", "noor", "ada"):
        with pytest.raises(NotPermitted):
            point(world, three[0], by=who)
    assert history(world) == []


def test_the_aliases_of_versions_and_models_are_found_at_once(world: World, three: list[Version]) -> None:
    point(world, three[0], "staging")
    point(world, three[0], "nightly")
    point(world, three[2], "beta")
    with world.database.read() as session:
        ids = [each.id for each in three]
        assert rows.aliases_of_versions(session, ids) == {ids[0]: ["nightly", "staging"], ids[2]: ["beta"]}
        model = three[0].model_id
        found = rows.aliases_of_models(session, [model])
        assert [(row.name, row.number) for row in found] == [("beta", 3), ("nightly", 1), ("staging", 1)]
        assert {row.model_id for row in found} == {model}


def test_a_moment_in_any_zone_is_the_same_moment(world: World, three: list[Version]) -> None:
    moved = point(world, three[0]).moved_at
    assert moved.tzinfo is not None
    assert pointed_at(world, "staging", moved.astimezone(UTC)) == 1
