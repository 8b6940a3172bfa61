"""The family tree on a real database: relatives, the graph, private ones, who is affected by a withdrawal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from aird.auth.permissions import SYSTEM
from aird.catalog import impact, kinship, queries, service
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import DatasetUse, Kind, Model, Parentage, Relation, Version, Visibility
from aird.catalog.schemas_lineage import LineageRead
from aird.catalog.service import NewVersion, Parent
from aird.catalog.views_lineage import lineage_read
from aird.core.clock import now
from aird.testing import World

Family = dict[str, Version]


@pytest.fixture
def family(world: World) -> Family:
    """A base, two adapters, their merge, its student, the student quantized; hr's is private."""
    found = {"base": world.version("platform/base", kind=Kind.BASE)}
    for name, key in (("mail", "support/mail"), ("leave", "hr/leave")):
        found[name] = world.version(key, kind=Kind.ADAPTER, base=found["base"])
    merged = [Parent(found["mail"], Relation.MERGE, 0.7), Parent(found["leave"], Relation.MERGE, 0.3)]
    found["both"] = world.version("finance/both", kind=Kind.ADAPTER, base=found["base"], parents=merged)
    taught = [Parent(found["both"], Relation.TEACHER)]
    found["taught"] = world.version("finance/taught", parents=taught)
    found["small"] = world.version("finance/small", parents=[Parent(found["taught"], Relation.QUANTIZED)])
    with world.database.write() as session:
        queries.get_model(session, "hr/leave").visibility = Visibility.PRIVATE
    return found


def tree(world: World, version: Version, who: str = "ada", *, hops: int = 2, limit: int = 200) -> LineageRead:
    with world.database.read() as session:
        return lineage_read(session, world.actor(who), world.reload(session, version), hops=hops, limit=limit)


def test_the_graph_holds_every_relation(world: World, family: Family) -> None:
    found = tree(world, family["both"], hops=5)
    edges = {(each.parent, each.child, each.relation.value, each.weight) for each in found.edges}
    assert edges == {
        ("platform/base@1", "support/mail@1", "base", None),
        ("platform/base@1", "hr/leave@1", "base", None),
        ("platform/base@1", "finance/both@1", "base", None),
        ("support/mail@1", "finance/both@1", "merge", 0.7),
        ("hr/leave@1", "finance/both@1", "merge", 0.3),
        ("finance/both@1", "finance/taught@1", "teacher", None),
        ("finance/taught@1", "finance/small@1", "quantized", None),
    }
    depths = {each.ref: each.depth for each in found.nodes}
    assert (depths["platform/base@1"], depths["finance/both@1"], depths["finance/small@1"]) == (-1, 0, 2)
    assert (found.cut, found.hidden.up, found.hidden.down) == (False, 0, 0)


def test_the_graph_ends_after_so_many_hops_and_says_so(world: World, family: Family) -> None:
    found = tree(world, family["base"], hops=1)
    assert {each.ref for each in found.nodes} == {"platform/base@1", "support/mail@1", "hr/leave@1", "finance/both@1"}
    assert found.cut
    assert [each.ref for each in found.descendants][-1] == "finance/small@1"
    assert not tree(world, family["base"], hops=3).cut


def test_the_graph_has_room_for_the_nearest(world: World, family: Family) -> None:
    found = tree(world, family["taught"], hops=9, limit=3)
    assert {each.ref for each in found.nodes} == {"finance/taught@1", "finance/both@1", "finance/small@1"}
    assert found.cut


def test_private_relatives_are_counted_and_not_named(world: World, family: Family) -> None:
    found = tree(world, family["both"], "lin", hops=5)
    assert "hr/leave" not in found.model_dump_json()
    assert (found.hidden.up, found.hidden.down) == (1, 0)
    assert {each.ref for each in found.ancestors} == {"platform/base@1", "support/mail@1"}
    assert "hr/leave@1" in tree(world, family["both"], "mei", hops=5).model_dump_json()


def test_who_is_reached_through_a_private_one_is_still_shown(world: World, family: Family) -> None:
    with world.database.write() as session:
        queries.get_model(session, "finance/both").visibility = Visibility.PRIVATE
    found = tree(world, family["taught"], "lin", hops=5)
    assert {(each.ref, each.of) for each in found.ancestors} == {("support/mail@1", None), ("platform/base@1", None)}
    assert found.hidden.up == 2


def affected(world: World, version: Version, who: str = "ada", **more: Any) -> impact.Impact:
    with world.database.read() as session:
        return impact.of_version(session, world.actor(who), world.reload(session, version), **more)


def test_all_that_was_made_from_a_version_is_affected(world: World, family: Family) -> None:
    found = affected(world, family["mail"])
    assert [(each.ref, each.relation, each.depth) for each in found.versions] == [
        ("finance/both@1", "merge", 1),
        ("finance/taught@1", "teacher", 2),
        ("finance/small@1", "quantized", 3),
    ]
    assert (found.total, found.hidden, found.cut, found.by_state) == (3, 0, False, {VersionState.DRAFT: 3})
    assert affected(world, family["small"]).versions == []


def test_private_versions_are_affected_without_being_named(world: World, family: Family) -> None:
    found = affected(world, family["base"], "lin")
    assert (found.total, found.hidden, len(found.versions)) == (5, 1, 4)
    assert "hr/leave" not in {each.name for each in found.versions}
    assert affected(world, family["base"], "mei").hidden == 0


