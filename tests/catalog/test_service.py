"""Opening models, filing versions, moving their states; on a real database."""

import threading
from collections.abc import Callable
from uuid import uuid4

import pytest

from aird.audit import queries as audit_queries
from aird.auth.errors import DepartmentNotFound
from aird.auth.permissions import SYSTEM
from aird.catalog import queries, service
from aird.catalog.errors import ModelExists, MoveNotAllowed
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Kind, Model, Relation, Version
from aird.catalog.names import NameRefused
from aird.catalog.service import NewVersion, Parent
from aird.core.errors import NotPermitted
from aird.testing import World

S = VersionState


def open_model(world: World, name: str = "support/mail", by: str = "sam") -> Model:
    with world.database.write() as session:
        return service.model_for_output(session, world.actor(by), name, "Mail")


def file(world: World, content: bytes, *, by: str = "sam", name: str = "support/mail") -> tuple[Version, bool]:
    """File a version of these bytes in a transaction of its own."""
    manifest = world.store.put_files({"config.json": content})
    new = NewVersion(kind=Kind.FULL, manifest=manifest, parameters=10, facts={})
    with world.database.write() as session:
        return service.file_version(session, world.actor(by), queries.get_model(session, name), new)


def change(world: World, version: Version, way: str, by: str = "sam") -> Version:
    with world.database.write() as session:
        act = getattr(service, way)
        moved: Version = act(session, world.actor(by), world.reload(session, version), reason="as agreed")
        return moved


def move(world: World, version: Version, *states: VersionState) -> Version:
    with world.database.write() as session:
        found = world.reload(session, version)
        for state in states:
            service.move(session, SYSTEM, found, state)
        return found


