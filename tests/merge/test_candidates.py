"""The picker of adapters: compatible ones first, the others with the reason, and only what the actor may see."""

import pytest
from sqlalchemy import select

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.permissions import SYSTEM, Role
from aird.catalog import access, service
from aird.catalog import queries as catalog_queries
from aird.catalog.errors import ModelNotFound, VersionNotFound
from aird.catalog.lifecycle import VersionState
from aird.catalog.models import Gating, Kind, Model, Version, Visibility
from aird.catalog.names import NameRefused
from aird.merge import candidates
from aird.merge.schemas import CandidatePage
from aird.testing import World

FACTS = {"shapes": {"q": [8, 8]}, "ranks": {"q": 4}, "rank": 4}


@pytest.fixture(autouse=True)
def house(world: World) -> None:
    """Two bases, three adapters on the first and one on the other."""
    base, other = (world.version(f"platform/{name}", kind=Kind.BASE) for name in ("base", "other"))
    for name in ("support/mail", "support/calls", "finance/books"):
        world.version(name, kind=Kind.ADAPTER, base=base, facts=FACTS)
    world.version("finance/odd", kind=Kind.ADAPTER, base=other, facts=FACTS | {"rank": 2})


def page(world: World, *chosen: str, q: str = "", by: str = "sam", limit: int = 50, offset: int = 0) -> CandidatePage:
    with world.database.read() as session:
        return candidates.page(session, world.actor(by), chosen, q, limit=limit, offset=offset)


def codes(found: CandidatePage) -> dict[str, str]:
    return {each.ref: each.code for each in found.items}


def change(world: World, name: str, **said: object) -> None:
    with world.database.write() as session:
        model = catalog_queries.get_model(session, name)
        for key, value in said.items():
            setattr(model, key, value)


def test_without_a_choice_every_adapter_can_be_the_first(world: World) -> None:
    found = page(world)
    assert found.total == 4
    assert codes(found) == dict.fromkeys(("finance/books@1", "finance/odd@1", "support/calls@1", "support/mail@1"), "")
    assert all(each.compatible for each in found.items)


def test_after_a_choice_those_of_its_base_come_first_and_the_others_say_why_not(world: World) -> None:
    world.score(next(iter(versions(world, "support/calls"))), "support/exam", 0.75)
    found = page(world, "support/mail@1")
    assert codes(found) == {
        "finance/books@1": "",
        "support/calls@1": "",
        "support/mail@1": "",
        "finance/odd@1": "different_base",
    }
    assert [each.compatible for each in found.items] == [True, True, True, False]
    assert "another base" in found.items[-1].reason
    calls = found.items[1]
    assert (calls.rank, calls.base, calls.department, calls.skills) == (
        4,
        "platform/base@1",
        "support",
        {"support/exam": 0.75},
    )


def versions(world: World, name: str) -> list[Version]:
    with world.database.read() as session:
        return catalog_queries.versions_of(session, catalog_queries.get_model(session, name))


@pytest.mark.parametrize("state", [VersionState.SUSPENDED, VersionState.RETIRED])
def test_what_is_out_of_use_says_so(world: World, state: VersionState) -> None:
    with world.database.write() as session:
        service.move(session, SYSTEM, catalog_queries.get_ref(session, "support/calls"), state)
    found = page(world, "support/mail@1")
    assert codes(found)["support/calls@1"] == state.value
    with world.database.write() as session:
        service.move(session, SYSTEM, catalog_queries.get_ref(session, "platform/base"), state)
    assert codes(page(world, "support/mail@1"))["finance/books@1"] == "base_out_of_use"


def test_weights_that_may_not_be_used_are_seen_and_not_picked(world: World) -> None:
    with world.database.write() as session:
        eva = auth.add_person(session, SYSTEM, "eva", "Eva")
        auth.give_role(session, SYSTEM, eva, Role.STAFF, auth_queries.get_department(session, "support"))
    assert codes(page(world, "support/mail@1", by="eva"))["finance/books@1"] == "no_weights"
    change(world, "finance/books", gating=Gating.OPEN)
    assert codes(page(world, "support/mail@1", by="eva"))["finance/books@1"] == ""