def test_a_list_that_is_cut_still_counts_all(world: World, family: Family) -> None:
    found = affected(world, family["base"], limit=2)
    assert (found.total, len(found.versions), found.cut) == (5, 2, True)
    assert {each.depth for each in found.versions} == {1}


def test_endpoints_of_affected_versions_are_told(world: World, family: Family) -> None:
    with world.database.write() as session:
        for name, endpoint in (("taught", "finance/desk"), ("leave", "hr/desk"), ("base", "support/desk")):
            service.clear(session, world.reload(session, family[name]), endpoint=endpoint, approval_id=uuid4())
    for who, endpoints in (
        ("ada", ["finance/desk", "hr/desk", "support/desk"]),
        ("lin", ["finance/desk", "support/desk"]),
    ):
        assert [endpoint for endpoint, _ in affected(world, family["base"], who).endpoints] == endpoints


def trained(world: World, name: str, *datasets: str) -> Version:
    """A version that a training filed, with what it learnt from in its record."""
    manifest = world.store.put_files({"config.json": uuid4().bytes})
    uses = [{"ref": each, "artifact": "sha256:" + each[-1] * 64, "split": "train", "limit": None} for each in datasets]
    record = {"kind": "training.sft", "recipe": {}, "metrics": {}, "seconds": 1.0, "datasets": uses}
    new = NewVersion(kind=Kind.FULL, manifest=manifest, parameters=10, facts={}, record=record)
    with world.database.write() as session:
        model = service.model_for_output(session, world.actor("sam"), name, "Trained")
        return service.file_version(session, world.actor("sam"), model, new)[0]


def test_what_learnt_from_a_data_set_is_affected_with_its_children(world: World) -> None:
    first = trained(world, "support/mail", "support/mails@1")
    second = trained(world, "support/calls", "support/mails@2", "support/mails@2")
    world.version("support/child", parents=[Parent(first, Relation.CONTINUED)])
    for asked, expected in (
        ({"ref": "support/mails@1"}, {("support/mail@1", "dataset", 1), ("support/child@1", "continued", 2)}),
        ({"digest": "sha256:" + "2" * 64}, {("support/calls@1", "dataset", 1)}),
        ({"ref": "support/mail"}, set()),
    ):
        with world.database.read() as session:
            found = impact.of_dataset(session, SYSTEM, **asked)
        assert {(each.ref, each.relation, each.depth) for each in found.versions} == expected
        assert found.total == len(expected)
    with world.database.read() as session:
        assert impact.of_dataset(session, SYSTEM, ref="support/mails").total == 3
    assert [(each.ref, each.purpose) for each in tree(world, second).datasets] == [("support/mails@2", "training")]


def grow(world: World, count: int) -> Version:
    """A base with `count` descendants: a tree in which each version has three children."""
    base = world.version("platform/base", kind=Kind.BASE)
    with world.database.write() as session:
        model = session.get_one(Model, base.model_id)
        ids = [base.id, *(uuid4() for _ in range(count))]
        plain = {"kind": "adapter", "bytes": 1, "parameters": 1, "facts": {}, "record": {}, "license": "", "notes": "",
                 "state": "draft", "card": {}, "restrictions": [], "chip_milliseconds": 0, "flop": 0.0,
                 "watt_hours": 0.0, "model_id": model.id, "created_at": now()}  # fmt: skip
        rows = [{**plain, "id": key, "number": n + 2, "artifact": f"sha256:{n:064x}"} for n, key in enumerate(ids[1:])]
        session.execute(insert(Version), rows)
        session.execute(
            insert(Parentage),
            [
                {"child_id": ids[n], "parent_id": ids[(n - 1) // 3], "relation": "continued"}
                for n in range(1, count + 1)
            ],
        )
        session.execute(
            insert(DatasetUse), [{"version_id": ids[1], "digest": "sha256:x", "ref": "a/b@1", "purpose": "training"}]
        )
    return base


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile."""
    asked: list[str] = []

    def note(*args: Any) -> None:
        asked.append(args[2])

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield asked
    event.remove(connection, "before_cursor_execute", note)


def test_a_withdrawal_with_thousands_of_affected_takes_a_few_statements(world: World) -> None:
    base = grow(world, 3000)
    with world.database.read() as session:
        version, ada = world.reload(session, base), world.actor("ada")
        with statements(session) as asked:
            found = impact.of_version(session, ada, version)
        assert impact.of_dataset(session, SYSTEM, ref="a/b@1").total == 1093
    assert (found.total, len(found.versions), found.cut) == (3000, 500, True)
    assert [each.depth for each in found.versions] == sorted(each.depth for each in found.versions)
    assert found.versions[-1].depth == 6
    assert len(asked) <= 7


def test_a_family_takes_a_few_statements_however_large_it_is(world: World) -> None:
    base = grow(world, 400)
    with world.database.read() as session:
        version = world.reload(session, base)
        with statements(session) as asked:
            family = kinship.family_of(session, SYSTEM, version)
    assert (len(family.descendants), family.cut) == (200, True)
    assert len(asked) <= 6


def test_a_whole_family_is_counted_as_a_cut_one_is(world: World, family: Family) -> None:
    for who in ("ada", "lin"):
        whole, cut = affected(world, family["base"], who), affected(world, family["base"], who, limit=2)
        assert (whole.total, whole.hidden, whole.by_state) == (cut.total, cut.hidden, cut.by_state)