def at_once(work: Callable[[int], object], count: int) -> list[object]:
    """What `count` threads get that all start together."""
    barrier, results = threading.Barrier(count), []

    def run(number: int) -> None:
        barrier.wait()
        results.append(work(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_versions_filed_at_the_same_time_get_numbers_without_gaps(world: World) -> None:
    open_model(world)
    numbers = at_once(lambda each: [file(world, b"%d-%d" % (each, n))[0].number for n in range(3)], 4)
    assert sorted(number for found in numbers for number in found) == list(range(1, 13))  # type: ignore[attr-defined]
    with world.database.read() as session:
        assert queries.get_model(session, "support/mail").latest_number == 12


def test_the_same_bytes_filed_at_the_same_time_are_one_version(world: World) -> None:
    open_model(world)
    found = at_once(lambda _: file(world, b"same"), 4)
    assert sorted(created for _, created in found) == [False, False, False, True]  # type: ignore[misc]
    assert {version.ref for version, _ in found} == {"support/mail@1"}  # type: ignore[misc]
    assert file(world, b"other")[0].ref == "support/mail@2"


def test_the_same_bytes_may_be_a_version_of_two_models(world: World) -> None:
    open_model(world)
    open_model(world, "finance/books")
    assert file(world, b"same")[1]
    assert file(world, b"same", name="finance/books")[1]


def test_a_version_is_filed_with_its_edges_and_its_audit_line(world: World) -> None:
    base = world.version("platform/base", kind=Kind.BASE)
    one, two = (world.version(f"support/{name}", kind=Kind.ADAPTER, base=base) for name in ("a", "b"))
    parents = [Parent(one, Relation.MERGE, 0.7), Parent(two, Relation.MERGE, 0.3)]
    child = world.version("support/both", kind=Kind.ADAPTER, base=base, parents=parents)
    with world.database.read() as session:
        edges = {(each.parent, each.relation, each.weight) for each in queries.parents_of(session, [child.id])}
        [entry] = audit_queries.entries(session, event="catalog.version.added", subject="support/both")
    assert edges == {(base.id, "base", None), (one.id, "merge", 0.7), (two.id, "merge", 0.3)}
    assert (entry.actor_name, entry.details["digest"]) == ("sam", child.artifact)
    assert [each["ref"] for each in entry.details["parents"]] == ["support/a@1", "support/b@1", "platform/base@1"]


@pytest.mark.parametrize(
    ("who", "name", "may"),
    [
        ("sam", "support/mail", True),
        ("rui", "platform/base", True),
        ("rui", "support/mail", False),
        ("lin", "support/mail", False),
        ("ada", "support/mail", False),
        ("noor", "support/mail", False),
    ],
)
@pytest.mark.parametrize("exists", [True, False])
def test_a_job_files_only_where_its_orderer_may_write(
    world: World, who: str, name: str, may: bool, exists: bool
) -> None:
    if exists:
        open_model(world, name)
    if not may:
        with pytest.raises(NotPermitted):
            open_model(world, name, by=who)
        return
    model = open_model(world, name, by=who)
    assert open_model(world, name, by=who).id == model.id


def test_filing_itself_asks_for_the_right_as_well(world: World) -> None:
    open_model(world)
    with pytest.raises(NotPermitted):
        file(world, b"x", by="rui")
    assert file(world, b"x", by="sam")[1]


def test_a_model_is_opened_once_in_a_department_that_exists(world: World) -> None:
    sam = world.actor("sam")
    with world.database.write() as session:
        assert service.add_model(session, sam, "support/mail", "Mail", tags=["a"]).tags == ["a"]
        with pytest.raises(ModelExists):
            service.add_model(session, sam, "support/mail", "Mail")
        with pytest.raises(DepartmentNotFound):
            service.add_model(session, sam, "moon/mail", "Mail")
        with pytest.raises(NameRefused):
            service.add_model(session, sam, "Support", "Mail")


def test_a_move_off_the_picture_is_refused_and_changes_nothing(world: World) -> None:
    version = world.version("support/mail")
    with pytest.raises(MoveNotAllowed) as refusal:
        move(world, version, S.APPROVED)
    assert (refusal.value.status, refusal.value.params) == (409, {"state": "draft", "wanted": "approved"})
    assert move(world, version, S.CANDIDATE, S.APPROVED).state is S.APPROVED


def test_every_move_is_an_entry_with_its_reason(world: World) -> None:
    version = world.version("support/mail")
    change(world, version, "suspend")
    change(world, version, "retire", by="ada")
    with world.database.read() as session:
        entries = audit_queries.entries(session, event="catalog.version.", subject_id=version.id)
    told = [(each.event.rpartition(".")[2], each.actor_name, each.reason, each.details.get("was")) for each in entries]
    assert told[:2] == [("retired", "ada", "as agreed", "suspended"), ("suspended", "sam", "as agreed", "draft")]


@pytest.mark.parametrize("way", ["retire", "suspend", "reinstate"])
@pytest.mark.parametrize(
    ("who", "may"), [("sam", True), ("ada", True), ("lin", False), ("rui", False), ("noor", False)]
)
def test_taking_out_of_service_and_back_needs_the_right(world: World, way: str, who: str, may: bool) -> None:
    version = world.version("support/mail")
    if way == "reinstate":
        change(world, version, "suspend")
    if may:
        assert change(world, version, way, by=who).state in (S.RETIRED, S.SUSPENDED, S.DRAFT)
        return
    with pytest.raises(NotPermitted):
        change(world, version, way, by=who)


def test_what_is_retired_stays_retired(world: World) -> None:
    version = change(world, world.version("support/mail"), "retire")
    for way in ("retire", "suspend", "reinstate"):
        with pytest.raises(MoveNotAllowed):
            change(world, version, way)


def test_a_retirement_is_not_undone_by_what_happens_at_the_same_time(world: World) -> None:
    for number in range(3):
        version = world.version(f"support/mail{number}")

        def try_to(act: int, version: Version = version) -> bool:
            try:
                change(world, version, ("retire", "suspend")[act % 2])
            except MoveNotAllowed:
                return False
            return True

        assert True in at_once(try_to, 4)
        with world.database.read() as session:
            assert world.reload(session, version).state is S.RETIRED


def test_only_what_is_suspended_is_reinstated(world: World) -> None:
    version = world.version("support/mail")
    world.score(version, "support/exam", 0.9)
    with pytest.raises(MoveNotAllowed):
        change(world, version, "reinstate")
    change(world, version, "suspend")
    assert change(world, version, "reinstate").state is S.CANDIDATE


def test_a_draft_that_was_never_measured_comes_back_as_a_draft(world: World) -> None:
    version = world.version("support/mail")
    change(world, version, "suspend")
    assert change(world, version, "reinstate").state is S.DRAFT
    world.score(version, "support/exam", 0.9)
    with world.database.read() as session:
        assert world.reload(session, version).state is S.CANDIDATE


@pytest.mark.parametrize("way", ["suspend", "retire"])
def test_a_version_out_of_service_is_cleared_for_nothing(world: World, way: str) -> None:
    version, other = world.version("support/mail"), world.version("support/other")
    approval = uuid4()
    with world.database.write() as session:
        service.clear(session, version, endpoint="support/desk", approval_id=approval)
        service.clear(session, other, endpoint="support/desk", approval_id=uuid4())
        assert queries.clearance(session, version, "support/mail") is None
        assert queries.clearance_of(session, approval) == queries.clearance(session, version, "support/desk")
    change(world, version, way)
    if way == "suspend":
        change(world, version, "reinstate")
    with world.database.read() as session:
        assert queries.clearance(session, version, "support/desk") is None
        assert queries.clearance_of(session, approval) is None
        assert queries.clearance(session, other, "support/desk") is not None


@pytest.mark.parametrize(
    ("ways", "after"),
    [
        ([], S.CANDIDATE),
        ([S.CANDIDATE], S.CANDIDATE),
        ([S.CANDIDATE, S.APPROVED], S.APPROVED),
        ([S.SUSPENDED], S.SUSPENDED),
        ([S.RETIRED], S.RETIRED),
    ],
)
def test_a_measured_draft_becomes_a_candidate_and_nothing_else_moves(
    world: World, ways: list[VersionState], after: VersionState
) -> None:
    version = move(world, world.version("support/mail"), *ways)
    world.score(version, "support/exam", 0.5)
    with world.database.read() as session:
        assert world.reload(session, version).state is after


def test_a_suite_sat_again_replaces_the_skill(world: World) -> None:
    version = world.version("support/mail")
    for score in (0.5, 0.75):
        world.score(version, "support/exam", score)
    world.score(version, "finance/exam", 0.25)
    with world.database.read() as session:
        [skills] = queries.skills_of(session, [version.id]).values()
    assert [(each.suite, each.score) for each in skills] == [("finance/exam", 0.25), ("support/exam", 0.75)]