def test_a_private_model_of_others_is_not_there(world: World) -> None:
    change(world, "finance/books", visibility=Visibility.PRIVATE)
    assert page(world, by="lin").total == 3
    assert "finance/books@1" not in codes(page(world, by="lin"))
    assert page(world, by="omar").total == 4
    with pytest.raises(ModelNotFound):
        page(world, "finance/books@1", by="lin")


def test_a_private_base_of_others_is_not_named(world: World) -> None:
    change(world, "platform/base", visibility=Visibility.PRIVATE)
    assert {each.base for each in page(world, q="support", by="lin").items} == {""}
    assert {each.base for each in page(world, q="support", by="sam").items} == {"platform/base@1"}


def test_the_database_and_access_agree_on_who_may_use_what(world: World) -> None:
    change(world, "support/mail", gating=Gating.OPEN)
    with world.database.write() as session:
        omar = world.actor("omar")
        books = catalog_queries.get_model(session, "finance/books")
        access.grant_department(session, omar, books, auth_queries.get_department(session, "hr"))
        calls = catalog_queries.get_model(session, "support/calls")
        access.grant(session, world.actor("lin"), calls, auth_queries.get_person(session, "mei"))
        hana = auth.add_person(session, SYSTEM, "hana", "Hana")
        auth.give_role(session, SYSTEM, hana, Role.STAFF, auth_queries.get_department(session, "hr"))
    for who in ("lin", "omar", "mei", "sam", "rui", "noor", "ada", "hana"):
        actor = world.actor(who)
        with world.database.read() as session:
            models = session.scalars(select(Model).where(Model.name.in_(["support/mail", "support/calls"])))
            expected = {each.name: access.may_use_weights(session, actor, each) for each in models}
            expected["finance/books"] = access.may_use_weights(
                session, actor, catalog_queries.get_model(session, "finance/books")
            )
        found = codes(page(world, by=who))
        assert {name: found[f"{name}@1"] == "" for name in expected} == expected, who


def test_the_newest_of_each_model_is_shown_and_those_in_service(world: World) -> None:
    with world.database.read() as session:
        base = catalog_queries.get_ref(session, "platform/base")
    with world.database.write() as session:
        mail = catalog_queries.get_ref(session, "support/mail")
        for state in (VersionState.CANDIDATE, VersionState.APPROVED):
            service.move(session, SYSTEM, mail, state)
    for _ in range(2):
        world.version("support/mail", kind=Kind.ADAPTER, base=base, facts=FACTS)
    assert [each.ref for each in page(world, q="mail").items] == ["support/mail@3", "support/mail@1"]
    assert "support/mail@2" in codes(page(world, q="support/mail@2"))
    assert "support/mail@2" in codes(page(world, "support/mail@2"))


def test_words_of_their_own_do_not_go_together(world: World) -> None:
    with world.database.read() as session:
        base = catalog_queries.get_ref(session, "platform/base")
    own = {"differences": [{"what": "chat_template", "file": "x", "base": None, "own": "ab" * 32}]}
    world.version("hr/words", kind=Kind.ADAPTER, base=base, facts=FACTS | own)
    found = page(world, "support/mail@1")
    assert codes(found)["hr/words@1"] == "different_words"
    assert codes(page(world, "hr/words@1"))["hr/words@1"] == ""
    assert codes(page(world, "hr/words@1"))["support/mail@1"] == "different_words"


def test_dora_can_be_picked_with_a_word_of_warning(world: World) -> None:
    with world.database.read() as session:
        base = catalog_queries.get_ref(session, "platform/base")
    world.version("hr/dora", kind=Kind.ADAPTER, base=base, facts=FACTS | {"features": ["dora"]})
    [found] = page(world, q="hr/dora").items
    assert (found.compatible, found.code, found.features) == (True, "dora", ["dora"])


def test_the_list_is_searched_and_paged(world: World) -> None:
    assert {each.ref for each in page(world, q="CUSTOMER").items} == {"support/calls@1", "support/mail@1"}
    assert page(world, q="%").items == []
    first, second = page(world, limit=3), page(world, limit=3, offset=3)
    assert (len(first.items), len(second.items), first.total, second.total) == (3, 1, 4, 4)
    assert page(world, offset=100_000).items == []


@pytest.mark.parametrize(("ref", "error"), [("support/mail@9", VersionNotFound), ("../x", NameRefused)])
def test_a_choice_that_is_not_there_is_refused(world: World, ref: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        page(world, ref)
    assert page(world, "support/mail").total == 4
