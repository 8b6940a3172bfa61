"""Finding models and versions, and the shapes in which they are shown."""

from uuid import uuid4

import pytest

from aird.auth.permissions import SYSTEM
from aird.catalog import listing, queries, service, views
from aird.catalog.errors import ModelNotFound, VersionNotFound
from aird.catalog.models import Kind, Relation, Version
from aird.catalog.names import NameRefused
from aird.catalog.service import NewVersion, Parent
from aird.catalog.views_lineage import lineage_read
from aird.testing import World


@pytest.fixture
def family(world: World) -> dict[str, Version]:
    """A base, two adapters on it, their merge; support/mail has a second version."""
    base = world.version("platform/base", kind=Kind.BASE)
    mail, calls = (world.version(f"support/{name}", kind=Kind.ADAPTER, base=base) for name in ("mail", "calls"))
    parents = [Parent(mail, Relation.MERGE, 0.7), Parent(calls, Relation.MERGE, 0.3)]
    both = world.version("finance/both", kind=Kind.ADAPTER, base=base, parents=parents)
    again = world.version(
        "support/mail", kind=Kind.ADAPTER, base=base, parents=[Parent(mail, Relation.CONTINUED, None)]
    )
    return {"base": base, "mail": mail, "calls": calls, "both": both, "again": again}


def test_a_version_is_found_by_its_name(world: World, family: dict[str, Version]) -> None:
    with world.database.read() as session:
        assert queries.get_ref(session, "support/mail").ref == "support/mail@2"
        assert queries.get_ref(session, "support/mail@1").id == family["mail"].id
        assert [each.number for each in queries.versions_of(session, family["mail"].model)] == [2, 1]
        assert queries.base_of(session, family["mail"]).id == queries.base_of(session, family["base"]).id


def test_what_is_not_there_is_named_in_the_refusal(world: World, family: dict[str, Version]) -> None:
    with world.database.write() as session:
        service.add_model(session, SYSTEM, "hr/empty", "Empty")
    with world.database.read() as session:
        with pytest.raises(ModelNotFound, match="support/nobody"):
            queries.get_ref(session, "support/nobody@1")
        for ref in ("support/mail@3", "hr/empty@1", "hr/empty"):
            with pytest.raises(VersionNotFound, match=ref):
                queries.get_ref(session, ref)
        with pytest.raises(VersionNotFound):
            queries.version_by_id(session, uuid4())
        with pytest.raises(NameRefused):
            queries.get_ref(session, "support/mail@0")


def test_nothing_wanted_is_nothing_found(world: World, family: dict[str, Version]) -> None:
    with world.database.read() as session:
        assert queries.latest_of(session, []) == []
        assert queries.versions_by_id(session, []) == {}
        assert [each.ref for each in queries.latest_of(session, [family["mail"].model])] == ["support/mail@2"]


def test_the_tree_is_shown_from_both_ends(world: World, family: dict[str, Version]) -> None:
    with world.database.read() as session:
        tree = lineage_read(session, SYSTEM, world.reload(session, family["mail"]), hops=2, limit=200)
        above = {(each.ref, each.relation, each.depth, each.of) for each in tree.ancestors}
        below = {(each.ref, each.relation, each.weight, each.of) for each in tree.descendants}
    assert above == {("platform/base@1", "base", 1, "support/mail@1")}
    assert below == {
        ("finance/both@1", "merge", 0.7, "support/mail@1"),
        ("support/mail@2", "continued", None, "support/mail@1"),
    }
    assert not tree.cut


def test_the_matrix_holds_every_suite_against_those_who_sat_one(world: World, family: dict[str, Version]) -> None:
    world.score(family["mail"], "support/exam", 0.5)
    world.score(family["both"], "finance/exam", 0.75)
    with world.database.read() as session:
        matrix = views.skills_matrix(session, SYSTEM, listing.versions(session, SYSTEM, every=True)[0])
    assert matrix.suites == ["finance/exam", "support/exam"]
    rows = {row.ref: [cell and cell.score for cell in row.cells.values()] for row in matrix.rows}
    assert rows == {"finance/both@1": [0.75, None], "support/mail@1": [None, 0.5]}


def test_a_version_shows_how_it_was_made(world: World, family: dict[str, Version]) -> None:
    made = {"kind": "training.sft", "recipe": {"kind": "Train"}, "metrics": {"final_loss": 0.1}, "seconds": 2.5}
    manifest = world.store.put_files({"config.json": b"{}", "model.safetensors": b"12345"})
    new = NewVersion(kind=Kind.FULL, manifest=manifest, parameters=10, facts={}, record=made, license="mit", notes="n")
    with world.database.write() as session:
        version, _ = service.file_version(session, world.actor("sam"), family["mail"].model, new)
        shown = views.version_read(session, world.store, SYSTEM, version)
        bare = views.version_read(session, world.store, SYSTEM, world.reload(session, family["both"]))
    assert [(each.path, each.size) for each in shown.files] == [("config.json", 2), ("model.safetensors", 5)]
    assert shown.training is not None
    assert (shown.training.kind, shown.training.seconds, shown.training.datasets) == ("training.sft", 2.5, [])
    assert (bare.training, bare.base, bare.created_by) == (None, "platform/base@1", "sam")
    weights = {each.ref: each.weight for each in bare.parents if each.relation == "merge"}
    assert weights == {"support/mail@1": 0.7, "support/calls@1": 0.3}


def test_a_model_without_a_version_has_no_latest(world: World, family: dict[str, Version]) -> None:
    with world.database.write() as session:
        empty = service.add_model(session, SYSTEM, "hr/empty", "Empty")
        shown = views.model_reads(session, SYSTEM, [empty, queries.get_model(session, "support/mail")])
    assert [(each.name, each.department, each.versions) for each in shown] == [
        ("hr/empty", "hr", 0),
        ("support/mail", "support", 2),
    ]
    assert shown[0].latest is None
    assert shown[1].latest is not None
    assert shown[1].latest.ref == "support/mail@2"
