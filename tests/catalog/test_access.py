"""Who sees a model and who may use its weights: by role, by openness, by request, by grant."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from aird.auth import queries as auth_queries
from aird.auth import service as auth
from aird.auth.models import Person
from aird.auth.permissions import SYSTEM, Role
from aird.catalog import access, queries
from aird.catalog.errors import AccessDecided, AccessRequestNotFound, GatedModel, ModelNotFound
from aird.catalog.models import AccessState, Gating, Model, Visibility
from aird.core.errors import NotPermitted
from aird.testing import World

NAME = "finance/analyst"


@pytest.fixture
def model(world: World) -> Model:
    """A model of finance; rui is staff of the platform department alone."""
    return world.version(NAME).model


def _change(world: World, **values: object) -> None:
    with world.database.write() as session:
        for name, value in values.items():
            setattr(queries.get_model(session, NAME), name, value)


def _uses(world: World, username: str) -> bool:
    with world.database.read() as session:
        return access.may_use_weights(session, world.actor(username), queries.get_model(session, NAME))


def _person(session: Session, username: str) -> Person:
    return auth_queries.get_person(session, username)


def _seen(world: World, username: str) -> list[str]:
    with world.database.read() as session:
        return list(session.scalars(access.visible(select(Model.name), world.actor(username))))


def test_everybody_sees_an_internal_model(world: World, model: Model) -> None:
    assert all(_seen(world, username) == [NAME] for username in ("rui", "mei", "noor", "sam", "omar"))


def test_a_private_model_is_seen_by_its_department_and_by_who_serves_the_whole_organisation(
    world: World, model: Model
) -> None:
    _change(world, visibility=Visibility.PRIVATE)
    assert [each for each in ("rui", "mei", "noor", "sam", "omar", "ada") if _seen(world, each)] == [
        "noor", "sam", "omar", "ada",
    ]  # fmt: skip


def test_a_private_model_is_told_apart_from_none_by_nothing(world: World, model: Model) -> None:
    _change(world, visibility=Visibility.PRIVATE)
    with world.database.read() as session:
        assert access.get_model(session, world.actor("omar"), NAME).name == NAME
        assert access.get_ref(session, world.actor("omar"), f"{NAME}@1").number == 1
        with pytest.raises(ModelNotFound) as hidden:
            access.get_model(session, world.actor("rui"), NAME)
        with pytest.raises(ModelNotFound) as absent:
            access.get_model(session, world.actor("rui"), "finance/nothing")
        with pytest.raises(ModelNotFound):
            access.require_weights(session, world.actor("rui"), queries.get_model(session, NAME))
    assert hidden.value.message == absent.value.message.replace("nothing", "analyst")


def test_weights_are_for_staff_of_the_department_and_of_the_organisation(world: World, model: Model) -> None:
    assert _uses(world, "sam")
    assert not any(_uses(world, each) for each in ("rui", "omar", "noor", "ada"))
    with world.database.read() as session, pytest.raises(GatedModel, match="Ask them for access"):
        access.require_weights(session, world.actor("rui"), queries.get_model(session, NAME))


def test_an_open_model_is_for_whoever_may_use_weights_anywhere(world: World, model: Model) -> None:
    _change(world, gating=Gating.OPEN)
    assert _uses(world, "rui")
    assert not _uses(world, "noor")


def test_an_accepted_request_gives_the_weights_and_a_later_rejection_takes_them(world: World, model: Model) -> None:
    with world.database.write() as session:
        found = queries.get_model(session, NAME)
        assert access.ask(session, world.actor("rui"), found, {"purpose": "test"}).state is AccessState.PENDING
        with pytest.raises(NotPermitted):
            access.decide(session, world.actor("rui"), found, _person(session, "rui"), AccessState.ACCEPTED)
    assert not _uses(world, "rui")
    with world.database.write() as session:
        found = queries.get_model(session, NAME)
        access.decide(session, world.actor("omar"), found, _person(session, "rui"), AccessState.ACCEPTED)
    assert _uses(world, "rui")
    with world.database.write() as session:
        found, rui = queries.get_model(session, NAME), _person(session, "rui")
        rejected = access.decide(session, world.actor("omar"), found, rui, AccessState.REJECTED, reason="left")
        assert rejected.rejection_reason == "left"
        with pytest.raises(AccessDecided):
            access.decide(session, world.actor("omar"), found, rui, AccessState.REJECTED)
        with pytest.raises(AccessRequestNotFound):
            access.decide(session, world.actor("omar"), found, _person(session, "mei"), AccessState.ACCEPTED)
    assert not _uses(world, "rui")


def test_who_was_rejected_may_ask_again(world: World, model: Model) -> None:
    with world.database.write() as session:
        found, rui = queries.get_model(session, NAME), world.actor("rui")
        access.ask(session, rui, found, {})
        access.decide(session, world.actor("omar"), found, _person(session, "rui"), AccessState.REJECTED)
        assert access.ask(session, rui, found, {"again": True}).state is AccessState.PENDING
        assert [person.username for _, person in access.requests(session, world.actor("omar"), found)] == ["rui"]
        with pytest.raises(NotPermitted):
            access.requests(session, rui, found)


def test_asking_is_enough_where_the_model_says_so(world: World, model: Model) -> None:
    _change(world, gating=Gating.AUTO)
    assert not _uses(world, "rui")
    with world.database.write() as session:
        access.ask(session, world.actor("rui"), queries.get_model(session, NAME), {})
    assert _uses(world, "rui")


def test_the_owners_give_access_unasked_but_not_to_themselves(world: World, model: Model) -> None:
    with world.database.write() as session:
        found = queries.get_model(session, NAME)
        access.grant(session, world.actor("omar"), found, _person(session, "rui"))
        with pytest.raises(AccessDecided):
            access.grant(session, world.actor("omar"), found, _person(session, "rui"))
        with pytest.raises(NotPermitted, match="themselves"):
            access.grant(session, world.actor("omar"), found, _person(session, "omar"))
    assert _uses(world, "rui")


def test_a_grant_to_a_department_is_for_those_of_it_who_may_use_weights(world: World, model: Model) -> None:
    with world.database.write() as session:
        founder = auth_queries.get_department(session, "platform")
        auth.give_role(session, SYSTEM, _person(session, "mei"), Role.LEAD, founder)
        access.grant_department(session, world.actor("omar"), queries.get_model(session, NAME), founder)
    assert _uses(world, "rui")
    assert not _uses(world, "mei")
    with world.database.write() as session:
        found = queries.get_model(session, NAME)
        assert [each.key for _, each in access.grants(session, world.actor("mei"), found)] == ["platform"]
        with pytest.raises(NotPermitted):
            access.revoke_department(session, world.actor("rui"), found, auth_queries.get_department(session, "hr"))
        access.revoke_department(session, world.actor("omar"), found, auth_queries.get_department(session, "platform"))
    assert not _uses(world, "rui")
